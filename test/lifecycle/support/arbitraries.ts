import fc from 'fast-check';
import type { Arbitrary } from 'fast-check';
import type { GpuPodStatus } from '../../../src/api/gpupod/status.ts';
import type { Observation } from '../../../src/lifecycle/observation.ts';
import { gpuPod, rentedStatus } from '../../support/builders/gpu-pod.ts';
import { intent } from '../../support/builders/intent.ts';
import { NOW_MS, observed, aPendingCreate, anInstanceState } from '../../support/builders/observation.ts';
import { inventory, historyRow, aReadySnapshot, lastSeen } from '../../support/builders/snapshots.ts';
import { defined, fitting, parts } from './arbitrary-parts.ts';
import type { Parts } from './arbitrary-parts.ts';

const PART_NAMES = Object.keys(parts);

/** An observation without anything unusual. */
const UNDISTURBED: Parts = {
  object: {},
  localState: {},
  mayAdopt: false,
  massAbsence: false,
  account: { kind: 'fits', userId: 'user-1' },
  permit: { kind: 'granted' },
  offers: { kind: 'ok', offers: [fitting], beganAtMs: NOW_MS },
  lastSeen: undefined,
  inventory: undefined,
  providerFailure: undefined,
};

/** Any observation, likely or not, as the rules receive it. */
export const anything: Arbitrary<Observation> = fc.record(parts).map(toObservation);

/** A GpuPod that is about to rent, with up to three unusual facts. */
export const aboutToRent = nearly(UNDISTURBED, {});

/** A create request that was surely not sent, with up to three unusual facts. */
export const aboutToRentAgain = nearly(UNDISTURBED, {
  object: { intent: intent({ attempt: 2 }) },
  localState: {
    pendingCreate: aPendingCreate(
      { outcome: { kind: 'notSent', reason: 'Withheld', message: '' } },
      intent({ attempt: 2 }),
    ),
  },
});

/** A deleted GpuPod whose instance still runs, with up to three unusual facts. */
export const aboutToEnd = nearly(UNDISTURBED, {
  object: { isDeleting: true, intent: intent(), status: rentedStatus() },
  localState: { instance: anInstanceState(), deletingSinceMs: NOW_MS - 60_000 },
});

/** A deleted GpuPod whose instance has provably ended, with up to three unusual facts. */
export const aboutToGo = nearly(UNDISTURBED, {
  object: { isDeleting: true, intent: intent(), status: rentedStatus() },
  localState: {
    instance: anInstanceState({ deletedAtMs: NOW_MS - 30_000 }),
    deletingSinceMs: NOW_MS - 60_000,
  },
  inventory: { beganAtMs: NOW_MS - 500, live: [], ended: [historyRow()], teamsSeen: new Set() },
});

/** A ready instance with a limited lifetime whose status lost its times, as an older CRD drops them. */
export const aboutToRestore = nearly(UNDISTURBED, {
  object: {
    intent: intent(),
    spec: { maxLifetime: '1h' },
    status: withoutTimes(rentedStatus({ binding: { name: 'train-1-connection' } })),
  },
  localState: {
    instance: anInstanceState(),
    secret: { fingerprint: '', outcome: 'written', atMs: NOW_MS },
  },
  lastSeen: lastSeen(aReadySnapshot({ createdAt: '2026-11-23T09:10:00Z' }), { beganAtMs: NOW_MS }),
});

function withoutTimes({ createdAt: _createdAt, ...status }: GpuPodStatus): GpuPodStatus {
  return status;
}

function nearly(calm: Parts, state: Partial<Parts>): Arbitrary<Observation> {
  return fc.tuple(fc.record(parts), fc.subarray(PART_NAMES, { maxLength: 3 })).map(([odd, oddNames]) => {
    const kept = Object.entries(odd).filter(([name]) => oddNames.includes(name));
    return toObservation({ ...calm, ...state, ...Object.fromEntries(kept) });
  });
}

function toObservation({ object: overrides, inventory: list, ...rest }: Parts): Observation {
  return observed({
    ...defined(rest),
    gpuPod: gpuPod(overrides),
    ...(list === undefined ? {} : { inventory: inventory(list) }),
  });
}
