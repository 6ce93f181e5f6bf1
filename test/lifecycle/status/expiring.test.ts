import { describe, expect, it } from '@jest/globals';
import type { GpuPodSpecInput } from '../../../src/api/gpupod/spec.ts';
import type { GpuPodStatus } from '../../../src/api/gpupod/status.ts';
import { nextStep } from '../../../src/lifecycle/next-step.ts';
import type { Policy } from '../../../src/lifecycle/settings.ts';
import { isWorthWriting } from '../../../src/lifecycle/status/worth-writing.ts';
import { POD_ID, rentedGpuPod } from '../../support/builders/gpu-pod.ts';
import type { GpuPodOverrides } from '../../support/builders/gpu-pod.ts';
import { NOW_MS, observed } from '../../support/builders/observation.ts';
import { aReadySnapshot, lastSeen } from '../../support/builders/snapshots.ts';
import { messageOf, restOf } from '../support/outline.ts';

const READY = { readyAt: '2026-11-23T10:05:00Z' };
const secret = { fingerprint: 'f', outcome: 'written', atMs: NOW_MS } as const;
const MINUTE_MS = 60_000;

/** The status of a ready GpuPod whose instance was created ten minutes ago, and that rests. */
function restingStatus(
  overrides: GpuPodOverrides,
  policy: Partial<Policy> = {},
  atMs = NOW_MS,
): GpuPodStatus {
  return restOf(nextStep(resting(overrides, policy, atMs))).status;
}

function resting(overrides: GpuPodOverrides, policy: Partial<Policy> = {}, atMs = NOW_MS) {
  // The snapshot states neither a price nor a creation time, so that those in the status count.
  const {
    priceUsdPerHour: _price,
    createdAt: _createdAt,
    ...snapshot
  } = aReadySnapshot({ status: 'STOPPED' });
  const seen = lastSeen(snapshot, { beganAtMs: atMs });
  const gpuPod = rentedGpuPod({ ...overrides, status: { ...READY, ...overrides.status } });
  return observed({ gpuPod, lastSeen: seen, policy, atMs, localState: { secret } });
}

function reason({ conditions = [] }: GpuPodStatus): string | undefined {
  return conditions.find(({ type }) => type === 'Expiring')?.reason;
}

const END = `The operator terminates the instance at status.expiresAt`;

describe('the condition Expiring', () => {
  it.each<{
    name: string;
    spec?: Partial<GpuPodSpecInput>;
    status?: Partial<GpuPodStatus>;
    policy?: Partial<Policy>;
    expected: string | undefined;
    message: string;
  }>([
    { name: 'without a limit', expected: undefined, message: '' },
    {
      name: 'long before the deadline',
      spec: { maxLifetime: '8h' },
      expected: 'Scheduled',
      message: `${END} (spec.maxLifetime 8h).`,
    },
    {
      name: 'with a lifetime that is cut',
      spec: { maxLifetime: '9h' },
      policy: { maxLifetimeMs: 480 * MINUTE_MS },
      expected: 'Scheduled',
      message: `${END} (the operator's --max-lifetime 8h, which cuts spec.maxLifetime 9h). To have the limit raised, ask whoever runs the operator.`,
    },
    {
      name: 'a second before the notice',
      spec: { maxLifetime: '25m1s' },
      expected: 'Scheduled',
      message: `${END} (spec.maxLifetime 25m1s).`,
    },
    {
      name: '15 minutes before the deadline',
      spec: { maxLifetime: '25m' },
      expected: 'LifetimeEnding',
      message: `${END} (spec.maxLifetime 25m). To extend: kubectl patch gpupod train-1 -n team-a --type merge -p '{"spec":{"maxLifetime":"50m"}}'`,
    },
    {
      name: 'near a deadline that the spec cannot extend',
      policy: { maxLifetimeMs: 25 * MINUTE_MS },
      expected: 'LifetimeEnding',
      message: `${END} (the operator's --max-lifetime 25m). The spec cannot extend it. To have the limit raised, ask whoever runs the operator.`,
    },
    {
      name: 'near the cost limit',
      spec: { maxTotalCost: 0.5 },
      expected: 'CostLimitNear',
      message: `${END} (spec.maxTotalCost 0.50 USD). To extend: kubectl patch gpupod train-1 -n team-a --type merge -p '{"spec":{"maxTotalCost":1}}'`,
    },
    {
      name: 'without a creation time',
      spec: { maxLifetime: '8h' },
      status: { createdAt: undefined },
      expected: 'CreationTimeUnknown',
      message: `status.createdAt does not say when instance ${POD_ID} was created, so no limit terminates it. It bills; suspend or delete the GpuPod to terminate it.`,
    },
    {
      name: 'without a price',
      spec: { maxTotalCost: 8 },
      status: { cost: {} },
      expected: 'PriceUnknown',
      message: `The price of instance ${POD_ID} is unknown, so spec.maxTotalCost does not terminate it. It bills; set spec.maxLifetime, or suspend or delete the GpuPod to terminate it.`,
    },
    {
      name: 'without a price, with a lifetime',
      spec: { maxTotalCost: 8, maxLifetime: '8h' },
      status: { cost: {} },
      expected: 'Scheduled',
      message: `${END} (spec.maxLifetime 8h). Its price is unknown, so spec.maxTotalCost is not checked.`,
    },
  ])('is $expected $name', ({ spec = {}, status = {}, policy, expected, message }) => {
    const next = restingStatus({ spec, status }, policy);
    expect(reason(next)).toBe(expected);
    expect(messageOf(next, 'Expiring')).toBe(message);
  });

  it('has no cut command: a long name leaves only the field', () => {
    const next = restingStatus({ name: 'x'.repeat(200), spec: { maxLifetime: '25m' } });
    expect(messageOf(next, 'Expiring')).toBe(
      `${END} (spec.maxLifetime 25m). To extend, raise spec.maxLifetime.`,
    );
  });

  it('is written once, when the deadline comes near, and not again', () => {
    const first = restingStatus({ spec: { maxLifetime: '8h' } });
    const later = (atMs: number): boolean => {
      const of = resting({ spec: { maxLifetime: '8h' }, status: first }, {}, atMs);
      return isWorthWriting(of, restOf(nextStep(of)).status);
    };
    // The notice is 48 minutes before the deadline.
    const noticeMs = NOW_MS + (480 - 10 - 48) * MINUTE_MS;
    expect([NOW_MS, NOW_MS + 60 * MINUTE_MS, noticeMs - 1, noticeMs].map(later)).toEqual([
      false,
      false,
      false,
      true,
    ]);
  });

  it('wakes a GpuPod at rest for the notice', () => {
    const rest = restOf(nextStep(resting({ spec: { maxLifetime: '26m' } })));
    expect(rest.requeueAfterMs).toBe(MINUTE_MS);
  });
});
