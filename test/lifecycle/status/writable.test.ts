import { describe, expect, it } from '@jest/globals';
import type { GpuPodStatus } from '../../../src/api/gpupod/status.ts';
import { writableStatus } from '../../../src/lifecycle/status/writable.ts';

const LONG = 'x'.repeat(5_000);
const BASE: GpuPodStatus = { observedGeneration: 1, phase: 'Ready', podId: 'pod-1' };

describe('a status to write', () => {
  it.each<{ name: string; status: GpuPodStatus; refused: readonly string[] }>([
    { name: 'is written as it is if it fits', status: BASE, refused: [] },
    { name: 'may have fields without a value', status: { ...BASE, hint: undefined }, refused: [] },
    { name: 'lacks a field that is too long', status: { ...BASE, hint: LONG }, refused: ['hint'] },
    {
      name: 'lacks every field with something wrong in it',
      status: { ...BASE, phase: LONG, cost: { currency: 'USD', accrued: NaN } },
      refused: ['cost', 'phase'],
    },
    {
      name: 'keeps the generation, without which nothing could be written',
      status: { ...BASE, observedGeneration: 1.5 },
      refused: [],
    },
  ])('$name', ({ status, refused }) => {
    const kept = Object.entries(status).filter(([field]) => !refused.includes(field));
    expect(writableStatus(status)).toEqual({ status: Object.fromEntries(kept), refused });
  });
});
