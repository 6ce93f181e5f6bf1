import { describe, expect, it } from '@jest/globals';
import { finishDeletion } from '../../../src/lifecycle/rules/deletion.ts';
import { POD_ID, rentedGpuPod } from '../../support/builders/gpu-pod.ts';
import { intent, nameOfAttempt } from '../../support/builders/intent.ts';
import { NOW_MS, observed, anInstanceState } from '../../support/builders/observation.ts';
import type { ObservationOverrides } from '../../support/builders/observation.ts';
import { inventory, aSnapshot, lastSeen } from '../../support/builders/snapshots.ts';
import { effectOf, outline } from '../support/outline.ts';
import type { Outline } from '../support/outline.ts';

interface Row {
  readonly name: string;
  readonly known: ObservationOverrides;
  readonly expected: Outline;
  readonly why: string;
}

const OTHERS = intent({ uid: 'uid-2' }).name;
const ofAnother = { of: () => undefined, ofIntent: () => undefined, isProvenElsewhere: () => true };
const DELETED_AT_MS = NOW_MS - 10_000;
const deleting = { isDeleting: true } as const;
const RETAIN = { ...deleting, spec: { deletionPolicy: 'Retain' } } as const;
const unpriced = rentedGpuPod(RETAIN);
const retained = rentedGpuPod({
  ...RETAIN,
  status: { cost: { pricePerHour: 1.9, maxPrice: 1.9, billedPerHour: 1.9 } },
});
const localState = { instance: anInstanceState(), deletingSinceMs: DELETED_AT_MS };
const HOUR_MS = 3_600_000;
const TERMINATED = { beganAtMs: NOW_MS - 1_000, result: 'terminated' } as const;
/** A GET of a second ago found the instance. */
const FOUND = { beganAtMs: NOW_MS - 1_000, result: 'found' } as const;
const waiting = { ...localState, instance: anInstanceState({ read: FOUND }) };
const list = inventory({ beganAtMs: DELETED_AT_MS, live: [aSnapshot()] });

