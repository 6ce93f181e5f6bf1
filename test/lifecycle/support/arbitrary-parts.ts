import fc from 'fast-check';
import type { Arbitrary } from 'fast-check';
import { ANNOTATIONS } from '../../../src/api/common/names.ts';
import type { Attempt, GpuPodStatus } from '../../../src/api/gpupod/status.ts';
import type { GpuPodSpecInput } from '../../../src/api/gpupod/spec.ts';
import type { Observation } from '../../../src/lifecycle/observation.ts';
import type { LocalState } from '../../../src/lifecycle/local-state.ts';
import type { CreateOutcome, InstanceSnapshot } from '../../../src/lifecycle/provider.ts';
import { POD_STATUSES } from '../../../src/simulator/world/enums.ts';
import { offer } from '../../offers/support/builders.ts';
import { condition } from '../../support/builders/conditions.ts';
import { POD_ID, rentedStatus } from '../../support/builders/gpu-pod.ts';
import type { GpuPodOverrides } from '../../support/builders/gpu-pod.ts';
import { intent, nameOfAttempt } from '../../support/builders/intent.ts';
import { NOW_MS, aPendingCreate, anInstanceState } from '../../support/builders/observation.ts';
import {
  failure,
  historyRow,
  aSnapshot,
  aReadySnapshot,
  refusal,
  lastSeen,
} from '../../support/builders/snapshots.ts';

export const fitting = offer({ images: ['ubuntu_22_cuda_12', 'flux'] });

/** Ages around every timing of the protocol. */
const AGES_MS = [
  0, 500, 5_000, 29_999, 30_000, 60_000, 90_001, 130_000, 299_999, 400_000, 700_000, 3_000_000,
];
const ago = fc.constantFrom(...AGES_MS).map((ms) => NOW_MS - ms);
const snapshot: Arbitrary<InstanceSnapshot> = fc
  .record({
    base: fc.constantFrom(aSnapshot, aReadySnapshot),
    podId: fc.constantFrom(POD_ID, POD_ID, 'pod-2'),
    name: fc.constantFrom(nameOfAttempt(1), nameOfAttempt(1).toUpperCase(), nameOfAttempt(2), 'My first GPU'),
    status: fc.constantFrom(...POD_STATUSES),
    price: fc.constantFrom(undefined, 1.9, 5),
  })
  .map(({ base, podId, name, status, price }) =>
    base({ podId, name, status, ...(price === undefined ? {} : { priceUsdPerHour: price }) }),
  );

const outcome: Arbitrary<CreateOutcome | undefined> = fc.oneof(
  fc.constant(undefined),
  fc.constant({ kind: 'unknown', message: 'reset' } as const),
  fc
    .constantFrom('Withheld', 'ApiUnavailable')
    .map((reason) => ({ kind: 'notSent', reason, message: '' }) as const),
  fc.constantFrom('NoCapacity', 'InvalidRequest', 'PaymentRequired').map((reason) => refusal({ reason })),
  snapshot.map((instance) => ({ kind: 'created', instance }) as const),
);

const localState: Arbitrary<Partial<LocalState>> = fc
  .record({
    firstSeenAtMs: ago,
    inFirstList: fc.boolean(),
    pendingCreate: fc.option(
      fc.record({
        outcome,
        endedAtMs: ago,
        absences: fc.nat(4),
        lastAbsenceAtMs: ago,
        attempt: fc.constantFrom(1, 1, 2),
      }),
      { nil: undefined },
    ),
    instance: fc.option(
      fc.record({
        sinceMs: ago,
        deletedAtMs: fc.option(ago, { nil: undefined }),
        missing: fc.nat(3),
        read: fc.option(
          fc.record({ beganAtMs: ago, result: fc.constantFrom('found', 'terminated', 'notFound', 'failed') }),
          { nil: undefined },
        ),
      }),
      { nil: undefined },
    ),
    duplicates: fc.constantFrom({}, { 'pod-2': 1 }),
    unbound: fc.constantFrom(undefined, undefined, { podId: POD_ID, podName: nameOfAttempt(1) }),
    blocked: fc.constantFrom(undefined, undefined, {
      reason: 'ReferenceNotFound',
      message: '',
      untilMs: NOW_MS + 5,
    } as const),
  })
  .map(({ pendingCreate, instance, unbound, blocked, ...rest }) => ({
    ...rest,
    ...defined({ unbound, blocked }),
    ...(pendingCreate === undefined ? {} : { pendingCreate: intentOf(pendingCreate) }),
    ...(instance === undefined ? {} : { instance: anInstanceState(defined(instance)) }),
  }));

function intentOf(parts: {
  readonly outcome: CreateOutcome | undefined;
  readonly endedAtMs: number;
  readonly absences: number;
  readonly lastAbsenceAtMs: number;
  readonly attempt: number;
}): NonNullable<LocalState['pendingCreate']> {
  const overrides = {
    requestEndedAtMs: parts.endedAtMs,
    firstSeenAtMs: parts.endedAtMs,
    absences: parts.absences,
    ...(parts.absences === 0 ? {} : { lastAbsenceAtMs: parts.lastAbsenceAtMs }),
    ...defined({ outcome: parts.outcome }),
  };
  return aPendingCreate(overrides, intent({ attempt: parts.attempt }));
}

