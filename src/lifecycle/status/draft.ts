import { CONDITION_TYPES, statusOfReason, truncateMessage } from '../../api/gpupod/conditions.ts';
import type { TypedDraft, ConditionType, Reason } from '../../api/gpupod/conditions.ts';
import type { Condition, GpuPodStatus } from '../../api/gpupod/status.ts';
import { limitOf } from '../account-rules.ts';
import type { Observation } from '../observation.ts';
import { plainText } from '../../api/common/plain-text.ts';
import { newerMessage } from '../rules/newer-message.ts';
import { newerInstances } from '../instance-relation.ts';
import { withWayOut } from '../way-out.ts';
import { accrue } from './accrual.ts';
import { currentAttempt, keptAttemptsCost } from './attempts.ts';
import { expiringParts } from './expiring.ts';
import { phaseOf } from './phase.ts';
import { reachableDraft } from './reachable.ts';
import { withDisplayedPrice } from './price.ts';
import { timestamp } from './timestamp.ts';

/** A reason and its message, for one condition type. */
export type ConditionDraft<T extends ConditionType> = readonly [reason: Reason<T>, message: string];

/**
 * The conditions that a rule sets. Without a draft, `Synced` reports success, `OfferSelected` and `Provisioned` stay
 * as they are, and `Reconciling` and `Stalled` are removed.
 */
export interface ConditionDrafts {
  readonly Ready: ConditionDraft<'Ready'>;
  readonly Synced?: ConditionDraft<'Synced'>;
  readonly OfferSelected?: ConditionDraft<'OfferSelected'>;
  readonly Provisioned?: ConditionDraft<'Provisioned'>;
  readonly progress?:
    | { readonly type: 'Reconciling'; readonly draft: ConditionDraft<'Reconciling'> }
    | { readonly type: 'Stalled'; readonly draft: ConditionDraft<'Stalled'> };
}

/** Status fields to set; a value of undefined removes the field. */
export type Facts = {
  readonly [K in Exclude<keyof GpuPodStatus, 'observedGeneration' | 'conditions' | 'phase'>]?:
    GpuPodStatus[K] | undefined;
};

/** Combines the current status, the conditions of a rule and new facts into the next status. */
export function draftStatus(
  observation: Observation,
  drafts: ConditionDrafts,
  facts: Facts = {},
): GpuPodStatus {
  const { gpuPod, now } = observation;
  const next: GpuPodStatus = {
    ...gpuPod.status,
    ...facts,
    ...(facts.attemptsCost === undefined ? keptAttemptsCost(gpuPod.status) : {}),
  };
  const { draft, expiresAt } = expiringParts(observation, next);
  const more = [draft, reachableDraft(observation, next)].filter((one) => one !== undefined);
  const conditions = mergeConditions(observation, [...draftList(observation, drafts), ...more]);
  const status: GpuPodStatus = {
    ...next,
    expiresAt: isExpiryRecorded(observation, next, drafts) ? gpuPod.status.expiresAt : expiresAt,
    observedGeneration: gpuPod.metadata.generation,
    phase: phaseOf(conditions),
    conditions,
  };
  return accrue(withDisplayedPrice(withPlainText(withoutUndefined(status))), now.wallMs);
}

/** Once a termination is recorded, the deadline stays: it shows whether a person has raised the limit since. */
function isExpiryRecorded(
  { gpuPod }: Observation,
  { podId }: GpuPodStatus,
  { progress }: ConditionDrafts,
): boolean {
  const isEnding = podId !== undefined && currentAttempt(gpuPod.status)?.ending !== undefined;
  return isEnding || (progress?.type === 'Stalled' && isOfLimit(progress.draft[0]));
}

function isOfLimit(reason: Reason<'Stalled'>): boolean {
  return reason === 'Expired' || reason === 'CostLimitReached';
}

