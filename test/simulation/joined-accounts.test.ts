import { describe, expect, it, jest } from '@jest/globals';
import { OPEN_POLICY } from '../support/builders/policy.ts';
import { AccountScene } from './account-scene.ts';
import { messageOf } from './readings.ts';

jest.setTimeout(5 * 60_000);

const MINUTE_MS = 60_000;
const LIMITED = { policy: { ...OPEN_POLICY, maxTotalPricePerHour: 100_000_000 } };

/** Team B has an account, and everything that can be listed was listed, also since the last key was refused. */
async function sceneAtRest(prepare: (scene: AccountScene) => void = () => undefined): Promise<AccountScene> {
  const scene = new AccountScene({ settings: LIMITED });
  scene.addAccount('team-b', 'key-of-b');
  prepare(scene);
  await scene.start();
  await scene.simulation.pass(12 * MINUTE_MS);
  return scene;
}

/** The lists of a user are rate limited, as by a loop with its own key. */
function limitLists(scene: AccountScene): void {
  scene.simulation.api.faults.add({
    method: 'GET',
    path: '/pods/',
    userId: 'user_a',
    effect: { kind: 'Answer', status: 429 },
  });
}

describe('an account that is created while the operator runs, and whose list fails', () => {
  it('delays its own GpuPods, and those of no other account', async () => {
    const scene = await sceneAtRest();
    limitLists(scene);
    scene.addAccount('team-a', 'key-of-a');
    await scene.simulation.pass(MINUTE_MS);
    scene.apply('team-a');
    scene.apply('team-b');
    await scene.untilReady('team-b');
    await scene.simulation.pass(20 * MINUTE_MS);
    expect(scene.payersOf('team-a')).toEqual([]);
    expect(scene.simulation.journal.violations).toEqual([]);
  });
});

describe('an account that could not be listed when all others were', () => {
  it('is awaited once its key works, because it may have orphans', async () => {
    const scene = await sceneAtRest((before) => {
      before.addAccount('team-a', 'no-such-key');
    });
    limitLists(scene);
    scene.writeSecret('team-a', 'default-key', 'key-of-a');
    await scene.simulation.pass(MINUTE_MS);
    scene.apply('team-b');
    await scene.simulation.pass(20 * MINUTE_MS);
    expect(scene.payersOf('team-b')).toEqual([]);
    expect(messageOf(scene.gpuPod('team-b'), 'Synced')).toContain(
      'the instances of GpuAccount team-a/default have not been listed yet (RateLimited)',
    );
  });
});

describe('a key that is rotated to one that may not read its user', () => {
  function rotate(scene: AccountScene): void {
    scene.simulation.api.faults.add({
      method: 'GET',
      path: '/user/whoami',
      userId: 'user_a',
      effect: { kind: 'Answer', status: 403 },
    });
    scene.writeSecret('team-a', 'default-key', 'second-key-of-a');
  }

  it('holds up nobody else, because its user was listed with the former key', async () => {
    const scene = await sceneAtRest((before) => {
      before.addAccount('team-a', 'key-of-a');
    });
    rotate(scene);
    await scene.simulation.pass(10 * MINUTE_MS);
    scene.apply('team-b');
    await scene.untilReady('team-b');
    expect(scene.payersOf('team-b')).toEqual(['user_b']);
  });

  it('does so before all others were listed as well', async () => {
    const scene = new AccountScene({ settings: LIMITED });
    scene.addAccount('team-a', 'key-of-a');
    scene.addAccount('team-b', 'key-of-b');
    const late = scene.simulation.api.faults.add({
      method: 'GET',
      path: '/pods/',
      userId: 'user_b',
      effect: { kind: 'Answer', status: 500 },
    });
    await scene.start();
    await scene.simulation.pass(MINUTE_MS);
    rotate(scene);
    await scene.simulation.pass(MINUTE_MS);
    scene.simulation.api.faults.clear(late);
    scene.apply('team-b');
    await scene.untilReady('team-b');
    expect(scene.payersOf('team-b')).toEqual(['user_b']);
  });
});
