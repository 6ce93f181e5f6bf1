import { hasFinalizer, isDeleting } from '../../api/gpupod/gpu-pod.ts';
import { ANNOTATIONS } from '../../api/common/names.ts';
import type { Observation } from '../observation.ts';
import { openIntentOf } from '../open-intent.ts';
import { isSameAttempt } from '../pod-name.ts';
import { currentAttempt } from '../status/attempts.ts';
import { ownInstances, newerInstances, retainsInstances } from '../instance-relation.ts';
import { draftStatus } from '../status/draft.ts';
import type { ConditionDrafts } from '../status/draft.ts';
import type { InstanceLeft, Rest, Step } from '../step.ts';
import { awaitPriceToRetain } from './await-price.ts';
import { awaitedFormer, formerDrafts } from './former-accounts.ts';
import { checkAsRequested } from './as-requested.ts';
import { endExpired } from './expire.ts';
import { terminateInstance } from './terminate.ts';
import { ownership, restoreId } from './identity.ts';
import { listDoubt } from './list-doubt.ts';
import { checkPrice } from './price-check.ts';
import { deferStatus } from './defer-status.ts';
import { closeUnheld, release } from './release.ts';

/**
 * Releases a deleted GpuPod without proof that its instance ended. A person must name the exact instance ID, or the
 * exact instance name while the create intent is unresolved.
 */
export function forceRelease(observation: Observation): Step | undefined {
  const { gpuPod } = observation;
  const named = gpuPod.metadata.annotations[ANNOTATIONS.forceRelease];
  if (!isDeleting(gpuPod) || wasReleased(observation) || named === undefined) {
    return undefined;
  }
  return isNamed(observation, named) ? release(observation, { isForced: true }) : undefined;
}

function isNamed(observation: Observation, named: string): boolean {
  const { gpuPod, proofs, intent } = observation;
  const { podId } = gpuPod.status;
  if (podId === undefined) {
    const openIntent = openIntentOf(observation);
    return (
      (openIntent.kind === 'open' || openIntent.kind === 'foreign') &&
      isSameAttempt(openIntent.intent.name, named)
    );
  }
  // If another GpuPod owns the instance in the status, only the create intent says what this one may have rented.
  return proofs.isProvenElsewhere(podId) && intent.kind === 'read'
    ? isSameAttempt(intent.intent.name, named)
    : named === podId;
}

/** Puts a stripped finalizer back on a GpuPod that has an instance or may get one, so that it cannot vanish unseen. */
export function restoreFinalizer(observation: Observation): Step | undefined {
  const { gpuPod } = observation;
  const isPaidFor =
    gpuPod.status.podId !== undefined ||
    openIntentOf(observation).kind === 'open' ||
    newerInstances(observation).length > 0;
  return isPaidFor && !hasFinalizer(gpuPod) && !isDeleting(gpuPod)
    ? { kind: 'act', effect: { type: 'addFinalizer' } }
    : undefined;
}

/**
 * Keeps a deleted GpuPod until its instance has ended and complete lists that began after the last DELETE show no other
 * one: that of the account that acts, and those of the accounts that acted before. With `Retain` the instance keeps
 * running and is added to the list of retained instances; all others terminate.
 */
export function finishDeletion(observation: Observation): Step | undefined {
  const { gpuPod } = observation;
  if (!isDeleting(gpuPod)) {
    return undefined;
  }
  const { podId, podName = '' } = gpuPod.status;
  const restored = restoreId(observation);
  if (restored !== undefined) {
    return restored;
  }
  if (podId !== undefined && shouldRetain(observation) && !isOfAnother(observation, podId)) {
    const retain = [{ podId, podName }, ...newerOnes(observation)];
    return wasReleased(observation)
      ? closeUnheld(observation, { retain })
      : retainInstance(observation, retain);
  }
  const ending =
    podId === undefined ? undefined : terminateInstance(observation, 'the GpuPod is being deleted');
  return ending ?? confirmNothingElse(observation, newerOnes(observation));
}

/** The status names another GpuPod's instance, which this one cannot retain. `terminateInstance` does not touch it. */
function isOfAnother(observation: Observation, podId: string): boolean {
  const { instance } = observation.localState;
  const isForeign = instance !== undefined && ownership(observation, instance) === 'foreign';
  return isForeign && observation.proofs.isProvenElsewhere(podId);
}

/** Newer instances that a deletion with `Retain` keeps. Without `Retain` they count as duplicates. */
function newerOnes(observation: Observation): readonly InstanceLeft[] {
  const own = ownInstances(observation);
  return newerInstances(observation)
    .filter((instance) => own.includes(instance))
    .map(({ podId, name = '' }) => ({ podId, podName: name }));
}

function retainInstance(observation: Observation, instances: readonly InstanceLeft[]): Step {
  const snapshot = observation.lastSeen?.snapshot;
  return (
    checkPrice(observation, snapshot) ??
    checkAsRequested(observation, snapshot) ??
    endExpired(observation) ??
    awaitPriceToRetain(observation) ??
    confirmNothingElse(observation, instances)
  );
}

/** An instance whose termination has begun is not retained: the time of the deletion must not decide that. */
function shouldRetain({ gpuPod, policy }: Observation): boolean {
  const isTerminating = currentAttempt(gpuPod.status)?.ending !== undefined;
  return retainsInstances(gpuPod, policy) && !isTerminating;
}

/** Releases the GpuPod once a complete list shows no other instance of it than the retained ones. */
function confirmNothingElse(observation: Observation, retain: readonly InstanceLeft[]): Step {
  const { inventory, localState, now, timings } = observation;
  if (wasReleased(observation)) {
    return closeUnheld(observation, {});
  }
  const sinceMs = localState.instance?.deletedAtMs ?? localState.deletingSinceMs ?? now.monotonicMs;
  if (inventory === undefined || inventory.beganAtMs < sinceMs) {
    return reportLastCheck(observation, retain, sinceMs);
  }
  const former = awaitedFormer(observation, sinceMs);
  if (former !== undefined) {
    return reportLastCheck(observation, retain, former.atMs, formerDrafts(former.account));
  }
  const left = new Set(retain.map(({ podId }) => podId));
  return ownInstances(observation).every(({ podId }) => left.has(podId))
    ? release(observation, retain.length === 0 ? {} : { retain })
    : reportLastCheck(observation, retain, inventory.beganAtMs + timings.busyPollMs);
}

function reportLastCheck(
  observation: Observation,
  retain: readonly InstanceLeft[],
  wantsInventoryAfterMs: number,
  drafts: Partial<ConditionDrafts> = {},
): Step {
  const ids = retain.map(({ podId }) => podId).join(', ');
  const others = ids === '' ? '' : `, other than the retained ${ids},`;
  const { localState, now } = observation;
  const rest: Rest = {
    kind: 'rest',
    status: draftStatus(observation, {
      Ready: ['Deleting', `Checking that no instance of this GpuPod${others} is still running.`],
      progress: {
        type: 'Reconciling',
        draft: ['Progressing', 'Waiting for a list of all instances.'],
      },
      ...listDoubt(observation),
      ...drafts,
    }),
    wantsInventoryAfterMs,
  };
  return deferStatus(
    observation,
    rest,
    localState.instance?.deletedAtMs ?? localState.deletingSinceMs ?? now.monotonicMs,
  );
}

function wasReleased({ gpuPod, localState }: Observation): boolean {
  return localState.isReleased === true || !hasFinalizer(gpuPod);
}
