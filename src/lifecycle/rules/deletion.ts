import { hasFinalizer, isDeleting } from '../../api/gpu-pod.ts';
import { ANNOTATIONS } from '../../api/names.ts';
import type { Observation } from '../observation.ts';
import { openIntentOf } from '../open-intent.ts';
import { isSameAttempt } from '../pod-name.ts';
import { currentAttempt } from '../status/attempts.ts';
import { ownInstances, newerInstances, retainsInstances } from '../surplus.ts';
import { draftStatus } from '../status/draft.ts';
import type { InstanceLeft, Rest, Step } from '../step.ts';
import { checkAsRequested } from './as-requested.ts';
import { terminateInstance } from './terminate.ts';
import { ownership } from './identity.ts';
import { listDoubt } from './list-doubt.ts';
import { checkPrice } from './price-check.ts';
import { quietly } from './quietly.ts';
import { closeUnheld, release } from './release.ts';

/**
 * A person named the exact pod (or, while the order is unresolved, the exact pod name): the object goes
 * without a proof that the rental ended. It stands before all rules that wait for the provider.
 */
export function forceRelease(observation: Observation): Step | undefined {
  const { gpuPod } = observation;
  const named = gpuPod.metadata.annotations[ANNOTATIONS.forceRelease];
  if (!isDeleting(gpuPod) || isLetGo(observation) || named === undefined) {
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
  // A status that names what another GpuPod has rented says nothing of what this one has: its intent does.
  return proofs.isProvenElsewhere(podId) && intent.kind === 'read'
    ? isSameAttempt(intent.intent.name, named)
    : named === podId;
}

/** A living object that pays for something must not vanish unseen: a finalizer that was stripped is put back. */
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
 * The object stays until the rental was seen to have ended: the pod is gone, and a complete list that began
 * after the last DELETE shows no live pod of this object. With `Retain` the pod is left running and entered
 * into the retained list instead; any other is ended all the same.
 */
export function finishDeletion(observation: Observation): Step | undefined {
  const { gpuPod } = observation;
  if (!isDeleting(gpuPod)) {
    return undefined;
  }
  const { podId, podName = '' } = gpuPod.status;
  if (podId !== undefined && isToBeRetained(observation) && !isOfAnother(observation, podId)) {
    const retain = [{ podId, podName }, ...newerOnes(observation)];
    return isLetGo(observation) ? closeUnheld(observation, { retain }) : retainInstance(observation, retain);
  }
  const ending =
    podId === undefined ? undefined : terminateInstance(observation, 'the GpuPod is being deleted');
  return ending ?? confirmNothingElse(observation, newerOnes(observation));
}

/** The status names what another GpuPod has rented, which is not this one's to retain: `endRental` leaves it alone. */
function isOfAnother(observation: Observation, podId: string): boolean {
  const { instance } = observation.localState;
  const isStranger = instance !== undefined && ownership(observation, instance) === 'stranger';
  return isStranger && observation.proofs.isProvenElsewhere(podId);
}

/** Of later attempts than the object knows, where what runs is to be kept: there are none where it is not. */
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
    confirmNothingElse(observation, instances)
  );
}

/** Not what was to be ended anyway: whether that had begun when the GpuPod was deleted is chance. */
function isToBeRetained({ gpuPod, policy }: Observation): boolean {
  const isBeingEnded = currentAttempt(gpuPod.status)?.ending !== undefined;
  return retainsInstances(gpuPod, policy) && !isBeingEnded;
}

/**
 * Lets the object go once a complete list shows no live instance of its uid, but for those that are left running. What
 * else bears the prefix of an object whose instance it adopted is not its own, and is not waited for.
 */
function confirmNothingElse(observation: Observation, retain: readonly InstanceLeft[]): Step {
  const { inventory, localState, now, timings } = observation;
  if (isLetGo(observation)) {
    return closeUnheld(observation, {});
  }
  const sinceMs = localState.instance?.deletedAtMs ?? localState.deletingSinceMs ?? now.monotonicMs;
  if (inventory === undefined || inventory.beganAtMs < sinceMs) {
    return makeSure(observation, retain, sinceMs);
  }
  const left = new Set(retain.map(({ podId }) => podId));
  return ownInstances(observation).every(({ podId }) => left.has(podId))
    ? release(observation, retain.length === 0 ? {} : { retain })
    : makeSure(observation, retain, inventory.beganAtMs + timings.busyPollMs);
}

function makeSure(
  observation: Observation,
  retain: readonly InstanceLeft[],
  wantsInventoryAfterMs: number,
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
    }),
    wantsInventoryAfterMs,
  };
  return quietly(
    observation,
    rest,
    localState.instance?.deletedAtMs ?? localState.deletingSinceMs ?? now.monotonicMs,
  );
}

function isLetGo({ gpuPod, localState }: Observation): boolean {
  return localState.isReleased === true || !hasFinalizer(gpuPod);
}
