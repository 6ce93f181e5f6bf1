import type { GpuPodStatus } from '../../api/gpupod/status.ts';
import { microsToUsd } from '../../offers/money.ts';
import { offerKey } from '../../offers/offer-key.ts';
import type { Intent } from '../intent.ts';
import type { Observation } from '../observation.ts';
import type { LocalState } from '../local-state.ts';
import type { Refusal, RefusalReason } from '../provider.ts';
import { paidBy, refusalCounts, withAttempt } from '../status/attempts.ts';
import { shortOffer } from '../status/bind.ts';
import { draftStatus } from '../status/draft.ts';
import type { Facts } from '../status/draft.ts';
import { timestamp, timestampOf } from '../status/timestamp.ts';
import type { Cooldown, CooldownReason, Step } from '../step.ts';
import { PENDING, SEARCHING } from './condition-drafts.ts';
import { asksForUsualSizes } from './usual-request.ts';

/**
 * Records that an offer refused the create request, and starts its cooldown. The search goes on with the next offer.
 */
export function settleRefusal(observation: Observation, intent: Intent, refusal: Refusal): Step {
  const { gpuPod, now } = observation;
  const at = timestamp(now.wallMs);
  const status = draftStatus(
    observation,
    {
      Ready: PENDING,
      Provisioned: ['CreateFailed', `${shortOffer(intent)} refused the create request: ${refusal.message}`],
      progress: { type: 'Reconciling', draft: SEARCHING },
    },
    {
      attempts: withAttempt(gpuPod.status, intent.attempt, {
        podName: intent.name,
        ...paidBy(intent.teamId),
        offer: shortOffer(intent),
        pricePerHour: microsToUsd(intent.cost.total),
        startedAt: timestampOf(intent.startedAt, now.wallMs),
        endedAt: at,
        outcome: 'Refused',
        reason: refusal.reason,
        message: refusal.message,
      }),
      ...countRefusal(gpuPod.status, refusal),
    },
  );
  return {
    kind: 'act',
    effect: {
      type: 'writeStatus',
      status,
      cooldown: cooldownOf(observation, intent, refusal),
    },
    remember: { invalidRefusals: countInvalid(observation, refusal) },
  };
}

/** Sold-out offers have a limit of their own, and refusals about the account are left to the circuit breaker. */
function countRefusal(status: GpuPodStatus, { reason, scope }: Refusal): Facts {
  const { refused, noCapacity } = refusalCounts(status);
  if (scope === 'team' || scope === 'key') {
    // The counter is written even if unchanged: without it the attempts on record would be counted.
    return { refusedAttempts: refused };
  }
  return reason === 'NoCapacity'
    ? { noCapacityAttempts: Math.min(noCapacity + 1, Number.MAX_SAFE_INTEGER) }
    : { refusedAttempts: Math.min(refused + 1, Number.MAX_SAFE_INTEGER) };
}

function countInvalid({ localState, gpuPod }: Observation, refusal: Refusal): LocalState['invalidRefusals'] {
  const { generation } = gpuPod.metadata;
  const known = localState.invalidRefusals.generation === generation ? localState.invalidRefusals.count : 0;
  const isInvalid = refusal.reason === 'InvalidRequest' && refusal.scope !== 'offer';
  return { generation, count: known + (isInvalid ? 1 : 0), message: refusal.message };
}

/** Other GpuPods avoid the offer only if the refusal cannot be due to what this one asked for. */
function cooldownOf({ gpuPod }: Observation, { offer }: Intent, refusal: Refusal): Cooldown {
  const reason = cooldownReason(refusal.reason);
  const cooldown = { reason, offerKey: offerKey(offer) };
  if (reason !== 'NoCapacity') {
    return cooldown;
  }
  if (!asksForUsualSizes(gpuPod.spec)) {
    return { ...cooldown, scope: 'request' };
  }
  return refusal.scope === 'upstream' ? { ...cooldown, scope: 'upstream' } : cooldown;
}

function cooldownReason(reason: RefusalReason): CooldownReason {
  switch (reason) {
    case 'NoCapacity':
    case 'AboveMaxPrice':
    case 'InvalidRequest':
    case 'TemplateIncompatible':
    case 'Forbidden':
    case 'QuotaExceeded':
      return reason;
    case 'OtherRefusal':
    case 'Unauthorized':
    case 'PaymentRequired':
    case 'RateLimited':
      return 'OtherRefusal';
  }
}
