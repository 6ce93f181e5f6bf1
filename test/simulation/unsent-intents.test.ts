import { describe, expect, it, jest } from '@jest/globals';
import { ANNOTATIONS } from '../../src/api/common/names.ts';
import { OPEN_POLICY } from '../support/builders/policy.ts';
import { AccountScene } from './account-scene.ts';
import { withSpec } from './edits.ts';
import { isReady } from './readings.ts';

jest.setTimeout(5 * 60_000);

const MINUTE_MS = 60_000;
/** Enough for one instance of the simulated offers, and too little for two. */
const ONE_INSTANCE = 3_000_000;

/** The create request of team-a was refused, and its create intent stays on the GpuPod, which does not go on. */
async function sceneWithRefused(status: number, change: Record<string, unknown>): Promise<AccountScene> {
  const scene = new AccountScene({
    settings: { policy: { ...OPEN_POLICY, maxTotalPricePerHour: ONE_INSTANCE } },
  });
  await scene.start();
  await scene.simulation.pass(5 * MINUTE_MS);
  const { faults } = scene.simulation.api;
  const answer = { kind: 'Answer', status, body: { detail: 'Refused' } } as const;
  faults.add({ method: 'POST', path: '/pods/', effect: answer });
  scene.apply('team-a');
  await scene.simulation.pass(20_000);
  faults.clear();
  scene.edit('team-a', withSpec(change));
  await scene.simulation.pass(5 * MINUTE_MS);
  expect(scene.held('team-a').metadata.annotations).toHaveProperty([ANNOTATIONS.intent]);
  return scene;
}

describe('a create intent whose request was surely refused', () => {
  it.each<{ name: string; status: number; change: Record<string, unknown> }>([
    { name: 'for money, of a GpuPod that is suspended', status: 402, change: { suspend: true } },
    { name: 'for money, of a GpuPod that no offer fits any more', status: 402, change: { maxPrice: 0.02 } },
    { name: 'for its key, of a GpuPod that is suspended', status: 401, change: { suspend: true } },
    { name: 'for its rate, of a GpuPod that is suspended', status: 429, change: { suspend: true } },
  ])('takes no room under a limit from others, $name', async ({ status, change }) => {
    const scene = await sceneWithRefused(status, change);
    scene.apply('team-b');
    await scene.simulation.until('the other is ready', () => isReady(scene.held('team-b')), 40 * MINUTE_MS);
    expect(scene.payersOf('team-b')).toEqual(['user_1']);
    expect(scene.simulation.journal.violations).toEqual([]);
  });

  it('takes room after a restart until lists show that there is no instance, and no longer', async () => {
    const scene = await sceneWithRefused(402, { suspend: true });
    scene.simulation.operator.kill();
    scene.apply('team-b');
    await scene.untilSynced('team-b', 'BudgetExceeded', 5 * MINUTE_MS);
    await scene.simulation.until('the other is ready', () => isReady(scene.held('team-b')), 40 * MINUTE_MS);
    expect(scene.payersOf('team-a')).toEqual([]);
  });

  it('counts again once its request is sent again', async () => {
    const scene = await sceneWithRefused(402, { suspend: true });
    scene.edit('team-a', withSpec({ suspend: false }));
    await scene.untilReady('team-a');
    scene.apply('team-b');
    await scene.untilSynced('team-b', 'BudgetExceeded', 5 * MINUTE_MS);
    await scene.simulation.pass(30 * MINUTE_MS);
    expect(scene.payersOf('team-b')).toEqual([]);
  });
});
