import { describe, expect, it } from '@jest/globals';
import { judgeEnd } from './oracles.ts';
import { SimulatedWorld } from './simulated-world.ts';

const COUNT = 50;
const NAMES = Array.from({ length: COUNT }, (_, index) => `train-${String(index)}`);

/** What deleting many GpuPods at once costs; no times, which the world makes up. */
async function deleteAll(): Promise<{ world: SimulatedWorld; calls: Readonly<Record<string, number>> }> {
  const calls: Record<string, number> = {};
  let isCounting = false;
  const world = new SimulatedWorld({
    isTraced: false,
    faultPlan: ({ label }) => {
      if (isCounting) calls[label] = (calls[label] ?? 0) + 1;
      return [];
    },
  });
  world.startOperator();
  await world.pass(1_000);
  for (const name of NAMES) world.apply(name);
  await world.until('all are ready', () => NAMES.every((name) => world.isReady(name)));
  await world.pass(1_000);
  isCounting = true;
  for (const name of NAMES) world.delete(name);
  await world.until('all are gone', () => world.objects().length === 0);
  isCounting = false;
  return { world, calls };
}

describe(`${String(COUNT)} GpuPods that are deleted at once`, () => {
  it('cost one DELETE and one write each; few lists and pages of the history prove the ends of all', async () => {
    const { world, calls } = await deleteAll();

    judgeEnd(world);
    expect(world.books.violations).toEqual([]);
    expect(calls).toEqual({
      'DELETE /pods/{id}': COUNT,
      'PATCH gpupods finalizers': COUNT,
      'GET /pods/status': 4,
      'GET /pods/': 1,
      'GET /pods/history': 1,
    });
  });
});
