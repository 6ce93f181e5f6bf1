import { describe, expect, it, jest } from '@jest/globals';
import type { Moment } from './boundary.ts';
import { crashesAt, live } from './life.ts';
import type { LifeResult } from './life.ts';

// Some hundred lives.
jest.setTimeout(5 * 60_000);

const MOMENTS: readonly Moment[] = ['before', 'sent', 'after'];

function problemsOf(result: LifeResult, calm: LifeResult): readonly string[] {
  const differs = JSON.stringify(result.ready) !== JSON.stringify(calm.ready);
  return [
    ...result.violations,
    ...(differs ? [`[same-end] ${JSON.stringify(result.ready)} is not ${JSON.stringify(calm.ready)}`] : []),
  ];
}

describe('a process that dies', () => {
  it('at any one point of a life', async () => {
    const calm = await live();
    expect(calm.violations).toEqual([]);
    const failures: string[] = [];
    for (let number = 1; number <= calm.calls.length; number += 1) {
      for (const moment of MOMENTS) {
        const result = await live({ fate: crashesAt({ number, moment }) });
        const problems = problemsOf(result, calm);
        if (problems.length > 0) {
          failures.push(
            `${moment} #${number} ${calm.calls[number - 1]?.label ?? ''}: ${problems.join('; ')}\n${result.trace}`,
          );
        }
      }
    }
    expect(failures).toEqual([]);
  });
});
