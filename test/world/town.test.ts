import { describe, expect, it, jest } from '@jest/globals';
import { describeTown, drawTown } from './town/plan.ts';
import { runTown } from './town/town.ts';

// Some hundred lives.
jest.setTimeout(10 * 60_000);

const SIZE = { waves: 2, livesPerWave: 20 };
/** The share of the soak that each run of the tests has; `npm run test:soak` goes on from here. */
const SEEDS = [1, 2, 3, 4, 5, 6];

describe('a town, with many GpuPods and blows drawn from its seed', () => {
  it.each(SEEDS)('breaks no rule: seed %i', async (seed) => {
    const plan = drawTown(seed, SIZE);
    const { violations } = await runTown(plan, { isTraced: false });
    expect(violations.length === 0 ? [] : [...describeTown(plan), ...violations]).toEqual([]);
  });

  it('takes the same course each time, to the last line', async () => {
    const [first, again, other] = [
      await runTown(drawTown(1, SIZE)),
      await runTown(drawTown(1, SIZE)),
      await runTown(drawTown(2, SIZE)),
    ];
    expect(again.hash).toBe(first.hash);
    expect(other.hash).not.toBe(first.hash);
  });
});
