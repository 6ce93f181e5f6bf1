import { isDeleting, isPaused } from '../../api/gpupod/gpu-pod.ts';
import { ceilingExpiryOf, expiryOf } from '../expiry.ts';
import { ceilingOf, lifetimeText } from '../lifetime.ts';
import type { Observation } from '../observation.ts';
import { openIntentOf } from '../open-intent.ts';
import { draftStatus } from '../status/draft.ts';
import type { Rest, Step } from '../step.ts';
import { finishDeletion } from './deletion.ts';
import { endAtCeiling } from './expire.ts';
import { finishTermination } from './termination.ts';
import { heldReady } from './condition-drafts.ts';
import { keepingStall, keepObservedGeneration } from './stalled.ts';

/**
 * `gpupod.dev/paused: "true"`: the operator does nothing, not even for a deletion, except that it terminates an instance
 * at the lifetime ceiling. Anybody may pause, and the platform has promised that ceiling.
 */
export function leavePausedAlone(observation: Observation): Step | undefined {
  return isPaused(observation.gpuPod) && !isPastCeiling(observation) ? restPaused(observation) : undefined;
}

/** Terminates the instance of a paused GpuPod at the ceiling, once it is known that the API key fits. */
export function endPausedAtCeiling(observation: Observation): Step | undefined {
  const { gpuPod } = observation;
  if (!isPaused(gpuPod)) {
    return undefined;
  }
  const ending = isDeleting(gpuPod)
    ? finishDeletion(observation)
    : (finishTermination(observation) ?? endAtCeiling(observation));
  return ending ?? restPaused(observation);
}

function isPastCeiling(observation: Observation): boolean {
  const ceiling = ceilingExpiryOf(observation);
  return (
    observation.gpuPod.status.podId !== undefined &&
    ceiling !== undefined &&
    observation.now.monotonicMs >= ceiling.atMs
  );
}

function restPaused(observation: Observation): Rest {
  const { gpuPod } = observation;
  return keepObservedGeneration(observation, {
    kind: 'rest',
    status: draftStatus(observation, {
      Ready: heldReady(gpuPod.status),
      Synced: [
        'Paused',
        `The GpuPod is paused, deletion included. ${whatBills(observation)}. Remove annotation gpupod.dev/paused to continue.`,
      ],
      ...keepingStall(gpuPod.status),
    }),
  });
}

function whatBills(observation: Observation): string {
  const { podId } = observation.gpuPod.status;
  if (podId !== undefined) {
    const isLimited = expiryOf(observation) !== undefined;
    const ceiling = ceilingOf(observation.policy);
    const until = ceiling === undefined ? '' : `, until it reaches ${lifetimeText(ceiling)}`;
    return `Instance ${podId} keeps billing${isLimited ? ', past its limits too' : ''}${until}`;
  }
  return openIntentOf(observation).kind === 'none'
    ? 'Nothing is rented'
    : 'A create request has an unknown outcome: its instance may bill';
}

/** Another installation wrote the create intent. Only a person can say whether its instance exists and who pays. */
export function reportForeignIntent(observation: Observation): Step | undefined {
  const openIntent = openIntentOf(observation);
  if (openIntent.kind !== 'foreign') {
    return undefined;
  }
  const { installation, name } = openIntent.intent;
  const message =
    `Another installation (${installation}) wrote the create intent for ${name}, whose instance may bill. ` +
    'If that installation is gone, terminate the instance and remove gpupod.dev/intent (of a deleted GpuPod: ' +
    'set gpupod.dev/force-release to that name).';
  return {
    kind: 'rest',
    status: draftStatus(observation, {
      Ready: [
        'Pending',
        'This operator has rented nothing. An instance of another installation may bill; see Stalled.',
      ],
      progress: { type: 'Stalled', draft: ['ForeignIntent', message] },
    }),
  };
}
