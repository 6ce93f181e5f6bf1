import { describe, expect, it } from '@jest/globals';
import { Throughput } from '../../src/prime/throughput.ts';

/** Reports accepted requests at equal intervals, excluding the end. */
function passes(throughput: Throughput, fromMs: number, toMs: number, everyMs: number): void {
  for (let atMs = fromMs; atMs < toMs; atMs += everyMs) throughput.pass(atMs);
}

describe('Throughput', () => {
  it('counts the burst and the time until the first refusal as one second more than that time', () => {
    const throughput = new Throughput();
    passes(throughput, 0, 500, 50);
    expect(throughput.refuse(500, 500)).toEqual({ perSecond: 10 / 1.5, error: 0.3 });
  });

  it('has no estimate after too few requests', () => {
    const throughput = new Throughput();
    throughput.pass(0);
    expect(throughput.refuse(50, 50)).toBeUndefined();
  });

  it('counts the requests that succeeded between two refusals', () => {
    const throughput = new Throughput();
    throughput.refuse(0, 0);
    passes(throughput, 100, 4000, 200);
    expect(throughput.refuse(4000, 4000)).toEqual({ perSecond: 21 / 4, error: 1 / 21, isWhole: false });
  });

  it('has no estimate if no request waited', () => {
    const throughput = new Throughput();
    throughput.refuse(0, 0);
    passes(throughput, 100, 4000, 200);
    expect(throughput.refuse(4000, 1000)).toBeUndefined();
  });

  it('notices that nothing succeeds, and does not count that second', () => {
    const throughput = new Throughput();
    throughput.refuse(0, 0);
    expect(throughput.isBlocked).toBe(true);
    throughput.refuse(800, 800);
    passes(throughput, 1000, 3800, 200);
    expect(throughput.isBlocked).toBe(false);
    expect(throughput.refuse(3800, 3800)).toMatchObject({ perSecond: 15 / 3 });
  });

  it('measures a limit that blocks for longer than a second over all of that time', () => {
    const throughput = new Throughput();
    throughput.refuse(0, 0);
    throughput.refuse(6000, 6000);
    passes(throughput, 6100, 10_000, 100);
    expect(throughput.refuse(10_000, 10_000)).toMatchObject({ perSecond: 40 / 9, isWhole: true });
  });

  it('forgets everything before the last refusal', () => {
    const throughput = new Throughput();
    throughput.refuse(0, 0);
    passes(throughput, 100, 1000, 500);
    throughput.refuse(1000, 1000);
    throughput.forgetBefore();
    passes(throughput, 1000.5, 2000, 100);
    expect(throughput.refuse(2000, 2000)).toMatchObject({ perSecond: 11 });
  });
});
