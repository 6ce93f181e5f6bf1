import type { Observation } from '../observation.ts';
import type { Step } from '../step.ts';
import { terminatesAllInstances } from '../instance-relation.ts';
import { isSameAttempt } from '../pod-name.ts';
import { ownership } from './identity.ts';

/**
 * Terminates an instance of an attempt that this GpuPod has closed or passed: its create request was believed lost. A
 * second complete list must show it first. See `relationOf` for what counts as a duplicate.
 */
export function terminateDuplicates(observation: Observation): Step | undefined {
  const { inventory, localState, timings } = observation;
  if (inventory === undefined || isForeignNamed(observation)) {
    return undefined;
  }
  const { live, beganAtMs } = inventory;
  const duplicate = live.find(
    ({ podId, name, status }) =>
      // An instance that takes too long to terminate gets another DELETE.
      isShownBefore(
        localState.duplicates[podId],
        beganAtMs,
        status === 'DELETING' ? timings.deleteResendMs : 1,
      ) && !mayBeRented(observation, name),
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
        // One DELETE a list: the next one follows only if the next list still shows the instance.
        remember: { duplicates: { ...localState.duplicates, [duplicate.podId]: beganAtMs } },
      };
}

/**
 * Whether this may be the rented instance under another ID: it has the name of the same attempt, and no list shows the ID
 * in the status. The form of IDs in lists may change. Once the rented one has surely ended, so has its attempt.
 */
function mayBeRented(observation: Observation, name: string | undefined): boolean {
  const { gpuPod, inventory } = observation;
  const { podId, podName } = gpuPod.status;
  const isListed = inventory?.live.some((instance) => instance.podId === podId) === true;
  const isOfAttempt = podId !== undefined && isSameAttempt(name, podName);
  return isOfAttempt && !isListed && !terminatesAllInstances(observation);
}

/**
 * Whether the status names an instance that may not be this GpuPod's. The status may be forged or half restored, so
 * what looks like a duplicate may be its only instance. A deletion terminates every instance of the UID in any case.
 */
function isForeignNamed(observation: Observation): boolean {
  const { gpuPod, localState } = observation;
  const { instance } = localState;
  const isSure = instance !== undefined && ownership(observation, instance) === 'ours';
  return gpuPod.status.podId !== undefined && !isSure && !terminatesAllInstances(observation);
}

/** A create response came for an intent that is no longer on the GpuPod. Only this process knows the instance. */
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

/** An instance that is not in the local state is no duplicate. */
function isShownBefore(shownAtMs: number | undefined, listAtMs: number, apartMs: number): boolean {
  return shownAtMs !== undefined && listAtMs - shownAtMs >= apartMs;
}
