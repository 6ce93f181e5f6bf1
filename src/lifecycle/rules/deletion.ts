import { hasFinalizer, isDeleting } from '../../api/gpu-pod.ts';
import { ANNOTATIONS } from '../../api/names.ts';
import type { Knowledge } from '../knowledge.ts';
import { openOrder } from '../order.ts';
import { isSameAttempt } from '../pod-name.ts';
import { currentAttempt } from '../status/attempts.ts';
import { ownInstances, newerInstances, retainsInstances } from '../surplus.ts';
import { draftStatus } from '../status/draft.ts';
import type { PodLeft, Rest, Step } from '../step.ts';
import { checkOrder } from './as-ordered.ts';
import { endRental } from './end-rental.ts';
import { ownership } from './identity.ts';
import { listDoubt } from './list-doubt.ts';
import { checkPrice } from './price-check.ts';
import { quietly } from './quietly.ts';
import { closeUnheld, release } from './release.ts';

/**
 * A person named the exact pod (or, while the order is unresolved, the exact pod name): the object goes
 * without a proof that the rental ended. It stands before all rules that wait for the provider.
 */
export function forceRelease(knowledge: Knowledge): Step | undefined {
  const { gpuPod } = knowledge;
  const named = gpuPod.metadata.annotations[ANNOTATIONS.forceRelease];
  if (!isDeleting(gpuPod) || isLetGo(knowledge) || named === undefined) {
    return undefined;
  }
  return isNamed(knowledge, named) ? release(knowledge, { isForced: true }) : undefined;
}

function isNamed(knowledge: Knowledge, named: string): boolean {
  const { gpuPod, proofs, intent } = knowledge;
  const { podId } = gpuPod.status;
  if (podId === undefined) {
    const order = openOrder(knowledge);
    return (order.kind === 'open' || order.kind === 'foreign') && isSameAttempt(order.intent.name, named);
  }
  // A status that names what another GpuPod has rented says nothing of what this one has: its intent does.
  return proofs.isProvenElsewhere(podId) && intent.kind === 'read'
    ? isSameAttempt(intent.intent.name, named)
    : named === podId;
}

/** A living object that pays for something must not vanish unseen: a finalizer that was stripped is put back. */
export function restoreFinalizer(knowledge: Knowledge): Step | undefined {
  const { gpuPod } = knowledge;
  const isPaidFor =
    gpuPod.status.podId !== undefined ||
    openOrder(knowledge).kind === 'open' ||
    newerInstances(knowledge).length > 0;
  return isPaidFor && !hasFinalizer(gpuPod) && !isDeleting(gpuPod)
    ? { kind: 'act', effect: { type: 'addFinalizer' } }
    : undefined;
}

/**
 * The object stays until the rental was seen to have ended: the pod is gone, and a complete list that began
 * after the last DELETE shows no live pod of this object. With `Retain` the pod is left running and entered
 * into the retained list instead; any other is ended all the same.
 */
export function finishDeletion(knowledge: Knowledge): Step | undefined {
  const { gpuPod } = knowledge;
  if (!isDeleting(gpuPod)) {
    return undefined;
  }
  const { podId, podName = '' } = gpuPod.status;
  if (podId !== undefined && isToBeRetained(knowledge) && !isOfAnother(knowledge, podId)) {
    const retain = [{ podId, podName }, ...newerOnes(knowledge)];
    return isLetGo(knowledge) ? closeUnheld(knowledge, { retain }) : retainRental(knowledge, retain);
  }
  const ending = podId === undefined ? undefined : endRental(knowledge, 'the GpuPod is being deleted');
  return ending ?? confirmNothingElse(knowledge, newerOnes(knowledge));
}

/** The status names what another GpuPod has rented, which is not this one's to retain: `endRental` leaves it alone. */
function isOfAnother(knowledge: Knowledge, podId: string): boolean {
  const { rental } = knowledge.memory;
  const isStranger = rental !== undefined && ownership(knowledge, rental) === 'stranger';
  return isStranger && knowledge.proofs.isProvenElsewhere(podId);
}

/** Of later attempts than the object knows, where what runs is to be kept: there are none where it is not. */
function newerOnes(knowledge: Knowledge): readonly PodLeft[] {
  const own = ownInstances(knowledge);
  return newerInstances(knowledge)
    .filter((pod) => own.includes(pod))
    .map(({ podId, name = '' }) => ({ podId, podName: name }));
}

function retainRental(knowledge: Knowledge, pods: readonly PodLeft[]): Step {
  const look = knowledge.sight?.look;
  return checkPrice(knowledge, look) ?? checkOrder(knowledge, look) ?? confirmNothingElse(knowledge, pods);
}

/** Not what was to be ended anyway: whether that had begun when the GpuPod was deleted is chance. */
function isToBeRetained({ gpuPod, policy }: Knowledge): boolean {
  const isBeingEnded = currentAttempt(gpuPod.status)?.ending !== undefined;
  return retainsInstances(gpuPod, policy) && !isBeingEnded;
}

/**
 * Lets the object go once a complete list shows no live instance of its uid, but for those that are left running. What
 * else bears the prefix of an object whose instance it adopted is not its own, and is not waited for.
 */
function confirmNothingElse(knowledge: Knowledge, retain: readonly PodLeft[]): Step {
  const { census, memory, now, windows } = knowledge;
  if (isLetGo(knowledge)) {
    return closeUnheld(knowledge, {});
  }
  const sinceMs = memory.rental?.deletedAtMs ?? memory.deletingSinceMs ?? now.monotonicMs;
  if (census === undefined || census.beganAtMs < sinceMs) {
    return makeSure(knowledge, retain, sinceMs);
  }
  const left = new Set(retain.map(({ podId }) => podId));
  return ownInstances(knowledge).every(({ podId }) => left.has(podId))
    ? release(knowledge, retain.length === 0 ? {} : { retain })
    : makeSure(knowledge, retain, census.beganAtMs + windows.busyPollMs);
}

function makeSure(knowledge: Knowledge, retain: readonly PodLeft[], wantsCensusAfterMs: number): Step {
  const ids = retain.map(({ podId }) => podId).join(', ');
  const others = ids === '' ? '' : `, other than the retained ${ids},`;
  const { memory, now } = knowledge;
  const rest: Rest = {
    kind: 'rest',
    status: draftStatus(knowledge, {
      Ready: ['Deleting', `Checking that no instance of this GpuPod${others} is still running.`],
      progress: {
        type: 'Reconciling',
        claim: ['Progressing', 'Waiting for a list of all instances.'],
      },
      ...listDoubt(knowledge),
    }),
    wantsCensusAfterMs,
  };
  return quietly(knowledge, rest, memory.rental?.deletedAtMs ?? memory.deletingSinceMs ?? now.monotonicMs);
}

function isLetGo({ gpuPod, memory }: Knowledge): boolean {
  return memory.isReleased === true || !hasFinalizer(gpuPod);
}
