import { isPaused } from '../../api/gpu-pod.ts';
import type { Knowledge } from '../knowledge.ts';
import { openOrder } from '../order.ts';
import { draftStatus } from '../status/draft.ts';
import type { Step } from '../step.ts';
import { heldReady, PENDING } from './claims.ts';
import { keepingStall, unread } from './stalled.ts';

/** `gpupod.dev/paused: "true"`: nothing is done, not even for a deletion. */
export function paused(knowledge: Knowledge): Step | undefined {
  const { gpuPod } = knowledge;
  if (!isPaused(gpuPod)) {
    return undefined;
  }
  return unread(knowledge, {
    kind: 'rest',
    status: draftStatus(knowledge, {
      Ready: heldReady(gpuPod.status),
      Synced: [
        'Paused',
        `Paused by annotation, deletion included. ${whatBills(knowledge)}. Remove gpupod.dev/paused to go on.`,
      ],
      ...keepingStall(gpuPod.status),
    }),
  });
}

function whatBills(knowledge: Knowledge): string {
  const { podId } = knowledge.gpuPod.status;
  if (podId !== undefined) {
    return `Pod ${podId} still bills`;
  }
  return openOrder(knowledge).kind === 'none'
    ? 'Nothing is rented'
    : 'An order was sent whose outcome is not known: its pod may bill';
}

/** An order of another installation: whether its pod exists, and who pays for it, only a person can say. */
export function foreignOrder(knowledge: Knowledge): Step | undefined {
  const order = openOrder(knowledge);
  if (order.kind !== 'foreign') {
    return undefined;
  }
  const { installation, name } = order.intent;
  const message =
    `The order for pod ${name} was written by installation ${installation}, not by this one. If that one is gone, ` +
    'make sure that the pod is ended and remove annotation gpupod.dev/intent (while the GpuPod is being deleted: set ' +
    'gpupod.dev/force-release to the name of the pod).';
  return {
    kind: 'rest',
    status: draftStatus(knowledge, {
      Ready: PENDING,
      progress: { type: 'Stalled', claim: ['ForeignIntent', message] },
    }),
  };
}
