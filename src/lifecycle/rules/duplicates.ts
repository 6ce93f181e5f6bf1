import type { Observation } from '../observation.ts';
import type { Step } from '../step.ts';
import { terminatesAllInstances } from '../surplus.ts';
import { ownership } from './identity.ts';

/**
 * A live instance of an attempt that this object has closed or passed is a duplicate: an order that was believed lost
 * has shown up. It is terminated once a second complete list shows it. See `standingOf` for what is none.
 */
export function terminateDuplicates(observation: Observation): Step | undefined {
  const { inventory, localState, timings } = observation;
  if (inventory === undefined || isStrangerNamed(observation)) {
    return undefined;
  }
  const { live, beganAtMs } = inventory;
  const duplicate = live.find(({ podId, status }) =>
    // What is said to be ending is asked to once more when that takes too long.
    isShownBefore(
      localState.duplicates[podId],
      beganAtMs,
      status === 'DELETING' ? timings.deleteResendMs : 1,
    ),
  );
  return duplicate === undefined
    ? undefined
    : {
        kind: 'act',
        effect: {
          type: 'deleteDuplicate',
          podId: duplicate.podId,
          podName: duplicate.name ?? '',
          cause: 'duplicate',
        },
        // One DELETE a list: the next one is sent only if the next list still shows it.
        remember: { duplicates: { ...localState.duplicates, [duplicate.podId]: beganAtMs } },
      };
}

/**
 * While the status names what is not surely this object's own, it may be its own instance that looks like a second one: a
 * status can be restored in part, or forged. A deletion ends whatever bears the object's uid.
 */
function isStrangerNamed(observation: Observation): boolean {
  const { gpuPod, localState } = observation;
  const { instance } = localState;
  const isSure = instance !== undefined && ownership(observation, instance) === 'ours';
  return gpuPod.status.podId !== undefined && !isSure && !terminatesAllInstances(observation);
}

/** An answer with an id came for an order that does not stand on the object any more: nobody else knows this pod. */
export function terminateUnbound(observation: Observation): Step | undefined {
  const { localState, gpuPod, intent } = observation;
  const { unbound } = localState;
  if (unbound === undefined || unbound.podId === gpuPod.status.podId) {
    return undefined;
  }
  const isStillIntended =
    gpuPod.status.podId === undefined && intent.kind === 'read' && intent.intent.name === unbound.podName;
  return isStillIntended
    ? undefined
    : {
        kind: 'act',
        effect: {
          type: 'deleteDuplicate',
          podId: unbound.podId,
          podName: unbound.podName,
          cause: 'unbound',
        },
      };
}

/** Absent from what is remembered: it is no stray. */
function isShownBefore(shownAtMs: number | undefined, listAtMs: number, apartMs: number): boolean {
  return shownAtMs !== undefined && listAtMs - shownAtMs >= apartMs;
}