function draftList(observation: Observation, drafts: ConditionDrafts): readonly TypedDraft[] {
  const { status } = observation.gpuPod;
  const [readyReason, readyMessage] = drafts.Ready;
  const [syncedReason, syncedMessage] = drafts.Synced ?? syncedByDefault(observation);
  const list: TypedDraft[] = [
    { type: 'Ready', reason: readyReason, message: readyMessage },
    { type: 'Synced', reason: syncedReason, message: syncedMessage },
  ];
  const offerSelected =
    drafts.OfferSelected ?? firstDraft(status, 'OfferSelected', ['NotEvaluated', 'No offer was chosen yet.']);
  const provisioned =
    drafts.Provisioned ?? firstDraft(status, 'Provisioned', ['NotCreated', 'Nothing is rented.']);
  if (offerSelected !== undefined) {
    list.push({ type: 'OfferSelected', reason: offerSelected[0], message: offerSelected[1] });
  }
  if (provisioned !== undefined) {
    list.push({ type: 'Provisioned', reason: provisioned[0], message: provisioned[1] });
  }
  if (drafts.progress?.type === 'Reconciling') {
    list.push({ type: 'Reconciling', reason: drafts.progress.draft[0], message: drafts.progress.draft[1] });
  }
  if (drafts.progress?.type === 'Stalled') {
    list.push({ type: 'Stalled', reason: drafts.progress.draft[0], message: drafts.progress.draft[1] });
  }
  return list;
}

/**
 * A failure to read the provider concerns GpuPods without an instance; with one, only a failure to read that instance
 * counts.
 */
function syncedByDefault(observation: Observation): ConditionDraft<'Synced'> {
  const { gpuPod, providerFailure, instanceFailure, policy, crdProblem } = observation;
  if (crdProblem !== undefined) {
    return ['CrdOutdated', crdProblem];
  }
  const failure = gpuPod.status.podId === undefined ? providerFailure : instanceFailure;
  const isRetainIgnored = gpuPod.spec.deletionPolicy === 'Retain' && !policy.allowRetain;
  if (failure !== undefined) {
    return [failure.reason, withWayOut(failure)];
  }
  const newer = newerInstances(observation);
  if (newer.length > 0) {
    return ['NewerInstance', newerMessage(observation, newer)];
  }
  return isRetainIgnored && gpuPod.status.podId !== undefined
    ? ['NotAllowed', retainIgnored(policy)]
    : ['ReconcileSuccess', 'Reconciled.'];
}

function retainIgnored({ account }: Observation['policy']): string {
  const who =
    account?.limits.allowRetain === false
      ? limitOf(account, 'allowRetain')
      : 'this operator (--allow-retain=false)';
  return `spec.deletionPolicy Retain is forbidden by ${who}: deleting this GpuPod terminates its instance.`;
}

/** A draft for a condition that does not exist yet; `mergeConditions` keeps an existing one. */
function firstDraft<T extends ConditionType>(
  status: GpuPodStatus,
  type: T,
  draft: ConditionDraft<T>,
): ConditionDraft<T> | undefined {
  return findCondition(status, type) === undefined ? draft : undefined;
}

function mergeConditions(observation: Observation, drafts: readonly TypedDraft[]): Condition[] {
  const { gpuPod, now } = observation;
  const merged: Condition[] = [];
  for (const type of CONDITION_TYPES) {
    const current = findCondition(gpuPod.status, type);
    const draft = drafts.find((candidate) => candidate.type === type);
    if (draft === undefined) {
      const isLasting = type === 'OfferSelected' || type === 'Provisioned';
      if (isLasting && current !== undefined) {
        merged.push({ ...current, observedGeneration: gpuPod.metadata.generation });
      }
      continue;
    }
    const status = statusOfReason(draft);
    merged.push({
      type,
      status,
      observedGeneration: gpuPod.metadata.generation,
      lastTransitionTime: current?.status === status ? current.lastTransitionTime : timestamp(now.wallMs),
      reason: draft.reason,
      message: truncateMessage(draft.message),
    });
  }
  return merged;
}

/** Replaces what a terminal would obey or the API server would reject, in every text of the status. */
function withPlainText(value: GpuPodStatus): GpuPodStatus;
function withPlainText(value: unknown): unknown;
function withPlainText(value: unknown): unknown {
  if (typeof value === 'string') {
    return plainText(value);
  }
  if (Array.isArray(value)) {
    return value.map(withPlainText);
  }
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withPlainText(inner)]))
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
