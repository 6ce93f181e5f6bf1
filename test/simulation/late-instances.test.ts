import { describe, expect, it, jest } from '@jest/globals';
import { plantPod } from '../../src/simulator/world/plant-pod.ts';
import { AccountScene } from './account-scene.ts';
import { withSpec } from './edits.ts';
import { statusOf } from './readings.ts';

jest.setTimeout(5 * 60_000);

const MINUTE_MS = 60_000;
const TO_SECOND = { suspend: false, accountRef: { kind: 'GpuAccount', name: 'second' } };

/** An instance that the provider shows only now, of the attempt of which it showed none for a long time. */
function showLate(scene: AccountScene, name: string, userId: string): void {
  plantPod(scene.simulation.api.world, { name, userId });
}

function nameOf(scene: AccountScene, namespace: string): string {
  return String(statusOf(scene.held(namespace))['podName']);
}

describe('an instance that shows up long after everything was over', () => {
  it.each([
    { name: 'on the operator’s own key', namespace: 'team-c', userId: 'user_1', spec: {} },
    { name: 'on an account that nobody uses any more', namespace: 'team-a', userId: 'user_a', spec: {} },
    {
      name: 'on an account that is suspended',
      namespace: 'team-a',
      userId: 'user_a',
      spec: { suspend: true },
    },
  ])('is an orphan that the sweep terminates, $name', async ({ namespace, userId, spec }) => {
    const scene = new AccountScene({ settings: { orphanPolicy: 'Terminate' } });
    scene.addAccount('team-a', 'key-of-a');
    await scene.start();
    scene.apply(namespace);
    await scene.untilReady(namespace);
    const name = nameOf(scene, namespace);
    scene.simulation.server.delete('gpupods', { namespace, name: 'train-1' }, 'person');
    await scene.simulation.until('it is gone', () => scene.gpuPod(namespace) === undefined);
    scene.simulation.server.edit(
      'gpuaccounts',
      { namespace: 'team-a', name: 'default' },
      withSpec(spec),
      'person',
    );
    await scene.simulation.pass(15 * MINUTE_MS);
    showLate(scene, name, userId);
    await scene.simulation.until(
      'it is terminated',
      () => scene.payersOf(namespace).length === 0,
      30 * MINUTE_MS,
    );
    expect(scene.simulation.journal.violations).toEqual([]);
  });

  it('is terminated on the former account of a GpuPod that another account pays for now', async () => {
    const scene = new AccountScene();
    scene.addAccount('team-a', 'key-of-a');
    scene.addAccount('team-a', 'key-of-b', 'second');
    await scene.start();
    scene.apply('team-a');
    await scene.untilReady('team-a');
    const name = nameOf(scene, 'team-a');
    scene.edit('team-a', withSpec({ suspend: true }));
    await scene.simulation.until(
      'it is suspended',
      () => scene.payersOf('team-a').length === 0,
      20 * MINUTE_MS,
    );
    await scene.simulation.pass(2 * MINUTE_MS);
    scene.edit('team-a', withSpec(TO_SECOND));
    await scene.untilReady('team-a');
    await scene.simulation.pass(15 * MINUTE_MS);
    showLate(scene, name, 'user_a');
    await scene.simulation.until('one is left', () => scene.payersOf('team-a').length === 1, 30 * MINUTE_MS);
    expect(scene.payersOf('team-a')).toEqual(['user_b']);
  });
});

describe('a GpuPod that is deleted after it moved to another account', () => {
  it('is released only after the surplus on the former account is terminated', async () => {
    const scene = new AccountScene();
    scene.addAccount('team-a', 'key-of-a');
    scene.addAccount('team-a', 'key-of-b', 'second');
    await scene.start();
    scene.apply('team-a');
    await scene.untilReady('team-a');
    const name = nameOf(scene, 'team-a');
    scene.edit('team-a', withSpec({ suspend: true }));
    await scene.simulation.until(
      'it is suspended',
      () => scene.payersOf('team-a').length === 0,
      20 * MINUTE_MS,
    );
    await scene.simulation.pass(2 * MINUTE_MS);
    showLate(scene, name, 'user_a');
    scene.edit('team-a', withSpec(TO_SECOND));
    await scene.untilReady('team-a');
    scene.simulation.server.delete('gpupods', { namespace: 'team-a', name: 'train-1' }, 'person');
    await scene.simulation.until('it is deleted', () => scene.gpuPod('team-a') === undefined, 30 * MINUTE_MS);
    expect(scene.payersOf('team-a')).toEqual([]);
  });

  it('is released although the former account is gone', async () => {
    const scene = new AccountScene();
    scene.addAccount('team-a', 'key-of-a');
    scene.addAccount('team-a', 'key-of-b', 'second');
    await scene.start();
    scene.apply('team-a');
    await scene.untilReady('team-a');
    scene.edit('team-a', withSpec({ suspend: true }));
    await scene.simulation.until(
      'it is suspended',
      () => scene.payersOf('team-a').length === 0,
      20 * MINUTE_MS,
    );
    await scene.simulation.pass(2 * MINUTE_MS);
    scene.edit('team-a', withSpec(TO_SECOND));
    await scene.untilReady('team-a');
    scene.simulation.server.delete('gpuaccounts', { namespace: 'team-a', name: 'default' }, 'person');
    await scene.simulation.pass(MINUTE_MS);
    scene.simulation.server.delete('gpupods', { namespace: 'team-a', name: 'train-1' }, 'person');
    await scene.simulation.pass(5 * MINUTE_MS);
    expect(scene.gpuPod('team-a')).toBeUndefined();
    expect(scene.payersOf('team-a')).toEqual([]);
  });
});
