import { describe, expect, it } from '@jest/globals';
import type { GpuPodSpecInput } from '../../src/api/gpupod/spec.ts';
import type { Attempt, GpuPodStatus } from '../../src/api/gpupod/status.ts';
import { expiryText, limitsOf, noticeMs } from '../../src/lifecycle/expiry.ts';
import { extendedLifetime, lifetimeOf, lifetimeText } from '../../src/lifecycle/lifetime.ts';
import type { Lifetime } from '../../src/lifecycle/lifetime.ts';
import type { Policy } from '../../src/lifecycle/settings.ts';
import { rentedGpuPod } from '../support/builders/gpu-pod.ts';
import { observation } from '../support/builders/observation.ts';
import { OPEN_POLICY } from '../support/builders/policy.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

describe('lifetimeOf', () => {
  it.each<{
    name: string;
    maxLifetime?: string;
    policy?: Partial<Policy>;
    expected: Lifetime | undefined;
    text?: string;
  }>([
    { name: 'no limit at all', expected: undefined },
    {
      name: 'the lifetime of the spec',
      maxLifetime: '1h30m',
      expected: { ms: 1.5 * HOUR_MS, source: 'spec' },
      text: 'spec.maxLifetime 1h30m',
    },
    {
      name: 'the default of a silent spec',
      policy: { defaultMaxLifetimeMs: HOUR_MS },
      expected: { ms: HOUR_MS, source: 'default' },
      text: "the operator's --default-max-lifetime 1h",
    },
    {
      name: 'a lifetime that differs from the default',
      maxLifetime: '2h',
      policy: { defaultMaxLifetimeMs: HOUR_MS },
      expected: { ms: 2 * HOUR_MS, source: 'spec' },
    },
    {
      name: 'a lifetime of exactly the ceiling',
      maxLifetime: '2h',
      policy: { maxLifetimeMs: 2 * HOUR_MS },
      expected: { ms: 2 * HOUR_MS, source: 'spec' },
    },
    {
      name: 'a longer lifetime, cut',
      maxLifetime: '3h',
      policy: { maxLifetimeMs: 2 * HOUR_MS },
      expected: { ms: 2 * HOUR_MS, source: 'ceiling', cutFromMs: 3 * HOUR_MS },
      text: "the operator's --max-lifetime 2h, which cuts spec.maxLifetime 3h",
    },
    {
      name: 'silence under a ceiling',
      policy: { maxLifetimeMs: 2 * HOUR_MS },
      expected: { ms: 2 * HOUR_MS, source: 'ceiling' },
      text: "the operator's --max-lifetime 2h",
    },
    {
      name: 'a default above the ceiling',
      policy: { maxLifetimeMs: HOUR_MS, defaultMaxLifetimeMs: 2 * HOUR_MS },
      expected: { ms: HOUR_MS, source: 'ceiling' },
    },
  ])('is $name', ({ maxLifetime, policy, expected, text }) => {
    const lifetime = lifetimeOf(maxLifetime === undefined ? {} : { maxLifetime }, {
      ...OPEN_POLICY,
      ...policy,
    });
    expect(lifetime).toEqual(expected);
    expect(text === undefined || lifetime === undefined ? text : lifetimeText(lifetime)).toBe(text);
  });

  it.each([
    { ms: HOUR_MS, ceilingMs: undefined, expected: '2h', why: 'twice as long' },
    { ms: HOUR_MS, ceilingMs: 1.5 * HOUR_MS, expected: '1h30m', why: 'as far as the operator allows' },
    { ms: HOUR_MS, ceilingMs: HOUR_MS, expected: undefined, why: 'the spec cannot extend it' },
    { ms: 99_999 * HOUR_MS, ceilingMs: undefined, expected: undefined, why: 'no duration is longer' },
  ])('extends to $expected: $why', ({ ms, ceilingMs, expected }) => {
    const policy = ceilingMs === undefined ? OPEN_POLICY : { ...OPEN_POLICY, maxLifetimeMs: ceilingMs };
    expect(extendedLifetime({ ms, source: 'spec' }, policy)).toBe(expected);
  });
});

