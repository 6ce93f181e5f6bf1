import { describe, expect, it } from '@jest/globals';
import { TokenBucket } from '../../../src/kubernetes/events/token-bucket.ts';

const START_MS = 5_000;

/** Whether a bucket of 3 tokens, which gets one more each second, gives a token at each of these times. */
function taken(...afterMs: readonly number[]): readonly boolean[] {
  const bucket = new TokenBucket({ burst: 3, refillMs: 1_000 }, START_MS);
  return afterMs.map((ms) => bucket.take(START_MS + ms));
}

describe('a token bucket', () => {
  it.each<{ name: string; afterMs: readonly number[]; given: readonly boolean[] }>([
    {
      name: 'gives the burst at once, and then nothing',
      afterMs: [0, 0, 0, 0],
      given: [true, true, true, false],
    },
    {
      name: 'gives nothing a moment before the next token',
      afterMs: [0, 0, 0, 999],
      given: [true, true, true, false],
    },
    {
      name: 'gives one token for each refill time',
      afterMs: [0, 0, 0, 1_000, 1_000],
      given: [true, true, true, true, false],
    },
    {
      name: 'keeps parts of a token while it refuses',
      afterMs: [0, 0, 0, 500, 1_000, 1_500, 2_000],
      given: [true, true, true, false, true, false, true],
    },
    {
      name: 'keeps the part of a token that is left after it gave one',
      afterMs: [0, 0, 0, 1_500, 2_000],
      given: [true, true, true, true, true],
    },
    {
      name: 'saves no more than the burst, however long nobody takes one',
      afterMs: [0, 86_400_000, 86_400_000, 86_400_000, 86_400_000],
      given: [true, true, true, true, false],
    },
  ])('$name', ({ afterMs, given }) => {
    expect(taken(...afterMs)).toEqual(given);
  });

  it('does not count the time before it was made', () => {
    const bucket = new TokenBucket({ burst: 1, refillMs: 1_000 }, START_MS);
    bucket.take(START_MS);

    expect(bucket.take(START_MS)).toBe(false);
  });

  it('never gives a token if it holds less than one', () => {
    const bucket = new TokenBucket({ burst: 0, refillMs: 1_000 }, START_MS);

    expect([START_MS, START_MS + 60_000].map((nowMs) => bucket.take(nowMs))).toEqual([false, false]);
  });
});
