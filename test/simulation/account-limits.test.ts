import { describe, expect, it, jest } from '@jest/globals';
import { OPEN_POLICY } from '../support/builders/policy.ts';
import { AccountScene } from './account-scene.ts';
import { withStatus } from './edits.ts';
import { messageOf, statusOf } from './readings.ts';

jest.setTimeout(5 * 60_000);

const MINUTE_MS = 60_000;

/** Enough for one instance of the simulated offers, and too little for two. */
const ONE_INSTANCE = 3_000_000;

it('limits the price of the instances of all accounts together, however they interleave', async () => {
  const scene = new AccountScene({
    settings: { policy: { ...OPEN_POLICY, maxTotalPricePerHour: ONE_INSTANCE } },
  });
  scene.addAccount('team-a', 'key-of-a');
  scene.addAccount('team-b', 'key-of-b');
  await scene.start();
  await scene.simulation.pass(MINUTE_MS);
  const namespaces = ['team-a', 'team-b', 'team-c'];
  for (const namespace of namespaces) scene.apply(namespace);
  await scene.simulation.pass(10 * MINUTE_MS);
  const rented = namespaces.filter((namespace) => scene.payersOf(namespace).length > 0);
  expect(rented).toHaveLength(1);
  const waiting = namespaces.filter((namespace) => !rented.includes(namespace));
  expect(waiting.map((namespace) => scene.syncedReason(namespace))).toEqual([
    'BudgetExceeded',
    'BudgetExceeded',
  ]);
  const [first = ''] = rented;
  scene.simulation.server.delete('gpupods', { namespace: first, name: 'train-1' }, 'person');
  await scene.simulation.until(
    'the next one is rented',
    () => waiting.filter((namespace) => scene.payersOf(namespace).length > 0).length === 1,
  );
  expect(scene.simulation.journal.violations).toEqual([]);
});

describe('the limit on all instances', () => {
  it('counts a retained instance although somebody writes into a status that it ended', async () => {
    const scene = new AccountScene({
      settings: { policy: { ...OPEN_POLICY, maxTotalPricePerHour: ONE_INSTANCE } },
    });
    scene.addAccount('team-a', 'key-of-a');
    await scene.start();
    scene.apply('team-a', { deletionPolicy: 'Retain' });
    await scene.untilReady('team-a');
    const { podId } = statusOf(scene.held('team-a'));
    scene.simulation.server.delete('gpupods', { namespace: 'team-a', name: 'train-1' }, 'person');
    await scene.simulation.until('it is retained', () => scene.gpuPod('team-a') === undefined);
    scene.apply('team-c');
    await scene.untilSynced('team-c', 'BudgetExceeded', 20 * MINUTE_MS);
    const at = '2026-01-01T00:00:00Z';
    const forged = { number: 1, podId, podName: 'x', startedAt: at, endedAt: at, outcome: 'Ended' };
    scene.edit('team-c', withStatus({ attempts: [forged] }));
    await scene.simulation.pass(30 * MINUTE_MS);
    expect(scene.payersOf('team-a')).toEqual(['user_a']);
    expect(scene.payersOf('team-c')).toEqual([]);
  });

  it('counts what is retained on an account that no longer exists, over a restart', async () => {
    const scene = new AccountScene({
      settings: { policy: { ...OPEN_POLICY, maxTotalPricePerHour: ONE_INSTANCE } },
    });
    scene.addAccount('team-a', 'key-of-a');
    await scene.start();
    scene.apply('team-a', { deletionPolicy: 'Retain' });
    await scene.untilReady('team-a');
    scene.simulation.server.delete('gpupods', { namespace: 'team-a', name: 'train-1' }, 'person');
    await scene.simulation.until('it is retained', () => scene.gpuPod('team-a') === undefined);
    scene.simulation.server.delete('gpuaccounts', { namespace: 'team-a', name: 'default' }, 'person');
    await scene.simulation.pass(20 * MINUTE_MS);
    scene.simulation.operator.kill();
    scene.apply('team-c');
    await scene.simulation.pass(20 * MINUTE_MS);
    expect(scene.payersOf('team-c')).toEqual([]);
    expect(scene.syncedReason('team-c')).toBe('BudgetExceeded');
  });

  it('counts an orphan of an account that nobody uses, from the start', async () => {
    const scene = new AccountScene({
      settings: { policy: { ...OPEN_POLICY, maxTotalPricePerHour: ONE_INSTANCE } },
    });
    scene.addAccount('team-a', 'key-of-a');
    await scene.start();
    scene.apply('team-a');
    await scene.untilReady('team-a');
    scene.simulation.operator.kill();
    const target = { namespace: 'team-a', name: 'train-1' };
    scene.edit('team-a', (held) => ({ ...held, metadata: { ...held.metadata, finalizers: [] } }));
    scene.simulation.server.delete('gpupods', target, 'person');
    expect(scene.gpuPod('team-a')).toBeUndefined();
    scene.apply('team-c');
    await scene.simulation.pass(20 * MINUTE_MS);
    expect(scene.payersOf('team-a')).toEqual(['user_a']);
    expect(scene.payersOf('team-c')).toEqual([]);
  });

  it('does not wait for the list of an account whose key is refused', async () => {
    const scene = new AccountScene({
      settings: { policy: { ...OPEN_POLICY, maxTotalPricePerHour: ONE_INSTANCE } },
    });
    scene.addAccount('team-a', 'no-such-key');
    scene.addAccount('team-b', '{"not": "a key"}');
    await scene.start();
    scene.apply('team-c');
    await scene.untilReady('team-c');
    expect(scene.payersOf('team-c')).toEqual(['user_1']);
  });

  /** An orphan in a team whose list fails while the operator starts. */
  async function sceneWithFailingTeam(status: number): Promise<AccountScene> {
    const scene = new AccountScene({
      provider: { bareListIncludesTeamPods: false },
      settings: { policy: { ...OPEN_POLICY, maxTotalPricePerHour: ONE_INSTANCE } },
    });
    scene.addAccount('team-a', 'key-of-a', 'default', { teamId: 'team_a' });
    await scene.start();
    scene.apply('team-a');
    await scene.untilReady('team-a');
    scene.simulation.operator.kill();
    scene.edit('team-a', (held) => ({ ...held, metadata: { ...held.metadata, finalizers: [] } }));
    scene.simulation.server.delete('gpupods', { namespace: 'team-a', name: 'train-1' }, 'person');
    scene.simulation.api.faults.add({
      method: 'GET',
      path: '/pods/',
      contains: 'team_a',
      effect: { kind: 'Answer', status, body: { detail: 'x' } },
    });
    scene.apply('team-c');
    return scene;
  }

  it('waits for the list of each team, and says whose', async () => {
    const scene = await sceneWithFailingTeam(500);
    await scene.simulation.pass(20 * MINUTE_MS);
    expect(scene.payersOf('team-c')).toEqual([]);
    expect(messageOf(scene.gpuPod('team-c'), 'Synced')).toContain(
      'the instances of a team of GpuAccount team-a/default have not been listed yet (ApiUnavailable)',
    );
  });

  it('does not wait for a team that refuses the key, which anybody may name', async () => {
    const scene = await sceneWithFailingTeam(403);
    await scene.untilReady('team-c');
    expect(scene.payersOf('team-c')).toEqual(['user_1']);
  });
});
