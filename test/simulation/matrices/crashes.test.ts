import { describe, expect, it, jest } from '@jest/globals';
import { createRandomSource } from '../../../src/simulator/world/random.ts';
import { crashesAt, live } from '../life.ts';
import { CRASHES, MOMENTS, QUICK, runMatrices } from '../matrix.ts';
import { crashPoints } from './crash-pairs.ts';

// Many lives, possibly on a busy host.
jest.setTimeout(30 * 60_000);

const TRIPLES = 40;
/** The calls of two consecutive lives, so that the second process dies too. */
const SPAN = 60;

/** The effects of a process from the first write to the last, by the labels of an undisturbed life. */
const EFFECTS = [
  'GET /availability/gpus',
  'PATCH gpupods intent', // with the finalizer
  'POST /pods/',
  'PUT gpupods/status',
  'GET /pods/status',
  'POST secrets',
  'DELETE /pods/{id}',
  'GET /pods/',
  'PATCH gpupods finalizers', // removes the finalizer
];

describe('a process that dies', () => {
  it('keeps all promises at any one point of a life, from its start to long after its end', async () => {
    // Includes sweeps and quiet polls.
    const { failures, faultedCalls } = await runMatrices([
      { name: 'a calm life', life: () => ({ silenceMs: 16 * 60_000 }), faults: CRASHES },
    ]);
    expect(failures).toEqual([]);
    expect(EFFECTS.filter((effect) => !faultedCalls.has(effect))).toEqual([]);
  });

  it('has every effect among the points of the pairs, each status write, and the list that proves the termination', async () => {
    const { calls } = await live(QUICK);
    const labels = calls.map(({ label }) => label);
    expect(await crashPoints()).toHaveLength(labels.length * MOMENTS.length);
    expect(EFFECTS.filter((effect) => !labels.includes(effect))).toEqual([]);
    // The pod ID, what it waits for, and Ready. A termination that takes only seconds is not written down.
    expect(labels.filter((label) => label === 'PUT gpupods/status')).toHaveLength(3);
    const afterDelete = labels.slice(labels.indexOf('DELETE /pods/{id}'));
    expect(afterDelete.indexOf('GET /pods/')).toBeLessThan(afterDelete.indexOf('PATCH gpupods finalizers'));
  });

  it('keeps all promises when it dies three times in a life, at points drawn from a fixed seed', async () => {
    const random = createRandomSource(20_261_127);
    const below = (limit: number): number => Math.floor(random.next() * limit);
    const drawPoint = () => ({ number: 1 + below(SPAN), moment: MOMENTS[below(MOMENTS.length)] ?? 'sent' });
    const { failures } = await runMatrices(
      Array.from({ length: TRIPLES }, () => {
        const points = [drawPoint(), drawPoint(), drawPoint()];
        return {
          name: JSON.stringify(points),
          life: () => ({ faultPlan: crashesAt(...points) }),
          faults: [],
        };
      }),
    );
    expect(failures).toEqual([]);
  });
});
