import { isPaused } from '../../api/gpupod/gpu-pod.ts';
import { expiryOf } from '../expiry.ts';
import type { Observation } from '../observation.ts';
import { openIntentOf } from '../open-intent.ts';
import { draftStatus } from '../status/draft.ts';
import type { Step } from '../step.ts';
import { heldReady, PENDING } from './condition-drafts.ts';
import { keepingStall, keepObservedGeneration } from './stalled.ts';

/** `gpupod.dev/paused: "true"`: the operator does nothing, not even for a deletion. */
export function paused(observation: Observation): Step | undefined {
  const { gpuPod } = observation;
  if (!isPaused(gpuPod)) {
    return undefined;
  }
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
    return `Instance ${podId} keeps billing${expiryOf(observation) === undefined ? '' : ', past its limits too'}`;
  }
  return openIntentOf(observation).kind === 'none'
    ? 'Nothing is rented'
    : 'A create request has an unknown outcome: its instance may bill';
}

/** Another installation wrote the create intent. Only a person can say whether its instance exists and who pays. */
export function foreignIntent(observation: Observation): Step | undefined {
  const openIntent = openIntentOf(observation);
  if (openIntent.kind !== 'foreign') {
    return undefined;
  }
  const { installation, name } = openIntent.intent;
  const message =
    `Installation ${installation}, not this one, wrote the create intent for ${name}. If it is gone, make ` +
    'sure that the instance is terminated and remove annotation gpupod.dev/intent (if the GpuPod is being deleted, set ' +
    'gpupod.dev/force-release to that name).';
  return {
    kind: 'rest',
    status: draftStatus(observation, {
      Ready: PENDING,
      progress: { type: 'Stalled', draft: ['ForeignIntent', message] },
    }),
  };
}
