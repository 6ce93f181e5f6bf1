import { describe, expect, it } from '@jest/globals';
import { sampleGpuPods, sampleSums, sampleTotalLimit } from '../../src/composition/samples.ts';
import type { GpuPodSample } from '../../src/observability/gpu-pod-sample.ts';
import type { GpuPodStatus } from '../../src/api/gpupod/status.ts';
import { condition } from '../support/builders/conditions.ts';
import { POD_ID, rawGpuPod } from '../support/builders/gpu-pod.ts';
import type { GpuPodOverrides } from '../support/builders/gpu-pod.ts';

const RENTED = { podId: POD_ID, createdAt: '2026-11-23T10:00:00Z' };

function sample(overrides: GpuPodOverrides): GpuPodSample | undefined {
  return sampleGpuPods([rawGpuPod(overrides)])[0];
}

const SESSION = {
  account: { state: { kind: 'fits', origin: 'https://api.test', userId: 'user-1', sinceMs: 0 } },
  health: { keyProblems: [] },
  circuitBreakers: { reasons: () => [] },
} as const;
const NO_ACCOUNTS = { registry: { own: SESSION, get: () => undefined }, views: undefined, gpuPods: [] };

function booksOf(micros: number, isTotalKnown: boolean): Parameters<typeof sampleSums>[0] {
  const total = { micros, instances: 1, gpus: 1 };
  const unowned = new Map([['retained', 1_500_000]] as const);
  const summary = { unowned, total: () => total, ofAccount: () => total, namespacesOf: () => new Map() };
  return { summary: () => summary, isTotalKnown };
}

describe('the sample of a GpuPod', () => {
  it.each<{ title: string; gpuPod: GpuPodOverrides; aboveCapUsdPerHour: number | undefined }>([
    {
      title: 'says how much more than the cap is billed',
      gpuPod: { status: { ...RENTED, cost: { billedPerHour: 3.5, maxPrice: 3 } } },
      aboveCapUsdPerHour: 0.5,
    },
    {
      title: 'says nothing of a price that meets the cap',
      gpuPod: { status: { ...RENTED, cost: { billedPerHour: 3, maxPrice: 3 } } },
      aboveCapUsdPerHour: undefined,
    },
    {
      title: 'says nothing where there is no cap',
      gpuPod: { status: { ...RENTED, cost: { billedPerHour: 3.5 } } },
      aboveCapUsdPerHour: undefined,
    },
    {
      title: 'says nothing while the provider states no price',
      gpuPod: { status: { ...RENTED, cost: { pricePerHour: 3.5, maxPrice: 3 } } },
      aboveCapUsdPerHour: undefined,
    },
  ])('$title', ({ gpuPod, aboveCapUsdPerHour }) => {
    expect(sample(gpuPod)?.instance).toBeDefined();
    expect(sample(gpuPod)?.instance?.aboveCapUsdPerHour).toBe(aboveCapUsdPerHour);
  });

  it.each<{ title: string; status: Partial<GpuPodStatus>; isUnreachable: boolean }>([
    {
      title: 'is unreachable while its SSH server does not answer',
      status: { ...RENTED, conditions: [condition('Reachable', 'NoAnswer')] },
      isUnreachable: true,
    },
    {
      title: 'is unreachable with another host key, which clients refuse',
      status: { ...RENTED, conditions: [condition('Reachable', 'HostKeyChanged')] },
      isUnreachable: true,
    },
    {
      title: 'is reachable as the last probe says',
      status: { ...RENTED, conditions: [condition('Reachable', 'Answers')] },
      isUnreachable: false,
    },
    { title: 'is not unreachable without probes', status: RENTED, isUnreachable: false },
    {
      title: 'is not unreachable without an instance, whatever the last probe said',
      status: { conditions: [condition('Reachable', 'NoAnswer')] },
      isUnreachable: false,
    },
  ])('$title', ({ status, isUnreachable }) => {
    expect(sample({ status })?.isUnreachable).toBe(isUnreachable);
  });

  it('names the account that pays, and its GPUs', () => {
    const account = { kind: 'ClusterGpuAccount', name: 'ml', userId: 'user-1' };
    const status = { ...RENTED, account };
    expect(sample({ status, spec: { gpu: { types: ['H100_80GB'], count: 8 } } })?.instance).toMatchObject({
      account: 'ClusterGpuAccount/ml',
      gpus: 8,
    });
    expect(sample({ status: RENTED })?.instance?.account).toBe('operator');
  });

  it.each([
    {
      title: 'says since when it is being deleted',
      gpuPod: { isDeleting: true },
      deletingSinceMs: Date.UTC(2026, 10, 23, 10),
    },
    { title: 'says nothing of a deletion that nobody requested', gpuPod: {}, deletingSinceMs: undefined },
    {
      title: 'says nothing of a deletion that only another finalizer holds up',
      gpuPod: { isDeleting: true, finalizers: ['example.com/other'] },
      deletingSinceMs: undefined,
    },
  ])('$title', ({ gpuPod, deletingSinceMs }) => {
    expect(sample(gpuPod)?.deletingSinceMs).toBe(deletingSinceMs);
  });
});

describe('the amounts of the limit on all instances', () => {
  it('are in USD', () => {
    expect(sampleSums(booksOf(2_500_000, true), NO_ACCOUNTS, {})).toMatchObject({
      reservedUsdPerHour: 2.5,
      unownedUsdPerHour: new Map([['retained', 1.5]]),
    });
    expect(sampleTotalLimit({ maxTotalPricePerHour: 50_000_000 })).toBe(50);
  });

  it('are 0 and absent while they are unknown', () => {
    expect(sampleSums(booksOf(2_500_000, false), NO_ACCOUNTS, {}).reservedUsdPerHour).toBe(0);
    expect(sampleTotalLimit({})).toBeUndefined();
  });
});
