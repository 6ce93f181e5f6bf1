import type { Point } from '../life.ts';
import { crashesAt, live } from '../life.ts';
import { CRASHES, MOMENTS, QUICK } from '../matrix.ts';
import type { Matrix } from '../matrix.ts';

/** Every point of a life at which the process can die. */
export async function crashPoints(): Promise<readonly Point[]> {
  const { calls } = await live(QUICK);
  return calls.flatMap((_call, index) => MOMENTS.map((moment) => ({ number: index + 1, moment })));
}

/**
 * The process dies at every point of a life, and its successor at every point of the rest.
 *
 * @param share which of the `shares` parts of the first points to run
 */
export async function crashPairs(share: number, shares: number): Promise<readonly Matrix[]> {
  const firsts = await crashPoints();
  return firsts
    .filter((_first, index) => index % shares === share)
    .map((first) => ({
      name: `crash ${first.moment} at #${String(first.number)}`,
      life: () => ({ faultPlan: crashesAt(first) }),
      faults: CRASHES,
      from: () => first.number + 1,
    }));
}
