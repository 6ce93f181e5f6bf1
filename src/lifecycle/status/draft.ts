import { CONDITION_TYPES, statusOfReason, truncateMessage } from '../../api/conditions.ts';
import type { ConditionClaim, ConditionType, Reason } from '../../api/conditions.ts';
import type { Condition, GpuPodStatus } from '../../api/status.ts';
import type { Observation } from '../observation.ts';
import { plainText } from '../../api/plain-text.ts';
import { newerInstances, newerMessage } from '../surplus.ts';
import { accrue } from './accrual.ts';
import { phaseOf } from './phase.ts';
import { timestamp } from './timestamp.ts';

/** A reason and its sentence, for one condition type. */
export type Claim<T extends ConditionType> = readonly [reason: Reason<T>, message: string];

/**
 * What a rule says of the object. `Synced` is a success unless claimed otherwise; `OfferSelected` and
 * `Provisioned` stay as they were; `Reconciling` and `Stalled` are present only where claimed.
 */
export interface Claims {
  readonly Ready: Claim<'Ready'>;
  readonly Synced?: Claim<'Synced'>;
  readonly OfferSelected?: Claim<'OfferSelected'>;
  readonly Provisioned?: Claim<'Provisioned'>;
  readonly progress?:
    | { readonly type: 'Reconciling'; readonly claim: Claim<'Reconciling'> }
    | { readonly type: 'Stalled'; readonly claim: Claim<'Stalled'> };
}

/** Facts to set; a key whose value is undefined is removed. */
export type Facts = {
  readonly [K in Exclude<keyof GpuPodStatus, 'observedGeneration' | 'conditions' | 'phase'>]?:
    GpuPodStatus[K] | undefined;
};

/** The status that follows from the one that stands, what a rule claims, and new facts. */
export function draftStatus(observation: Observation, claims: Claims, facts: Facts = {}): GpuPodStatus {
  const { gpuPod, now } = observation;
  const conditions = mergeConditions(observation, claimList(observation, claims));
  const status: GpuPodStatus = {
    ...gpuPod.status,
    ...facts,
    observedGeneration: gpuPod.metadata.generation,
    phase: phaseOf(conditions),
    conditions,
  };
  return accrue(shown(withoutUndefined(status)), now.wallMs);
}

function claimList(observation: Observation, claims: Claims): readonly ConditionClaim[] {
  const { status } = observation.gpuPod;
  const [readyReason, readyMessage] = claims.Ready;
  const [syncedReason, syncedMessage] = claims.Synced ?? syncedByDefault(observation);
  const list: ConditionClaim[] = [
    { type: 'Ready', reason: readyReason, message: readyMessage },
    { type: 'Synced', reason: syncedReason, message: syncedMessage },
  ];
  const offerSelected =
    claims.OfferSelected ?? firstClaim(status, 'OfferSelected', ['NotLooked', 'No offer was chosen yet.']);
  const provisioned =
    claims.Provisioned ?? firstClaim(status, 'Provisioned', ['NotCreated', 'Nothing is rented.']);
  if (offerSelected !== undefined) {
    list.push({ type: 'OfferSelected', reason: offerSelected[0], message: offerSelected[1] });
  }
  if (provisioned !== undefined) {
    list.push({ type: 'Provisioned', reason: provisioned[0], message: provisioned[1] });
  }
  if (claims.progress?.type === 'Reconciling') {
    list.push({ type: 'Reconciling', reason: claims.progress.claim[0], message: claims.progress.claim[1] });
  }
  if (claims.progress?.type === 'Stalled') {
    list.push({ type: 'Stalled', reason: claims.progress.claim[0], message: claims.progress.claim[1] });
  }
  return list;
}

/** What is said while the CRD drops fields that protect money. */
export function droppedMessage({ droppedFields = [] }: Observation): string | undefined {
  return droppedFields.length === 0
    ? undefined
    : `The installed CRD drops ${droppedFields.map((field) => `status.${field}`).join(', ')}. The operator rents nothing new. Apply the CRD of this version and restart the operator.`;
}

/** What cannot be read concerns those that rent nothing; one whose pod is seen all the same is well. */
function syncedByDefault(observation: Observation): Claim<'Synced'> {
  const { gpuPod, providerFailure, podFailure, policy } = observation;
  const dropped = droppedMessage(observation);
  if (dropped !== undefined) {
    return ['CrdOutdated', dropped];
  }
  const failure = gpuPod.status.podId === undefined ? providerFailure : podFailure;
  const isRetainIgnored = gpuPod.spec.deletionPolicy === 'Retain' && !policy.allowRetain;
  if (failure !== undefined) {
    return [failure.reason, failure.message];
  }
  const newer = newerInstances(observation);
  if (newer.length > 0) {
    return ['NewerInstance', newerMessage(observation, newer)];
  }
  return isRetainIgnored && gpuPod.status.podId !== undefined
    ? ['NotAllowed', RETAIN_IGNORED]
    : ['ReconcileSuccess', 'Reconciled.'];
}

const RETAIN_IGNORED =
  'spec.deletionPolicy Retain is forbidden by this operator (--allow-retain=false): deleting this GpuPod terminates its instance.';

/** A claim for a condition that does not stand yet; one that stands is kept by `mergeConditions`. */
function firstClaim<T extends ConditionType>(
  status: GpuPodStatus,
  type: T,
  claim: Claim<T>,
): Claim<T> | undefined {
  return findCondition(status, type) === undefined ? claim : undefined;
}

function mergeConditions(observation: Observation, claims: readonly ConditionClaim[]): Condition[] {
  const { gpuPod, now } = observation;
  const merged: Condition[] = [];
  for (const type of CONDITION_TYPES) {
    const standing = findCondition(gpuPod.status, type);
    const claim = claims.find((candidate) => candidate.type === type);
    if (claim === undefined) {
      const isLasting = type === 'OfferSelected' || type === 'Provisioned';
      if (isLasting && standing !== undefined) {
        merged.push({ ...standing, observedGeneration: gpuPod.metadata.generation });
      }
      continue;
    }
    const status = statusOfReason(claim);
    merged.push({
      type,
      status,
      observedGeneration: gpuPod.metadata.generation,
      lastTransitionTime: standing?.status === status ? standing.lastTransitionTime : timestamp(now.wallMs),
      reason: claim.reason,
      message: truncateMessage(claim.message),
    });
  }
  return merged;
}

/** Whatever was read and is written on: people look at it in a terminal, and the API server holds no half characters. */
function shown(value: GpuPodStatus): GpuPodStatus;
function shown(value: unknown): unknown;
function shown(value: unknown): unknown {
  if (typeof value === 'string') {
    return plainText(value);
  }
  if (Array.isArray(value)) {
    return value.map(shown);
  }
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shown(inner)]))
    : value;
}

export function findCondition(status: GpuPodStatus, type: ConditionType): Condition | undefined {
  return (status.conditions ?? []).find((condition) => condition.type === type);
}

function withoutUndefined(status: GpuPodStatus): GpuPodStatus {
  const copy: GpuPodStatus = { ...status };
  for (const [key, value] of Object.entries(copy)) {
    if (value === undefined) {
      Reflect.deleteProperty(copy, key);
    }
  }
  return copy;
}
