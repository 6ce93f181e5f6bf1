import { describe, expect, it, jest } from '@jest/globals';
import { ANNOTATIONS } from '../../src/api/common/names.ts';
import { AccountScene } from './account-scene.ts';
import { withAnnotations, withSpec, withStatus } from './edits.ts';
import { specOf, statusOf } from './readings.ts';

jest.setTimeout(5 * 60_000);

const MINUTE_MS = 60_000;
const OF_B = { kind: 'GpuAccount', name: 'second', origin: 'https://provider.test', userId: 'user_b' };

/** GpuPod train-1 is Ready on user_a, and its namespace also has an account of user_b. */
async function sceneWithTwoAccounts(): Promise<AccountScene> {
  const scene = new AccountScene();
  scene.addAccount('team-a', 'key-of-a');
  scene.addAccount('team-a', 'key-of-b', 'second');
  await scene.start();
  scene.apply('team-a');
  await scene.untilReady('team-a');
  return scene;
}

describe('a tenant who writes another account into the status', () => {
  it.each<{ name: string; restarts: boolean; change: Record<string, unknown> }>([
    { name: 'while the operator runs', restarts: false, change: { account: OF_B } },
    { name: 'while the operator is away', restarts: true, change: { account: OF_B } },
    {
      name: 'in the name of the operator’s own key',
      restarts: true,
      change: { account: { ...OF_B, kind: undefined, name: undefined, userId: 'user_1' } },
    },
    {
      name: 'and removes the proof, while the operator runs',
      restarts: false,
      change: { account: OF_B, podIdProof: undefined },
    },
  ])('moves nothing, $name', async ({ restarts, change }) => {
    const scene = await sceneWithTwoAccounts();
    const { account, podId } = statusOf(scene.held('team-a'));
    if (restarts) scene.simulation.operator.kill();
    scene.edit('team-a', withStatus(change));
    await scene.simulation.pass(30 * MINUTE_MS);
    expect(statusOf(scene.held('team-a'))).toMatchObject({ account, podId });
    expect(scene.payersOf('team-a')).toEqual(['user_a']);
    scene.simulation.server.delete('gpupods', { namespace: 'team-a', name: 'train-1' }, 'person');
    await scene.simulation.until('it is deleted', () => scene.gpuPod('team-a') === undefined);
    expect(scene.payersOf('team-a')).toEqual([]);
    expect(scene.changesBy('user_b')).toEqual([]);
  });

  it('loses what was left on the former account, once the GpuPod has another instance', async () => {
    const scene = await sceneWithTwoAccounts();
    scene.simulation.operator.kill();
    scene.edit('team-a', (held) => {
      const { podId: _id, podName: _name, account: _account, ...status } = statusOf(held);
      const [attempt] = status['attempts'] as readonly Record<string, unknown>[];
      const attempts = [{ ...attempt, outcome: 'Ended' }];
      return { ...held, status: { ...status, attempts } };
    });
    scene.edit('team-a', (held) => {
      const accountRef = { kind: 'GpuAccount', name: 'second' };
      return { ...held, spec: { ...specOf(held), accountRef } };
    });
    await scene.simulation.until('both pay', () => scene.payersOf('team-a').length === 2, 10 * MINUTE_MS);
    await scene.simulation.until(
      'the surplus is terminated',
      () => scene.payersOf('team-a').length === 1,
      20 * MINUTE_MS,
    );
    expect(scene.payersOf('team-a')).toEqual(['user_b']);
    await scene.untilReady('team-a');
  });

  it('is told what nothing proves, if the proof is gone as well and the operator was away', async () => {
    const scene = await sceneWithTwoAccounts();
    const { account } = statusOf(scene.held('team-a'));
    scene.simulation.operator.kill();
    scene.edit('team-a', withStatus({ account: OF_B, podIdProof: undefined }));
    await scene.untilSynced('team-a', 'AccountUnconfirmed', 10 * MINUTE_MS);
    scene.simulation.server.delete('gpupods', { namespace: 'team-a', name: 'train-1' }, 'person');
    await scene.simulation.pass(60 * MINUTE_MS);
    expect(scene.gpuPod('team-a')).toBeDefined();
    expect(scene.payersOf('team-a')).toEqual(['user_a']);
    scene.edit('team-a', withStatus({ account }));
    await scene.simulation.until('it is deleted', () => scene.gpuPod('team-a') === undefined);
    expect(scene.payersOf('team-a')).toEqual([]);
  });
});

