import { describe, expect, it } from '@jest/globals';
import type { GpuPodStatus } from '../../../src/api/gpupod/status.ts';
import { isWorthWriting } from '../../../src/lifecycle/status/worth-writing.ts';
import { condition } from '../../support/builders/conditions.ts';
import { rentedGpuPod } from '../../support/builders/gpu-pod.ts';
import { NOW_MS, observed } from '../../support/builders/observation.ts';

const before = rentedGpuPod({
  status: {
    conditions: [condition('Ready', 'Available')],
    cost: {
      pricePerHour: 1.9,
      billedPerHour: 1.9,
      displayPerHour: '1.90',
      accrued: 1,
      accruedAt: '2026-11-23T10:00:00Z',
    },
    rejections: [{ reason: 'Unavailable', count: 4 }],
    hint: 'raise maxPrice to 2.31 to match 4 offers',
    // Ten hours after its creation.
    expiresAt: '2026-11-23T20:00:00Z',
  },
});
const { status } = before;

function isWorth(change: Partial<GpuPodStatus>, writtenAtMs?: number): boolean {
  const localState = writtenAtMs === undefined ? {} : { rejectionsWrittenAtMs: writtenAtMs };
  return isWorthWriting(observed({ gpuPod: before, localState }), { ...status, ...change });
}

describe('isWorthWriting', () => {
  it.each<{ name: string; change: Partial<GpuPodStatus>; worth: boolean; why: string }>([
    { name: 'nothing', change: {}, worth: false, why: 'at rest there are no writes' },
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
      name: 'the text of the price, if it is missing',
      change: { cost: { ...status.cost, displayPerHour: undefined } },
      worth: true,
      why: 'after an upgrade its column would stay empty',
    },
    {
      name: 'the text of the price, which follows the price',
      change: { cost: { ...status.cost, billedPerHour: 1.91, displayPerHour: '1.91' } },
      worth: false,
      why: 'it moves with exchange rates',
    },
    {
      name: 'a price that falls',
      change: { cost: { ...status.cost, billedPerHour: 1.8, highestPerHour: 1.9 } },
      worth: false,
      why: 'it moves no deadline out',
    },
    {
      name: 'the counts of rejections',
      change: { rejections: [{ reason: 'Unavailable', count: 9 }] },
      worth: false,
      why: 'they change with each search',
    },
    {
      name: 'the sum of the costs, for a status of an earlier version',
      change: { attemptsCost: 3 },
      worth: false,
      why: 'the attempts on record tell it as long as nothing is written',
    },
    {
      name: 'the hint',
      change: { hint: 'raise maxPrice to 2.32' },
      worth: false,
      why: 'it changes with the counts',
    },
    {
      name: 'a deadline that moves by less than a twentieth of the lifetime',
      change: { expiresAt: '2026-11-23T20:29:00Z' },
      worth: false,
      why: 'it moves with the price',
    },
    {
      name: 'a deadline that moves further',
      change: { expiresAt: '2026-11-23T20:40:00Z' },
      worth: true,
      why: 'people plan by it',
    },
    {
      name: 'no deadline any more',
      change: { expiresAt: undefined },
      worth: true,
      why: 'people plan by it',
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
    { name: 'the instance', change: { podId: 'pod-2' }, worth: true, why: 'nothing is more important' },
    {
      name: 'the first price',
      change: { cost: { pricePerHour: 1.9 } },
      worth: true,
      why: 'known differs from unknown',
    },
    { name: 'the generation', change: { observedGeneration: 2 }, worth: true, why: 'tools wait for it' },
    {
      name: 'the reasons of rejections',
      change: { rejections: [{ reason: 'StockTooLow', count: 4 }] },
      worth: true,
      why: 'nobody has seen them yet',
    },
  ])('is $worth for $name, because $why', ({ change, worth }) => {
    expect(isWorth(change)).toBe(worth);
  });

  it.each([
    { name: '9 min 59 s ago', writtenAtMs: NOW_MS - 599_999, worth: false },
    { name: '10 min ago', writtenAtMs: NOW_MS - 600_000, worth: true },
  ])('is $worth for new rejection reasons, last written $name', ({ writtenAtMs, worth }) => {
    expect(isWorth({ rejections: [{ reason: 'StockTooLow', count: 4 }] }, writtenAtMs)).toBe(worth);
  });

  it('ignores the sequence of reasons', () => {
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

  it('treats an undefined key as absent, as the API server does', () => {
    expect(isWorth({ conditions: [{ ...condition('Ready', 'Available') }] })).toBe(false);
    expect(isWorthWriting(observed({ gpuPod: before }), { ...status, ...{ ssh: undefined } })).toBe(false);
  });
});
