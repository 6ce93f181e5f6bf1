import { describe, expect, it, jest } from '@jest/globals';
import { createRandomSource } from '../../../src/simulator/world/random.ts';
import { crashesAt, live } from '../life.ts';
import { CRASHES, MOMENTS, QUICK, runMatrices } from '../matrix.ts';
import { crashPoints } from './crash-pairs.ts';

// Many lives, and a machine that may be busy with something else.
jest.setTimeout(30 * 60_000);

const TRIPLES = 40;
/** Calls of two lives one after the other: the second process dies, too. */
const SPAN = 60;

/** What a process does from the first write to the last, as the calls of an undisturbed life name it. */
const EFFECTS = [
  'GET /availability/gpus',
  'PATCH gpupods intent', // with the finalizer
  'POST /pods/',
  'PUT gpupods/status',
  'GET /pods/status',
  'POST secrets',
  'DELETE /pods/{id}',
  'GET /pods/',
  'PATCH gpupods finalizers', // takes the finalizer off
];

describe('a process that dies', () => {
  it('at any one point of a life, from its start to long after its end', async () => {
    // Sweeps and quiet polls as well.
    const { failures, struck } = await runMatrices([
      { name: 'a calm life', life: () => ({ silenceMs: 16 * 60_000 }), strikes: CRASHES },
    ]);
    expect(failures).toEqual([]);
    expect(EFFECTS.filter((effect) => !struck.has(effect))).toEqual([]);
  });

  it('has every effect among the points of the pairs, each write of a status, and the list that proves the end', async () => {
    const { calls } = await live(QUICK);
    const labels = calls.map(({ label }) => label);
    expect(await crashPoints()).toHaveLength(labels.length * MOMENTS.length);
    expect(EFFECTS.filter((effect) => !labels.includes(effect))).toEqual([]);
    // The pod id, what it waits for, that it is ready; what ends within seconds is not written down.
    expect(labels.filter((label) => label === 'PUT gpupods/status')).toHaveLength(3);
    const afterDelete = labels.slice(labels.indexOf('DELETE /pods/{id}'));
    expect(afterDelete.indexOf('GET /pods/')).toBeLessThan(afterDelete.indexOf('PATCH gpupods finalizers'));
  });

  it('three times in a life, at points drawn at random and the same each time', async () => {
    const random = createRandomSource(20_261_127);
    const below = (limit: number): number => Math.floor(random.next() * limit);
    const drawPoint = () => ({ number: 1 + below(SPAN), moment: MOMENTS[below(MOMENTS.length)] ?? 'sent' });
    const { failures } = await runMatrices(
      Array.from({ length: TRIPLES }, () => {
        const points = [drawPoint(), drawPoint(), drawPoint()];
        return {
          name: JSON.stringify(points),
          life: () => ({ faultPlan: crashesAt(...points) }),
          strikes: [],
        };
      }),
    );
    expect(failures).toEqual([]);
  });
});
