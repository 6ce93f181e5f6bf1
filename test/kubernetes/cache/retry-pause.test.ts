import { beforeEach, describe, expect, it } from '@jest/globals';
import { RetryPause } from '../../../src/kubernetes/cache/retry-pause.ts';

/** The greatest jitter, rounded. */
let pause: RetryPause;

beforeEach(() => {
  pause = new RetryPause(() => 1);
});

function after(failures: number): number {
  return Array.from({ length: failures }, () => pause.nextMs()).at(-1) ?? 0;
}

describe('the pause after a failure', () => {
  it.each([
    { failures: 1, pauseMs: 100, why: 'the first retry is quick' },
    { failures: 4, pauseMs: 800, why: 'it doubles' },
    { failures: 20, pauseMs: 10_000, why: 'it has a bound' },
  ])('is $pauseMs ms after $failures failures, because $why', ({ failures, pauseMs }) => {
    expect(after(failures)).toBe(pauseMs);
  });

  it('is at most 800 ms after a sign of life, and begins anew after news', () => {
    after(20);
    pause.shorten();
    expect(pause.nextMs()).toBe(800);
    pause.reset();
    pause.shorten();
    expect(pause.nextMs()).toBe(100);
  });

  it.each([
    { askedMs: 2_000, pauseMs: 2_100, why: 'the server is never asked before its time' },
    { askedMs: 3_600_000, pauseMs: 15_100, why: 'no server silences the operator for an hour' },
  ])('is $pauseMs ms where the server asks for $askedMs, because $why', ({ askedMs, pauseMs }) => {
    expect(pause.nextMs(askedMs)).toBe(pauseMs);
  });
});