describe('finishDeletion with Retain', () => {
  it.each<Row>([
    {
      name: 'a rented instance, policy Retain',
      known: { gpuPod: retained },
      expected: { step: 'release' },
      why: 'it keeps running',
    },
    {
      name: 'an instance that another GpuPod has rented, policy Retain',
      known: {
        gpuPod: retained,
        inventory: inventory({ beganAtMs: DELETED_AT_MS, live: [aSnapshot({ name: OTHERS })] }),
        proofs: ofAnother,
        timings: { quietFailureMs: 0 },
      },
      expected: { step: 'rest', Synced: 'UnexpectedResponse' },
      why: 'the status was partly restored, or forged',
    },
    {
      name: 'a renamed instance, policy Retain',
      known: {
        gpuPod: retained,
        inventory: inventory({ beganAtMs: DELETED_AT_MS, live: [aSnapshot({ name: 'mine' })] }),
      },
      expected: { step: 'release' },
      why: 'it keeps running as it is',
    },
    {
      name: 'a rented instance, policy Retain, and no list since the deletion',
      known: {
        gpuPod: retained,
        inventory: inventory({ beganAtMs: DELETED_AT_MS - 1, live: [aSnapshot()] }),
      },
      expected: { step: 'rest', Ready: 'Deleting' },
      why: 'another instance of it may bill',
    },
    {
      name: 'a rented instance, policy Retain, and a list with another one of this GpuPod',
      known: {
        gpuPod: retained,
        inventory: inventory({
          beganAtMs: DELETED_AT_MS,
          live: [aSnapshot(), aSnapshot({ podId: 'pod-2' })],
        }),
      },
      expected: { step: 'rest', Ready: 'Deleting' },
      why: 'only one is retained, and nobody would terminate the other',
    },
    {
      name: 'a rented instance, policy Retain, no finalizer of ours',
      known: {
        gpuPod: rentedGpuPod({
          ...deleting,
          finalizers: ['example.com/other'],
          spec: { deletionPolicy: 'Retain' },
        }),
      },
      expected: { step: 'writeStatus', Ready: 'Released' },
      why: 'it is released, and nobody writes its status afterwards',
    },
    {
      name: 'a rented instance, policy Retain, of a GpuPod that was just suspended',
      known: { gpuPod: rentedGpuPod({ ...deleting, spec: { deletionPolicy: 'Retain', suspend: true } }) },
      expected: { step: 'deletePod' },
      why: 'it is to be terminated, and the time of the deletion must not decide that',
    },
    {
      name: 'an instance that was never ready and bills above its cap, policy Retain',
      known: {
        gpuPod: rentedGpuPod({
          ...deleting,
          spec: { deletionPolicy: 'Retain', maxPrice: 1.9 },
          status: { cost: { pricePerHour: 1.9, maxPrice: 1.9, billedPerHour: 1.91 } },
        }),
      },
      expected: { step: 'writeStatus' },
      why: 'the operator never keeps an instance above the cap',
    },
    {
      name: 'an instance that was ready and bills above its cap, policy Retain',
      known: {
        gpuPod: rentedGpuPod({
          ...deleting,
          spec: { deletionPolicy: 'Retain', maxPrice: 1.9 },
          status: {
            readyAt: '2026-11-23T10:05:00Z',
            cost: { pricePerHour: 1.9, maxPrice: 1.9, billedPerHour: 1.91 },
          },
        }),
      },
      expected: { step: 'release' },
      why: 'the work on it is worth more',
    },
    {
      name: 'an instance that was never ready and whose price nobody has stated, policy Retain',
      known: { gpuPod: unpriced, localState: waiting },
      expected: { step: 'rest', Ready: 'Deleting' },
      why: 'it may bill above the cap of its create request',
    },
    {
      name: 'the same under a ceiling of the operator alone, policy Retain',
      known: {
        gpuPod: rentedGpuPod(RETAIN),
        intent: { kind: 'none' },
        localState: waiting,
        policy: { maxPriceCeiling: 3_000_000 },
      },
      expected: { step: 'rest', Ready: 'Deleting' },
      why: 'it may bill above the ceiling',
    },
    {
      name: 'the same without any cap, policy Retain',
      known: {
        gpuPod: rentedGpuPod(RETAIN),
        intent: { kind: 'none' },
        localState: waiting,
      },
      expected: { step: 'release' },
      why: 'no price is too high',
    },
    {
      name: 'an instance without a price that was ready, policy Retain',
      known: {
        gpuPod: rentedGpuPod({ ...RETAIN, status: { readyAt: '2026-11-23T10:05:00Z' } }),
        localState: waiting,
      },
      expected: { step: 'release' },
      why: 'the work on it is worth more',
    },
    {
      name: 'an instance without a price that has ended, policy Retain',
      known: {
        gpuPod: unpriced,
        localState: { ...waiting, instance: anInstanceState({ read: TERMINATED }) },
      },
      expected: { step: 'release' },
      why: 'it bills nothing any more',
    },
    {
      name: 'an instance without a price that a snapshot after provisioningTimeout still shows, policy Retain',
      known: {
        gpuPod: unpriced,
        localState: { ...waiting, instance: anInstanceState({ sinceMs: NOW_MS - HOUR_MS }) },
        lastSeen: lastSeen(aSnapshot(), { beganAtMs: NOW_MS }),
      },
      expected: { step: 'writeStatus', Ready: 'Terminating' },
      why: 'it had its time to become ready',
    },
    {
      name: 'an instance without a price that no snapshot after provisioningTimeout shows, policy Retain',
      known: {
        gpuPod: unpriced,
        localState: { ...waiting, instance: anInstanceState({ sinceMs: NOW_MS - HOUR_MS, read: FOUND }) },
      },
      expected: { step: 'rest', Ready: 'Deleting' },
      why: 'the provider may be away',
    },
    {
      name: 'an instance whose termination has begun, policy Retain',
      known: {
        gpuPod: rentedGpuPod(
          { ...deleting, spec: { deletionPolicy: 'Retain' } },
          { ending: 'AboveMaxPrice' },
        ),
      },
      expected: { step: 'deletePod' },
      why: 'a termination that was begun is finished',
    },
  ])('$name: $expected.step, because $why', ({ known, expected }) => {
    expect(outline(finishDeletion(observed({ localState, inventory: list, ...known })))).toMatchObject(
      expected,
    );
  });

  it('names the retained instance for the sweep', () => {
    expect(effectOf(finishDeletion(observed({ gpuPod: retained, localState, inventory: list })))).toEqual({
      type: 'release',
      retain: [{ podId: POD_ID, podName: nameOfAttempt(1) }],
    });
  });
});
