import { describe, expect, it } from '@jest/globals';
import { adoptNewer } from '../../../src/lifecycle/rules/newer.ts';
import { gpuPod, rentedGpuPod } from '../../support/builders/gpu-pod.ts';
import { intent, nameOfAttempt } from '../../support/builders/intent.ts';
import { NOW_MS, observed, WALL_MS } from '../../support/builders/observation.ts';
import type { ObservationOverrides } from '../../support/builders/observation.ts';
import { inventory, aReadySnapshot } from '../../support/builders/snapshots.ts';
import { outline } from '../support/outline.ts';

const running = { ...aReadySnapshot(), podId: 'pod-2', name: nameOfAttempt(2), priceUsdPerHour: 2.7 };
/** After four hours it has cost 8 USD. */
const priced = { ...running, priceUsdPerHour: 2 };
const fresh = { localState: { version: { resourceVersion: '10', seenAtMs: NOW_MS - 1 } } };

describe('adoptNewer, by the age of the instance', () => {
  it.each<{ name: string; known: ObservationOverrides; step: string; says?: string; why: string }>([
    {
      name: 'one that starts for longer than its provisioning timeout',
      known: {
        gpuPod: gpuPod({ intent: intent(), spec: { provisioningTimeout: '2m' } }),
        inventory: inventory({
          beganAtMs: NOW_MS,
          live: [
            { ...running, status: 'PROVISIONING', createdAt: new Date(WALL_MS - 121_000).toISOString() },
          ],
        }),
      },
      step: 'writeStatus',
      why: 'it is adopted as a starting one, so that its timeout ends it',
    },
    {
      name: 'one that starts for longer than its provisioning timeout, beside an instance that one list lacks',
      known: {
        gpuPod: rentedGpuPod({ intent: intent(), spec: { provisioningTimeout: '2m' } }),
        inventory: inventory({
          beganAtMs: NOW_MS,
          live: [
            { ...running, status: 'PROVISIONING', createdAt: new Date(WALL_MS - 121_000).toISOString() },
          ],
        }),
      },
      step: '-',
      why: 'the one in the status may be in use',
    },
    {
      name: 'a ready one that is older than spec.maxLifetime',
      known: {
        gpuPod: gpuPod({ intent: intent(), spec: { maxLifetime: '8h' } }),
        inventory: inventory({
          beganAtMs: NOW_MS,
          live: [{ ...running, createdAt: new Date(WALL_MS - 8 * 3_600_000).toISOString() }],
        }),
      },
      step: 'rest',
      says: 'Stalled',
      why: 'the older spec would end it at once',
    },
    {
      name: 'a ready one that is almost as old as spec.maxLifetime',
      known: {
        gpuPod: gpuPod({ intent: intent(), spec: { maxLifetime: '8h' } }),
        inventory: inventory({
          beganAtMs: NOW_MS,
          live: [{ ...running, createdAt: new Date(WALL_MS - 7 * 3_600_000).toISOString() }],
        }),
      },
      step: 'writeStatus',
      why: 'its GpuPod warns before the end',
    },
    {
      name: 'a ready one that has cost all of spec.maxTotalCost',
      known: {
        gpuPod: gpuPod({ intent: intent(), spec: { maxTotalCost: 8 } }),
        inventory: inventory({
          beganAtMs: NOW_MS,
          live: [{ ...priced, createdAt: new Date(WALL_MS - 4 * 3_600_000).toISOString() }],
        }),
      },
      step: 'rest',
      says: 'Stalled',
      why: 'the older spec would end it at once, without notice',
    },
    {
      name: 'a ready one that has cost almost all of spec.maxTotalCost',
      known: {
        gpuPod: gpuPod({ intent: intent(), spec: { maxTotalCost: 8 } }),
        inventory: inventory({
          beganAtMs: NOW_MS,
          live: [{ ...priced, createdAt: new Date(WALL_MS - 4 * 3_600_000 + 1_000).toISOString() }],
        }),
      },
      step: 'writeStatus',
      why: 'its GpuPod warns before the end',
    },
    {
      name: 'one whose earlier attempts leave too little of spec.maxTotalCost',
      known: {
        gpuPod: gpuPod({ intent: intent(), spec: { maxTotalCost: 8 }, status: { attemptsCost: 4 } }),
        inventory: inventory({
          beganAtMs: NOW_MS,
          live: [{ ...priced, createdAt: new Date(WALL_MS - 2 * 3_600_000).toISOString() }],
        }),
      },
      step: 'rest',
      says: 'Stalled',
      why: 'the limit is on all attempts together',
    },
    {
      name: 'one that starts, and still has a second',
      known: {
        gpuPod: gpuPod({ intent: intent(), spec: { provisioningTimeout: '2m' } }),
        inventory: inventory({
          beganAtMs: NOW_MS,
          live: [
            { ...running, status: 'PROVISIONING', createdAt: new Date(WALL_MS - 119_000).toISOString() },
          ],
        }),
      },
      step: 'rest',
      says: 'Reconciling',
      why: 'it may become ready in time',
    },
    {
      name: 'one that starts, and nobody knows since when',
      known: {
        gpuPod: gpuPod({ intent: intent(), spec: { provisioningTimeout: '2m' } }),
        inventory: inventory({
          beganAtMs: NOW_MS,
          live: [{ ...running, status: 'PROVISIONING', createdAt: 'garbage' }],
        }),
      },
      step: 'rest',
      says: 'Reconciling',
      why: 'its time cannot be over',
    },
    {
      name: 'an active one without an endpoint, for longer than its provisioning timeout',
      known: {
        gpuPod: gpuPod({ intent: intent(), spec: { provisioningTimeout: '2m' } }),
        inventory: inventory({
          beganAtMs: NOW_MS,
          live: [
            {
              ...running,
              installationStatus: 'PENDING',
              createdAt: new Date(WALL_MS - 121_000).toISOString(),
            },
          ],
        }),
      },
      step: 'rest',
      says: 'Reconciling',
      why: 'somebody may have used it before',
    },
  ])('$name: $step, because $why', ({ known, step, says }) => {
    const next = adoptNewer(observed({ ...fresh, ...known }));
    expect(outline(next).step).toBe(step);
    const conditions = next?.kind === 'rest' ? (next.status.conditions ?? []) : [];
    const progress = conditions.filter(({ type }) => type === 'Stalled' || type === 'Reconciling');
    expect(progress.map(({ type }) => type)).toEqual(says === undefined ? [] : [says]);
  });
});
