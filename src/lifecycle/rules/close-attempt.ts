import type { Attempt } from '../../api/gpupod/status.ts';
import { microsToUsd } from '../../offers/money.ts';
import { offerKey } from '../../offers/offer-key.ts';
import type { Intent } from '../intent.ts';
import type { Observation } from '../observation.ts';
import type { PendingCreate } from '../local-state.ts';
import { parsePodName } from '../pod-name.ts';
import type { HistoryRow } from '../provider.ts';
import {
  failuresWith,
  hasOutcome,
  notCreatedInARow,
  paidBy,
  withAttempt,
  withAttemptCost,
} from '../status/attempts.ts';
import { shortOffer } from '../status/bind.ts';
import { draftStatus } from '../status/draft.ts';
import { timestamp, timestampOf } from '../status/timestamp.ts';
import type { Cooldown, Step } from '../step.ts';
import { PENDING, SEARCHING } from './condition-drafts.ts';

type Result = Omit<Partial<Attempt>, 'number'>;

/**
 * Records that complete lists prove that the attempt created no instance. It counts as an attempt, or the operator
 * would repeat it without end. The offer gets a cooldown only if the request was sent: a crash before that says
 * nothing about it.
 */
export function closeNotCreated(observation: Observation, intent: Intent, { outcome }: PendingCreate): Step {
  const result = { ...attemptResult(observation, intent), ...NOT_CREATED };
  return close(observation, intent.attempt, result, outcome === undefined ? undefined : cooldown(intent));
}

/** The instance ended before the operator ever saw it. */
export function closeEnded(observation: Observation, intent: Intent, ended: HistoryRow): Step {
  const result: Result = {
    podId: ended.podId,
    outcome: 'Failed',
    reason: 'Lost',
    message: `The history at the provider lists instance ${ended.podId} of this create intent as terminated.`,
    ...(ended.totalBilledUsd === undefined ? {} : { cost: Math.max(0, ended.totalBilledUsd) }),
  };
  return close(
    observation,
    intent.attempt,
    { ...attemptResult(observation, intent), ...result },
    cooldown(intent),
  );
}

/** Like `closeNotCreated`, for an intent that was removed, so that only this process knows the attempt. */
export function closeStripped(observation: Observation, { podName }: PendingCreate): Step | undefined {
  const attempt = parsePodName(podName)?.attempt;
  return attempt === undefined || hasOutcome(observation.gpuPod.status, attempt)
    ? undefined
    : close(observation, attempt, { podName, ...NOT_CREATED });
}

/**
 * Records that the create request of this process surely created nothing, and is not repeated. Nothing counts as wrong
 * with the offer.
 */
export function closeUnsent(observation: Observation, intent: Intent): Step {
  const message = 'The create request created no instance, and its account no longer pays for this GpuPod.';
  return close(observation, intent.attempt, {
    ...attemptResult(observation, intent),
    ...NOT_CREATED,
    message,
  });
}

const NOT_CREATED = {
  outcome: 'NotCreated',
  reason: 'NotCreated',
  message:
    'The outcome of the create request was unknown. Complete lists now show that it created no instance.',
} as const satisfies Result;

function attemptResult({ now }: Observation, intent: Intent): Result {
  return {
    podName: intent.name,
    ...paidBy(intent.teamId),
    offer: shortOffer(intent),
    pricePerHour: microsToUsd(intent.cost.total),
    startedAt: timestampOf(intent.startedAt, now.wallMs),
  };
}

function cooldown({ offer }: Intent): Cooldown {
  return { reason: 'NotCreated', offerKey: offerKey(offer) };
}

function close(observation: Observation, attempt: number, result: Result, avoided?: Cooldown): Step {
  const { gpuPod, now } = observation;
  const at = timestamp(now.wallMs);
  const isCreated = result.outcome === 'Failed';
  const notCreated = notCreatedInARow(gpuPod.status) + (isCreated ? 0 : 1);
  const status = draftStatus(
    observation,
    {
      Ready: PENDING,
      Provisioned: ['CreateFailed', result.message ?? 'The last create request created no instance.'],
      progress: { type: 'Reconciling', draft: SEARCHING },
    },
    {
      attempts: withAttempt(gpuPod.status, attempt, { ...result, endedAt: at }),
      ...withAttemptCost(gpuPod.status, result.cost),
      failedAttempts: failuresWith(gpuPod.status, isCreated),
      notCreatedAttempts: notCreated === 0 ? undefined : Math.min(notCreated, Number.MAX_SAFE_INTEGER),
      searchStartedAt: at,
    },
  );
  return {
    kind: 'act',
    effect: { type: 'writeStatus', status, ...(avoided === undefined ? {} : { cooldown: avoided }) },
  };
}
