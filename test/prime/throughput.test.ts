import { describe, expect, it } from '@jest/globals';
import { Throughput } from '../../src/prime/throughput.ts';

/** Tells of requests that were let through, evenly, up to and without the end. */
function passes(throughput: Throughput, fromMs: number, toMs: number, everyMs: number): void {
  for (let atMs = fromMs; atMs < toMs; atMs += everyMs) throughput.pass(atMs);
}

describe('Throughput', () => {
  it('takes what got through at once and in the time until the first refusal for twice a second of it', () => {
    const throughput = new Throughput();
    passes(throughput, 0, 500, 50);
    expect(throughput.refuse(500, 500)).toEqual({ perSecond: 10 / 1.5, error: 0.3 });
  });

  it('says nothing where too little got through', () => {
    const throughput = new Throughput();
    throughput.pass(0);
    expect(throughput.refuse(50, 50)).toBeUndefined();
  });

  it('counts what got through between two refusals', () => {
    const throughput = new Throughput();
    throughput.refuse(0, 0);
    passes(throughput, 100, 4000, 200);
    expect(throughput.refuse(4000, 4000)).toEqual({ perSecond: 21 / 4, error: 1 / 21, isWhole: false });
  });

  it('says nothing where nobody wanted more', () => {
    const throughput = new Throughput();
    throughput.refuse(0, 0);
    passes(throughput, 100, 4000, 200);
    expect(throughput.refuse(4000, 1000)).toBeUndefined();
  });

  it('knows that nothing got through, and does not count a second of that', () => {
    const throughput = new Throughput();
    throughput.refuse(0, 0);
    expect(throughput.isBlocked).toBe(true);
    throughput.refuse(800, 800);
    passes(throughput, 1000, 3800, 200);
    expect(throughput.isBlocked).toBe(false);
    expect(throughput.refuse(3800, 3800)).toMatchObject({ perSecond: 15 / 3 });
  });

  it('a limit that blocks for longer than a second is measured over all that time', () => {
    const throughput = new Throughput();
    throughput.refuse(0, 0);
    throughput.refuse(6000, 6000);
    passes(throughput, 6100, 10_000, 100);
    expect(throughput.refuse(10_000, 10_000)).toMatchObject({ perSecond: 40 / 9, isWhole: true });
  });

  it('forgets what was before the last refusal', () => {
    const throughput = new Throughput();
    throughput.refuse(0, 0);
    passes(throughput, 100, 1000, 500);
    throughput.refuse(1000, 1000);
    throughput.forgetBefore();
    passes(throughput, 1000.5, 2000, 100);
    expect(throughput.refuse(2000, 2000)).toMatchObject({ perSecond: 11 });
  });
});
