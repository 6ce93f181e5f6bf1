import { describe, expect, it } from '@jest/globals';
import { rationWrite } from '../../../src/lifecycle/status/write-ration.ts';
import type { WriteRation } from '../../../src/lifecycle/status/write-ration.ts';

const HOUR_MS = 3_600_000;

/** Tries a write at each of these times, and returns the times of those that were allowed. */
function written(triesMs: readonly number[]): {
  readonly atMs: readonly number[];
  readonly reports: number;
  readonly waitsMs: readonly number[];
} {
  const atMs: number[] = [];
  const waitsMs: number[] = [];
  let reports = 0;
  let ration: WriteRation | undefined;
  for (const nowMs of triesMs) {
    const rationed = rationWrite(ration, nowMs);
    ({ ration } = rationed);
    if (rationed.kind === 'write') {
      atMs.push(nowMs);
    } else {
      waitsMs.push(rationed.ms);
      reports += rationed.isNews ? 1 : 0;
    }
  }
  return { atMs, waitsMs, reports };
}

function every(ms: number, forMs: number, fromMs = 0): readonly number[] {
  return Array.from({ length: Math.floor(forMs / ms) }, (_, index) => fromMs + index * ms);
}

describe('rationWrite', () => {
  it('lets twenty writes follow each other at once, and says how long the next one waits', () => {
    const { atMs, waitsMs } = written(Array.from({ length: 21 }, () => 5));
    expect(atMs).toHaveLength(20);
    expect(waitsMs).toEqual([20_000]);
  });

  it.each<{ name: string; triesMs: readonly number[]; writes: number; reports: number }>([
    { name: 'fifty tries a second for an hour', triesMs: every(20, HOUR_MS), writes: 199, reports: 1 },
    { name: 'a try every 20 s for an hour', triesMs: every(20_000, HOUR_MS), writes: 180, reports: 0 },
    {
      name: 'two bursts, the second when the ration is whole again',
      triesMs: [...every(10, 1_000), ...every(10, 1_000, HOUR_MS)],
      writes: 40,
      reports: 2,
    },
    {
      name: 'two bursts, the second while the ration recovers',
      triesMs: [...every(10, 1_000), ...every(10, 1_000, 201_000)],
      writes: 30,
      reports: 1,
    },
  ])('allows $writes writes of $name, and reports $reports times', ({ triesMs, writes, reports }) => {
    const result = written(triesMs);
    expect({ writes: result.atMs.length, reports: result.reports }).toEqual({ writes, reports });
  });

  it('counts time that passes while writes wait only once', () => {
    const { atMs } = written([...Array.from({ length: 20 }, () => 0), 5_000, 10_000, 15_000, 20_000, 20_001]);
    expect(atMs.slice(20)).toEqual([20_000]);
  });
});
