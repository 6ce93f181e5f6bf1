import { isDeleting } from '../../api/gpupod/gpu-pod.ts';
import { ANNOTATIONS } from '../../api/common/names.ts';
import type { Intent } from '../intent.ts';
import type { Observation } from '../observation.ts';
import { endVerdict, mayReadAgain, wantsRead } from '../instance-end.ts';
import type { InstanceState } from '../local-state.ts';
import type { ConditionDrafts } from '../status/draft.ts';
import { draftStatus } from '../status/draft.ts';
import type { Rest, Step } from '../step.ts';
import { withWayOut } from '../way-out.ts';
import { restFailing } from './failing.ts';
import type { Hindrance } from './failing.ts';
import { isSigned, ownership } from './identity.ts';
import { listDoubt } from './list-doubt.ts';
import { deferStatus } from './defer-status.ts';
import { AWAITING_END } from './condition-drafts.ts';

/**
 * Terminates the rented instance: sends DELETE, then reads until the end is proven, and then returns undefined. The
 * answer to the DELETE is no proof, see `endVerdict`.
 */
export function terminateInstance(observation: Observation, why: string): Step | undefined {
  const { instance } = observation.localState;
  if (endVerdict(observation) !== 'live') {
    return undefined;
  }
  if (instance === undefined) {
    // The local state does not know the instance yet, so nothing has proven its end.
    return { kind: 'rest', status: observation.gpuPod.status, pollOften: true };
  }
  const doubt = doubtIdentity(observation, instance, why);
  if (doubt !== undefined) {
    return doubt;
  }
  return isDeleteDue(observation, instance)
    ? sendDelete(observation, instance, why)
    : awaitEnd(observation, instance, why);
}

/**
 * Holds back the DELETE until the name of the instance shows that it is ours, because somebody else may have written
 * the ID into the status. After a 404, which may be wrong, only an ID that the operator signed gets a DELETE.
 */
function doubtIdentity(observation: Observation, instance: InstanceState, why: string): Step | undefined {
  const { podId } = instance;
  const whose = ownership(observation, instance);
  if (whose !== 'unknown') {
    return whose === 'ours' ? undefined : leaveAlone(observation, instance, why);
  }
  const { now, timings } = observation;
  const isUnknown = instance.read?.result === 'notFound';
  if (isUnknown && isSigned(observation)) {
    return undefined;
  }
  if (mayReadAgain(instance, now.monotonicMs, timings.goneSpacingMs)) {
    return { kind: 'act', effect: { type: 'readPod', podId } };
  }
  const rest = restFailing(
    observation,
    { ...whyUnknown(observation, instance), retryAfterMs: timings.goneSpacingMs },
    draftsWhileTerminating(observation, why),
  );
  return isUnknown ? { ...rest, wantsInventoryAfterMs: instance.read.beganAtMs } : rest;
}

/** Why the name is unknown. `restFailing` reports it only after a minute, because it usually passes. */
function whyUnknown(
  observation: Observation,
  { podId, read }: InstanceState,
): Omit<Hindrance, 'retryAfterMs'> {
  const failure = observation.instanceFailure ?? observation.providerFailure;
  switch (read?.result) {
    case 'found':
      return {
        reason: 'UnexpectedResponse',
        message:
          `The provider gives instance ${podId} no readable name, so the operator cannot tell whether it belongs to this GpuPod. It is not ` +
          `terminated and bills. Terminate it at the provider; ${ANNOTATIONS.forceRelease} with its ID releases a deleted GpuPod.`,
      };
    case 'notFound':
      return {
        reason: 'ApiUnavailable',
        message:
          `The provider does not know instance ${podId}, whose name the operator never saw. If it runs, it bills. The operator ` +
          'terminates it once a list shows that it belongs to this GpuPod, or treats it as terminated after several checks without it.',
      };
    default:
      return {
        reason: failure?.reason ?? 'ApiUnavailable',
        message:
          `Instance ${podId} keeps billing. The operator terminates it once the provider states its name, so as not to hit the instance ` +
          `of somebody else; retrying. ${failure?.message ?? 'The last GET failed.'}`,
      };
  }
}

function leaveAlone(observation: Observation, { podId, name = '' }: InstanceState, why: string): Step {
  const { intent, proofs } = observation;
  const isOfOther = proofs.isProvenElsewhere(podId) && intent.kind === 'read';
  const message = isOfOther ? leftToOther(podId, intent.intent) : leftToItsOwner(podId, name);
  return restFailing(
    observation,
    { reason: 'UnexpectedResponse', message },
    draftsWhileTerminating(observation, why),
  );
}