const attempt: Arbitrary<Partial<Attempt>> = fc.constantFrom<Partial<Attempt>>(
  {},
  {},
  { ending: 'PodFailed' },
  { ending: 'Suspended' },
);

const status: Arbitrary<Partial<GpuPodStatus>> = fc.oneof(
  fc.constantFrom<Partial<GpuPodStatus>>(
    {},
    { observedGeneration: 1, failedAttempts: 3 },
    { observedGeneration: 0, searchStartedAt: '2026-11-23T09:00:00Z' },
    { observedGeneration: 1, attempts: [{ number: 1, podName: nameOfAttempt(1), outcome: 'Failed' }] },
    {
      observedGeneration: 1,
      conditions: [condition('Ready', 'Interrupted'), condition('Stalled', 'Interrupted')],
    },
  ),
  fc
    .tuple(attempt, fc.constantFrom({}, { readyAt: '2026-11-23T10:05:00Z' }))
    .map(([ending, more]) => rentedStatus(more, ending)),
);

const annotations = fc.constantFrom<Record<string, string>>(
  {},
  {},
  {},
  { [ANNOTATIONS.paused]: 'true' },
  { [ANNOTATIONS.forceRelease]: POD_ID },
  { [ANNOTATIONS.forceRelease]: 'pod-2' },
  { [ANNOTATIONS.confirmAbsent]: nameOfAttempt(1) },
  { [ANNOTATIONS.reconcileRequestedAt]: 'now' },
);

const spec = fc.constantFrom<Partial<GpuPodSpecInput>>(
  {},
  {},
  { suspend: true },
  { deletionPolicy: 'Retain' },
  { maxPrice: 1 },
  { teamId: 'team-1' },
  { image: 'flux' },
  { offerTimeout: '0s' },
  { maxLifetime: '1h', maxTotalCost: 1.5 },
);

const object: Arbitrary<GpuPodOverrides> = fc
  .record({
    status,
    annotations,
    spec,
    isDeleting: fc.boolean(),
    finalizers: fc.constantFrom(['gpupod.dev/rental'], ['gpupod.dev/rental'], []),
    intent: fc.constantFrom(
      undefined,
      intent(),
      intent(),
      intent({ attempt: 2 }),
      intent({ teamId: 'team-1' }),
      intent({ uid: 'old-uid' }),
      intent({ installation: 'zzz999' }),
      '{',
    ),
  })
  .map(({ intent: made, ...rest }) => ({ ...rest, ...defined({ intent: made }) }));

/** One arbitrary for each part of an observation; each part may be anything. */
/** The parts of an observation, each drawn by itself. */
export const parts = {
  object,
  localState,
  mayAdopt: fc.boolean(),
  massAbsence: fc.boolean(),
  account: fc.constantFrom<Observation['account']>(
    { kind: 'fits', userId: 'user-1' },
    { kind: 'fits', userId: 'user-1' },
    { kind: 'fits', userId: 'user-2' },
    { kind: 'fits' },
    { kind: 'unknown' },
    { kind: 'changed', message: 'm' },
  ),
  permit: fc.constantFrom<Observation['permit']>(
    { kind: 'granted' },
    { kind: 'held', reason: 'PaymentRequired', message: 'm', retryInMs: 5 },
  ),
  offers: fc.constantFrom<Observation['offers']>(
    undefined,
    { kind: 'ok', offers: [fitting], beganAtMs: NOW_MS },
    { kind: 'ok', offers: [], beganAtMs: NOW_MS },
    failure(),
  ),
  lastSeen: fc.option(
    fc
      .tuple(snapshot, ago, fc.boolean())
      .map(([seen, beganAtMs, omitted]) => lastSeen(seen, { beganAtMs, omitted })),
    { nil: undefined },
  ),
  inventory: fc.option(
    fc.record({
      beganAtMs: ago,
      live: fc.uniqueArray(snapshot, { maxLength: 2, selector: ({ podId }) => podId }),
      ended: fc.constantFrom([], [historyRow()], [historyRow({ podId: 'pod-2', name: nameOfAttempt(2) })]),
      teamsSeen: fc.constantFrom(new Set<string>(), new Set(['team-1'])),
    }),
    { nil: undefined },
  ),
  providerFailure: fc.constantFrom(undefined, failure()),
} as const;

export type Parts = {
  readonly [K in keyof typeof parts]: (typeof parts)[K] extends Arbitrary<infer T> ? T : never;
};

/** Drops keys with the value undefined. */
export function defined<T extends object>(values: T): { [K in keyof T]: Exclude<T[K], undefined> };
export function defined(values: object): object {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