interface Row {
  readonly name: string;
  readonly spec?: Partial<GpuPodSpecInput>;
  readonly status?: Partial<GpuPodStatus>;
  readonly attempt?: Partial<Attempt>;
  readonly expected: object;
  readonly expiresAt: string | undefined;
}

// The instance was created at 10:00:00 and costs 1.90 USD/h.
describe('limitsOf', () => {
  it.each<Row>([
    { name: 'no limit', expected: {}, expiresAt: undefined },
    {
      name: 'a lifetime',
      spec: { maxLifetime: '8h' },
      expected: { nearest: { ending: 'Expired', afterMs: 8 * HOUR_MS } },
      expiresAt: '2026-11-23T18:00:00Z',
    },
    {
      name: 'a total cost',
      spec: { maxTotalCost: 3.8 },
      expected: { nearest: { ending: 'CostLimitReached', afterMs: 2 * HOUR_MS } },
      expiresAt: '2026-11-23T12:00:00Z',
    },
    {
      name: 'a total cost after earlier attempts',
      spec: { maxTotalCost: 3.8 },
      status: { attemptsCost: 1.9 },
      expected: { nearest: { afterMs: HOUR_MS } },
      expiresAt: '2026-11-23T11:00:00Z',
    },
    {
      name: 'earlier attempts without a sum, from an earlier version',
      spec: { maxTotalCost: 3.8 },
      status: { attempts: [{ number: 1, outcome: 'Failed', cost: 1.9 }] },
      expected: { nearest: { afterMs: HOUR_MS } },
      expiresAt: '2026-11-23T11:00:00Z',
    },
    {
      name: 'a total cost that earlier attempts have used up',
      spec: { maxTotalCost: 1 },
      status: { attemptsCost: 1.9 },
      expected: { nearest: { afterMs: 0 } },
      expiresAt: '2026-11-23T10:00:00Z',
    },
    {
      name: 'the price that the provider states, rather than the computed one',
      spec: { maxTotalCost: 3.8 },
      status: { cost: { pricePerHour: 1.9, billedPerHour: 3.8 } },
      expected: { nearest: { afterMs: HOUR_MS } },
      expiresAt: '2026-11-23T11:00:00Z',
    },
    {
      name: 'the highest price so far, rather than a lower one later',
      spec: { maxTotalCost: 3.8 },
      status: { cost: { pricePerHour: 1.9, billedPerHour: 1.9, highestPerHour: 3.8 } },
      expected: { nearest: { afterMs: HOUR_MS } },
      expiresAt: '2026-11-23T11:00:00Z',
    },
    {
      name: 'a present price above the recorded highest one',
      spec: { maxTotalCost: 3.8 },
      status: { cost: { pricePerHour: 1.9, billedPerHour: 3.8, highestPerHour: 1.9 } },
      expected: { nearest: { afterMs: HOUR_MS } },
      expiresAt: '2026-11-23T11:00:00Z',
    },
    {
      name: 'prepaid hours, which no early end saves',
      spec: { maxTotalCost: 3.8 },
      status: { offer: { prepaidHours: 5 } },
      expected: { nearest: { afterMs: 5 * HOUR_MS } },
      expiresAt: '2026-11-23T15:00:00Z',
    },
    {
      name: 'the nearer of two: the cost',
      spec: { maxLifetime: '8h', maxTotalCost: 3.8 },
      expected: { nearest: { ending: 'CostLimitReached' } },
      expiresAt: '2026-11-23T12:00:00Z',
    },
    {
      name: 'the nearer of two: the lifetime',
      spec: { maxLifetime: '1h', maxTotalCost: 3.8 },
      expected: { nearest: { ending: 'Expired' } },
      expiresAt: '2026-11-23T11:00:00Z',
    },
    {
      name: 'no price, which leaves the lifetime',
      spec: { maxLifetime: '8h', maxTotalCost: 3.8 },
      status: { cost: {} },
      expected: { nearest: { ending: 'Expired' }, problem: 'PriceUnknown' },
      expiresAt: '2026-11-23T18:00:00Z',
    },
    {
      name: 'no price and only a total cost',
      spec: { maxTotalCost: 3.8 },
      status: { cost: { pricePerHour: 0 } },
      expected: { problem: 'PriceUnknown' },
      expiresAt: undefined,
    },
    {
      name: 'no creation time',
      spec: { maxLifetime: '8h', maxTotalCost: 3.8 },
      status: { createdAt: 'soon' },
      expected: { problem: 'CreationTimeUnknown' },
      expiresAt: undefined,
    },
    {
      name: 'a creation time before there was a provider, without an attempt',
      spec: { maxLifetime: '8h' },
      status: { createdAt: '1970-01-01T00:00:00Z', attempts: [] },
      expected: { problem: 'CreationTimeUnknown' },
      expiresAt: undefined,
    },
    {
      name: 'a creation time before its attempt: the attempt counts',
      spec: { maxLifetime: '8h' },
      status: { createdAt: '2026-11-23T02:00:00Z' },
      expected: { nearest: { ending: 'Expired' } },
      expiresAt: '2026-11-23T17:59:50Z',
    },
    {
      name: 'a creation time years before its attempt',
      spec: { maxLifetime: '8h' },
      status: { createdAt: '1970-01-01T00:00:00Z' },
      expected: { nearest: { ending: 'Expired' } },
      expiresAt: '2026-11-23T17:59:50Z',
    },
    {
      name: 'a creation time in the future: the attempt counts',
      spec: { maxLifetime: '8h' },
      status: { createdAt: '2026-11-23T18:00:00Z' },
      expected: { nearest: { ending: 'Expired' } },
      expiresAt: '2026-11-23T17:59:50Z',
    },
    {
      name: 'a creation time after the instance was active',
      spec: { maxLifetime: '8h' },
      status: { createdAt: '2026-11-23T10:08:00Z', activeAt: '2026-11-23T10:05:00Z' },
      expected: { nearest: { ending: 'Expired' } },
      expiresAt: '2026-11-23T17:59:50Z',
    },
    {
      name: 'a creation time after the instance was ready',
      spec: { maxLifetime: '8h' },
      status: { createdAt: '2026-11-23T10:08:00Z', readyAt: '2026-11-23T10:05:00Z' },
      expected: { nearest: { ending: 'Expired' } },
      expiresAt: '2026-11-23T17:59:50Z',
    },
    {
      name: 'a creation time before the instance was active',
      spec: { maxLifetime: '8h' },
      status: { createdAt: '2026-11-23T10:04:00Z', activeAt: '2026-11-23T10:05:00Z' },
      expected: { nearest: { ending: 'Expired' } },
      expiresAt: '2026-11-23T18:04:00Z',
    },
    {
      name: 'a total cost that lasts longer than a timestamp can say',
      spec: { maxTotalCost: 1_000_000 },
      status: { cost: { pricePerHour: 0.000_1 } },
      expected: {},
      expiresAt: undefined,
    },
  ])('knows $name', ({ spec = {}, status = {}, expected, expiresAt }) => {
    const known = observation({ gpuPod: rentedGpuPod({ spec, status }) });
    const limits = limitsOf(known, known.gpuPod.status);
    expect(limits).toMatchObject(expected);
    expect(limits.problem).toBe('problem' in expected ? expected.problem : undefined);
    expect(expiryText(limits)).toBe(expiresAt);
  });

  it.each([
    { afterMs: 10 * MINUTE_MS, expected: 15 * MINUTE_MS },
    { afterMs: 2 * HOUR_MS, expected: 15 * MINUTE_MS },
    { afterMs: 10 * HOUR_MS, expected: HOUR_MS },
  ])('gives notice 15 minutes before, or a tenth: $afterMs', ({ afterMs, expected }) => {
    expect(noticeMs({ ending: 'Expired', afterMs })).toBe(expected);
  });
});