function leftToOther(podId: string, { name }: Intent): string {
  return (
    `status.podId names instance ${podId}, of another GpuPod. The operator leaves it alone. ${name} may bill: correct the ` +
    `status, or terminate it and set ${ANNOTATIONS.forceRelease} to that name.`
  );
}

function leftToItsOwner(podId: string, name: string): string {
  return (
    `Instance ${podId} has the name ${name} at the provider, which this GpuPod did not request. The operator leaves it ` +
    `alone. To release a deleted GpuPod without it, set annotation ${ANNOTATIONS.forceRelease} to its ID.`
  );
}

function isDeleteDue(observation: Observation, instance: InstanceState): boolean {
  const { deletedAtMs } = instance;
  if (deletedAtMs === undefined) {
    return true;
  }
  const { now, timings, inventory } = observation;
  const dueAtMs = deletedAtMs + timings.deleteResendMs;
  const isListed = inventory?.live.some(({ podId }) => podId === instance.podId) === true;
  return now.monotonicMs >= dueAtMs && (isListed || isSeenLiveSince(observation, instance, dueAtMs));
}

/** Any snapshot counts: an instance that a GET or poll shows must not keep billing because a list omits it. */
function isSeenLiveSince({ lastSeen }: Observation, { read }: InstanceState, atMs: number): boolean {
  const isRead = read?.result === 'found' && read.beganAtMs >= atMs;
  const isPolled =
    lastSeen?.omitted === false && lastSeen.snapshot.status !== 'TERMINATED' && lastSeen.beganAtMs >= atMs;
  return isRead || isPolled;
}

function sendDelete(observation: Observation, instance: InstanceState, why: string): Step {
  const { deleteFailure } = instance;
  const { monotonicMs } = observation.now;
  if (deleteFailure === undefined || deleteFailure.retryAtMs <= monotonicMs) {
    return { kind: 'act', effect: { type: 'deletePod', podId: instance.podId } };
  }
  const said = deleteFailure.reason === 'ApiUnavailable' ? deleteFailure.message : withWayOut(deleteFailure);
  const message = `Failed to terminate instance ${instance.podId}, which keeps billing; retrying. ${said}`;
  return restFailing(
    observation,
    { reason: deleteFailure.reason, message, retryAfterMs: deleteFailure.retryAtMs - monotonicMs },
    draftsWhileTerminating(observation, why),
  );
}

function awaitEnd(observation: Observation, instance: InstanceState, why: string): Step {
  const { inventory, now, timings } = observation;
  const deletedAtMs = instance.deletedAtMs ?? now.monotonicMs;
  if (wantsRead(observation, instance, deletedAtMs)) {
    return { kind: 'act', effect: { type: 'readPod', podId: instance.podId } };
  }
  const rest: Rest = {
    kind: 'rest',
    status: draftStatus(observation, {
      ...draftsWhileTerminating(observation, why),
      ...listDoubt(observation),
    }),
    pollOften: true,
    ...(inventory?.doubt === undefined ? {} : { requeueAfterMs: timings.goneSpacingMs }),
    wantsInventoryAfterMs: nextListAfterMs(observation, deletedAtMs),
  };
  return deferStatus(observation, rest, deletedAtMs);
}

/** Asks for a list once polls no longer show the instance, else at intervals: a list costs many requests. */
function nextListAfterMs({ inventory, lastSeen, timings }: Observation, deletedAtMs: number): number {
  const isTerminated = lastSeen?.snapshot.status === 'TERMINATED';
  const seenTerminatingAtMs = lastSeen?.omittedSinceMs ?? (isTerminated ? lastSeen.beganAtMs : -Infinity);
  const listedAtMs = inventory?.beganAtMs ?? -Infinity;
  return listedAtMs < seenTerminatingAtMs
    ? Math.max(deletedAtMs, seenTerminatingAtMs)
    : Math.max(deletedAtMs, listedAtMs) + timings.busyPollMs;
}

function draftsWhileTerminating({ gpuPod }: Observation, why: string): ConditionDrafts {
  const { podId = '' } = gpuPod.status;
  return {
    Ready: isDeleting(gpuPod)
      ? [
          'Deleting',
          `Terminating instance ${podId}, which may bill. The GpuPod stays until the termination is confirmed.`,
        ]
      : [
          'Terminating',
          `Terminating instance ${podId} (${why}). It may bill until the termination is confirmed.`,
        ],
    progress: {
      type: 'Reconciling',
      draft: AWAITING_END,
    },
  };
}