describe('a tenant who edits the create intent while the create request is under way', () => {
  it.each<{ name: string; change: Record<string, unknown> }>([
    { name: 'so that it names another account', change: { account: 'user_a' } },
    {
      name: 'so that it seems to be of another process',
      change: { account: 'user_a', startedAt: '2026-01-01T00:00:00Z' },
    },
    {
      name: 'so that it names another payer and team',
      change: { payer: { kind: 'ClusterGpuAccount', name: 'ml' }, teamId: 'team_a' },
    },
  ])('moves nothing, $name', async ({ change }) => {
    const scene = new AccountScene();
    scene.addAccount('team-a', 'key-of-a');
    scene.addAccount('team-b', 'key-of-b');
    await scene.start();
    await scene.simulation.pass(MINUTE_MS);
    const late = { kind: 'DelayAfter', ms: 10_000 } as const;
    scene.simulation.api.faults.add({ method: 'POST', path: '/pods/', times: 1, effect: late });
    scene.apply('team-b');
    await scene.simulation.until('the intent is written', () => intentOf(scene, 'team-b') !== undefined);
    await scene.simulation.pass(1_000);
    scene.edit('team-b', (held) => {
      const intent = JSON.stringify({ ...JSON.parse(intentOf(scene, 'team-b') ?? ''), ...change });
      return withAnnotations(held, { ...held.metadata.annotations, [ANNOTATIONS.intent]: intent });
    });
    await scene.untilReady('team-b');
    expect(statusOf(scene.held('team-b'))['account']).toMatchObject({
      kind: 'GpuAccount',
      name: 'default',
      userId: 'user_b',
    });
    expect(statusOf(scene.held('team-b'))['attempts']).not.toMatchObject([{ teamId: 'team_a' }]);
    scene.simulation.server.delete('gpupods', { namespace: 'team-b', name: 'train-1' }, 'person');
    await scene.simulation.until('it is deleted', () => scene.gpuPod('team-b') === undefined);
    expect(scene.payersOf('team-b')).toEqual([]);
    expect(scene.changesBy('user_a')).toEqual([]);
  });
});

describe('an older status that somebody restores after the GpuPod moved to another account', () => {
  it.each<{ name: string; meanwhile: (scene: AccountScene) => void }>([
    { name: 'while the former account works', meanwhile: () => undefined },
    {
      name: 'while the former account is gone',
      meanwhile: ({ simulation: { server } }) => {
        server.delete('gpuaccounts', { namespace: 'team-a', name: 'default' }, 'person');
      },
    },
    {
      name: 'while the key of the former account is gone',
      meanwhile: ({ simulation: { server } }) => {
        server.delete('secrets', { namespace: 'team-a', name: 'default-key' }, 'person');
      },
    },
  ])('does not end the instance in use, $name', async ({ meanwhile }) => {
    const scene = await sceneWithTwoAccounts();
    const former = statusOf(scene.held('team-a'));
    scene.edit('team-a', withSpec({ suspend: true }));
    await scene.simulation.until(
      'it is suspended',
      () => scene.payersOf('team-a').length === 0,
      20 * MINUTE_MS,
    );
    await scene.simulation.pass(2 * MINUTE_MS);
    scene.edit('team-a', withSpec({ suspend: false, accountRef: { kind: 'GpuAccount', name: 'second' } }));
    await scene.untilReady('team-a');
    meanwhile(scene);
    await scene.simulation.pass(5 * MINUTE_MS);
    scene.edit('team-a', (held) => ({ ...held, status: former }));
    await scene.simulation.pass(60 * MINUTE_MS);
    expect(scene.payersOf('team-a')).toEqual(['user_b']);
  });
});

function intentOf(scene: AccountScene, namespace: string): string | undefined {
  return scene.gpuPod(namespace)?.metadata.annotations?.[ANNOTATIONS.intent];
}
