import { ANNOTATIONS } from '../../api/common/names.ts';
import { plainText } from '../../api/common/plain-text.ts';
import type { Observation } from '../observation.ts';
import { notCreatedInARow, refusalCounts } from '../status/attempts.ts';
import { draftStatus } from '../status/draft.ts';
import { timestamp } from '../status/timestamp.ts';
import type { Step } from '../step.ts';
import { currentDraft, heldReady, PENDING, SEARCHING } from './condition-drafts.ts';
import { isAfterLoss, isHeldByLimit, lastingStall } from './stalled.ts';

/**
 * Starts the search again for a new generation or a new value of `gpupod.dev/reconcile-requested-at`: resets the
 * counters of failures and lifts the stall.
 */
export function startOver(observation: Observation): Step | undefined {
  const { gpuPod, now } = observation;
  const { status, metadata } = gpuPod;
  const requested = asRecorded(metadata.annotations[ANNOTATIONS.reconcileRequestedAt]);
  const isRequested = requested !== undefined && requested !== status.lastHandledReconcileAt;
  if (!isRequested && !isSearchOfOldSpec(observation)) {
    return undefined;
  }
  const isRented = status.podId !== undefined;
  return {
    kind: 'act',
    effect: {
      type: 'writeStatus',
      status: draftStatus(
        observation,
        {
          Ready: isRented ? currentDraft(status, 'Ready', PENDING) : PENDING,
          ...(isRented ? {} : { progress: { type: 'Reconciling', draft: SEARCHING } }),
        },
        {
          failedAttempts: undefined,
          // 0 instead of undefined: without a counter the attempts on record would be counted again.
          notCreatedAttempts: notCreatedInARow(status) > 0 ? 0 : undefined,
          refusedAttempts: refusalCounts(status).refused > 0 ? 0 : undefined,
          noCapacityAttempts: undefined,
          searchStartedAt: timestamp(now.wallMs),
          ...(isRequested ? { lastHandledReconcileAt: requested } : {}),
        },
      ),
    },
    remember: { invalidRefusals: { generation: metadata.generation, count: 0, message: '' } },
  };
}

/**
 * The value as the status will store it. If a different form came back, each pass would see a new request and lift
 * the limit of failed attempts.
 */
function asRecorded(value: string | undefined): string | undefined {
  return value === undefined ? undefined : plainText(plainText(value).slice(0, 256));
}

function isSearchOfOldSpec(observation: Observation): boolean {
  const { status, metadata } = observation.gpuPod;
  const isOld = status.observedGeneration >= 0 && status.observedGeneration < metadata.generation;
  const { refused, noCapacity } = refusalCounts(status);
  const failures = (status.failedAttempts ?? 0) + notCreatedInARow(status) + refused + noCapacity;
  const hasFailed = failures > 0 || lastingStall(status) !== undefined;
  const hasPast = hasFailed || status.searchStartedAt !== undefined;
  const isHeld = isAfterLoss(status) || isHeldByLimit(observation);
  return isOld && hasPast && status.podId === undefined && !isHeld;
}

/** Keeps the stall until a person acts. */
export function stayStalled(observation: Observation): Step | undefined {
  const { gpuPod } = observation;
  const stall = lastingStall(gpuPod.status);
  if (gpuPod.status.podId !== undefined || stall === undefined) {
    return undefined;
  }
  const [reason, message] = stall;
  return {
    kind: 'rest',
    status: draftStatus(observation, {
      Ready: heldReady(gpuPod.status, message),
      ...(reason === 'InvalidRequest' ? { Synced: [reason, message] } : {}),
      progress: { type: 'Stalled', draft: stall },
    }),
  };
}
