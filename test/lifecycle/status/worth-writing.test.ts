import { describe, expect, it } from '@jest/globals';
import type { GpuPodStatus } from '../../../src/api/status.ts';
import { isWorthWriting } from '../../../src/lifecycle/status/worth-writing.ts';
import { condition } from '../../support/builders/conditions.ts';
import { rentedGpuPod } from '../../support/builders/gpu-pod.ts';
import { NOW_MS, observed } from '../../support/builders/observation.ts';

const before = rentedGpuPod({
  status: {
    conditions: [condition('Ready', 'Available')],
    cost: { pricePerHour: 1.9, billedPerHour: 1.9, accrued: 1, accruedAt: '2026-11-23T10:00:00Z' },
    rejections: [{ reason: 'Unavailable', count: 4 }],
    hint: 'raise maxPrice to 2.31 to match 4 offers',
  },
});
const { status } = before;

function isWorth(change: Partial<GpuPodStatus>, writtenAtMs?: number): boolean {
  const localState = writtenAtMs === undefined ? {} : { rejectionsWrittenAtMs: writtenAtMs };
  return isWorthWriting(observed({ gpuPod: before, localState }), { ...status, ...change });
}

describe('isWorthWriting', () => {
  it.each<{ name: string; change: Partial<GpuPodStatus>; worth: boolean; why: string }>([
    { name: 'nothing', change: {}, worth: false, why: 'at rest, silence' },
    {
      name: 'the accrued cost',
      change: { cost: { ...status.cost, accrued: 2, accruedAt: '2026-11-23T11:00:00Z' } },
      worth: false,
      why: 'it grows each second',
    },
    {
      name: 'a price that drifts',
      change: { cost: { ...status.cost, billedPerHour: 1.91 } },
      worth: false,
      why: 'it moves with exchange rates',
    },
    {
      name: 'the counts of rejections',
      change: { rejections: [{ reason: 'Unavailable', count: 9 }] },
      worth: false,
      why: 'they change with each look',
    },
    {
      name: 'the hint',
      change: { hint: 'raise maxPrice to 2.32' },
      worth: false,
      why: 'it changes with the counts',
    },
    {
      name: 'a condition',
      change: { conditions: [condition('Ready', 'Stale')] },
      worth: true,
      why: 'that is news',
    },
    {
      name: 'a message',
      change: { conditions: [condition('Ready', 'Available', { message: 'Other.' })] },
      worth: true,
      why: 'people read it',
    },
    { name: 'the pod', change: { podId: 'pod-2' }, worth: true, why: 'nothing is more important' },
    {
      name: 'the first price',
      change: { cost: { pricePerHour: 1.9 } },
      worth: true,
      why: 'known and not known differ',
    },
    { name: 'the generation', change: { observedGeneration: 2 }, worth: true, why: 'tools wait for it' },
    {
      name: 'the reasons of rejections',
      change: { rejections: [{ reason: 'StockTooLow', count: 4 }] },
      worth: true,
      why: 'nobody told of them yet',
    },
  ])('of $name: $worth, because $why', ({ change, worth }) => {
    expect(isWorth(change)).toBe(worth);
  });

  it.each([
    { name: '9 min 59 s ago', writtenAtMs: NOW_MS - 599_999, worth: false },
    { name: '10 min ago', writtenAtMs: NOW_MS - 600_000, worth: true },
  ])('tells new reasons of rejections, last written $name: $worth', ({ writtenAtMs, worth }) => {
    expect(isWorth({ rejections: [{ reason: 'StockTooLow', count: 4 }] }, writtenAtMs)).toBe(worth);
  });

  it('takes the same reasons in another order for the same', () => {
    const two = rentedGpuPod({
      status: {
        rejections: [
          { reason: 'A', count: 1 },
          { reason: 'B', count: 2 },
        ],
      },
    });
    const turned = {
      ...two.status,
      rejections: [
        { reason: 'B', count: 2 },
        { reason: 'A', count: 1 },
      ],
    };
    expect(isWorthWriting(observed({ gpuPod: two }), turned)).toBe(false);
  });

  it('takes an undefined key for an absent one, as the API server does', () => {
    expect(isWorth({ conditions: [{ ...condition('Ready', 'Available') }] })).toBe(false);
    expect(isWorthWriting(observed({ gpuPod: before }), { ...status, ...{ ssh: undefined } })).toBe(false);
  });
});
