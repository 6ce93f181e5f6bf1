import { describe, expect, it, jest } from '@jest/globals';
import { createRandomSource } from '../../src/simulator/world/random.ts';
import type { Moment } from './boundary.ts';
import { crashesAt, live } from './life.ts';

// Some hundred lives.
jest.setTimeout(10 * 60_000);

const MOMENTS: readonly Moment[] = ['before', 'sent', 'after'];
const PAIRS = 120;
const TRIPLES = 40;
/** Calls of two lives one after the other: the second process dies, too. */
const SPAN = 70;

/** What a process does from the first write to the last, as the calls of an undisturbed life name it. */
const EFFECTS = [
  'GET /availability/gpus',
  'PATCH gpupods intent',
  'POST /pods/',
  'PUT gpupods/status',
  'GET /pods/status',
  'POST secrets',
  'GET /pods/',
  'DELETE /pods/{id}',
  'PATCH gpupods finalizers',
];

const random = createRandomSource(20_261_127);

function below(limit: number): number {
  return Math.floor(random.next() * limit);
}

function drawPoints(count: number): readonly { readonly number: number; readonly moment: Moment }[] {
  return Array.from({ length: count }, () => ({
    number: 1 + below(SPAN),
    moment: MOMENTS[below(MOMENTS.length)] ?? 'sent',
  }));
}

describe('processes that die one after the other', () => {
  it('die at every kind of effect', async () => {
    const labels = new Set((await live()).calls.map(({ label }) => label));
    expect(EFFECTS.filter((effect) => !labels.has(effect))).toEqual([]);
  });

  it.each([
    { what: 'two', points: 2, samples: PAIRS },
    { what: 'three', points: 3, samples: TRIPLES },
  ])('at any $what points, drawn at random and the same each time', async ({ points, samples }) => {
    const calm = await live();
    const failures: string[] = [];
    for (let sample = 0; sample < samples; sample += 1) {
      const drawn = drawPoints(points);
      const { violations, ready, trace } = await live({ fate: crashesAt(...drawn) });
      const isSame = JSON.stringify(ready) === JSON.stringify(calm.ready);
      if (violations.length > 0 || !isSame) {
        failures.push(
          [JSON.stringify(drawn), ...violations, isSame ? '' : JSON.stringify(ready), trace].join('\n'),
        );
      }
    }
    expect(failures).toEqual([]);
  });
});
