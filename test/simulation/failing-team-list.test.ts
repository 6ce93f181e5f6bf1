import { describe, expect, it, jest } from '@jest/globals';
import type { GpuPodSpecInput } from '../../src/api/gpupod/spec.ts';
import { plantPod } from '../../src/simulator/world/plant-pod.ts';
import type { SettingsInput } from '../../src/simulator/world/settings.ts';
import { AccountScene } from './account-scene.ts';
import { podIdOf, reasonOf } from './readings.ts';

jest.setTimeout(5 * 60_000);

const MINUTE_MS = 60_000;
const TEAM_LIST_FAILS = {
  method: 'GET',
  path: '/pods/',
  contains: 'team_a',
  effect: { kind: 'Answer', status: 503, body: { detail: 'x' } },
} as const;

/**
 * A team pays, and the list without a team shows its instances. The team's own list was complete while the instance was
 * starting, and fails from then on.
 */
async function sceneWithFailingList(
  spec: Partial<GpuPodSpecInput> = {},
  provider: SettingsInput = {},
): Promise<AccountScene> {
  const scene = new AccountScene({
    provider: { bareListIncludesTeamPods: true, provisioningMs: 400_000, ...provider },
  });
  scene.addAccount('team-a', 'key-of-a', 'default', { teamId: 'team_a' });
  await scene.start();
  // A colleague's instance, which shows that the list without a team includes those of this team.
  plantPod(scene.simulation.api.world, { name: 'colleague-1', userId: 'user_a', teamId: 'team_a' });
  scene.apply('team-a', spec);
  await scene.simulation.until('it is rented', () => scene.payersOf('team-a').length === 1);
  await scene.simulation.pass(330_000);
  scene.simulation.api.faults.add(TEAM_LIST_FAILS);
  return scene;
}

describe('an instance of a team whose own list fails, while the list without a team shows it', () => {
  it('is terminated when its price doubles to more than the cap', async () => {
    const scene = await sceneWithFailingList(
      { maxPrice: 3, maxAttempts: 1 },
      { podRules: [{ nameIncludes: '-team-a', activePriceFactor: 2 }], statusShowsPrice: false },
    );
    await scene.simulation.pass(20 * MINUTE_MS);
    expect(scene.payersOf('team-a')).toEqual([]);
    expect(scene.simulation.journal.violations).toEqual([]);
  });

  it('stays ready, with no more status writes than while all lists work', async () => {
    const scene = await sceneWithFailingList();
    await scene.untilReady('team-a');
    const { writes } = scene.simulation;
    const reasons = new Set<string | undefined>();
    for (let round = 0; round < 12 * 60; round += 1) {
      await scene.simulation.pass(5_000);
      reasons.add(reasonOf(scene.held('team-a'), 'Ready'));
    }
    expect([...reasons]).toHaveLength(1);
    expect(scene.simulation.writes - writes).toBeLessThanOrEqual(3);
  });

  it('does not hold up the deletion of its GpuPod once it has ended', async () => {
    const scene = await sceneWithFailingList();
    await scene.untilReady('team-a');
    const { simulation } = scene;
    simulation.api.world.pods.end(podIdOf(scene.held('team-a')) ?? '', 'Forced');
    simulation.server.delete('gpupods', { namespace: 'team-a', name: 'train-1' }, 'person');
    await simulation.until('it is deleted', () => scene.gpuPod('team-a') === undefined, 15 * MINUTE_MS);
    expect(scene.payersOf('team-a')).toEqual([]);
  });
});
