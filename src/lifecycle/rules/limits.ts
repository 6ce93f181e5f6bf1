import type { GpuPodStatus } from '../../api/gpupod/status.ts';
import { capToMicros, formatUsd, priceToMicros } from '../../offers/money.ts';
import { expiryOf, expiryText, limitsOf } from '../expiry.ts';
import type { Limit, LimitEnding } from '../expiry.ts';
import { lifetimeOf, lifetimeText } from '../lifetime.ts';
import type { Observation } from '../observation.ts';
import { attemptsCostOf, currentAttempt, currentAttemptNumber, withAttempt } from '../status/attempts.ts';
import { accruedUsd } from '../status/accrual.ts';
import { creationMs } from '../status/creation.ts';
import type { ConditionDrafts } from '../status/draft.ts';
import { atSeenPrice } from '../status/price.ts';
import type { Step } from '../step.ts';

const LIMIT_ENDINGS: readonly LimitEnding[] = ['Expired', 'CostLimitReached'];

/** The reason, if it is one of a limit. */
export function limitEnding(reason: string | undefined): LimitEnding | undefined {
  return LIMIT_ENDINGS.find((ending) => ending === reason);
}

/** The limit that the instance has reached. */
export function reachedLimit(observation: Observation): Limit | undefined {
  const expiry = expiryOf(observation);
  return expiry !== undefined && observation.now.monotonicMs >= expiry.atMs ? expiry.limit : undefined;
}

/**
 * Keeps the instance whose limit was raised after its termination was recorded and before any DELETE has left. Only the
 * process that recorded it knows that none has.
 */
export function withdrawEnding(observation: Observation): Step | undefined {
  const { status } = observation.gpuPod;
  const isLimit = limitEnding(currentAttempt(status)?.ending) !== undefined;
  if (!isLimit || !mayWithdraw(observation) || !isExtended(observation)) {
    return undefined;
  }
  const attempts = withAttempt(status, currentAttemptNumber(status), {
    ending: undefined,
    message: undefined,
  });
  const expiresAt = expiryText(limitsOf(observation, status));
  const { expiresAt: _old, ...rest } = status;
  return {
    kind: 'act',
    effect: {
      type: 'writeStatus',
      status: { ...rest, attempts, ...(expiresAt === undefined ? {} : { expiresAt }) },
    },
  };
}

function mayWithdraw({ gpuPod, localState: { instance, withdrawable } }: Observation): boolean {
  const isUnsent = instance?.deletedAtMs === undefined && instance?.deleteFailure === undefined;
  const isOwn = withdrawable !== undefined && withdrawable === gpuPod.status.podId;
  return isUnsent && isOwn && !gpuPod.spec.suspend;
}

/** Whether the limit that ends the instance was raised enough for it to live on. */
function isExtended(observation: Observation): boolean {
  return reachedLimit(observation) === undefined && isRaisedSince(observation);
}

/** Whether the limits of the spec allow a longer life than when the termination was recorded. */
function isRaisedSince(observation: Observation): boolean {
  const { status } = observation.gpuPod;
  const { nearest, problem, createdMs } = limitsOf(observation, status);
  if (nearest === undefined || createdMs === undefined) {
    return problem === undefined;
  }
  return isLaterThanRecorded(status, createdMs + nearest.afterMs);
}

function isLaterThanRecorded({ expiresAt }: GpuPodStatus, atMs: number): boolean {
  return Math.floor(atMs / 1000) * 1000 > Date.parse(expiresAt ?? '');
}

/**
 * Whether a person has raised the limit that ended the last instance. Without a readable record of it the stall stays,
 * and the annotation lifts it.
 */
export function isLimitRaised(observation: Observation, ending: LimitEnding): boolean {
  const { gpuPod, policy, now } = observation;
  const { spec, status } = gpuPod;
  if (ending === 'CostLimitReached') {
    return spec.maxTotalCost === undefined || spec.maxTotalCost > attemptsCostOf(status);
  }
  const lifetime = lifetimeOf(spec, policy);
  const createdMs = creationMs(status, now.wallMs);
  return (
    lifetime === undefined ||
    (createdMs !== undefined && isLaterThanRecorded(status, createdMs + lifetime.ms))
  );
}

/** What a GpuPod says after a limit ended its instance. Nothing is rented until a person acts. */
export function stallAfterLimit(
  observation: Observation,
  ending: LimitEnding | undefined,
): Partial<ConditionDrafts> {
  if (ending === undefined || isRaisedSince(observation)) {
    return {};
  }
  const message = messageAfter(observation, ending);
  return { Ready: [ending, message], progress: { type: 'Stalled', draft: [ending, message] } };
}

function messageAfter(observation: Observation, ending: LimitEnding): string {
  const { gpuPod, policy, now } = observation;
  const { podId = '' } = gpuPod.status;
  if (ending === 'CostLimitReached') {
    const usd = attemptsCostOf(gpuPod.status) + (accruedUsd(atSeenPrice(observation), now.wallMs) ?? 0);
    return `The operator terminated instance ${podId}. ${costLimitText(gpuPod.spec.maxTotalCost, usd)}`;
  }
  const lifetime = lifetimeOf(gpuPod.spec, policy);
  const limit = lifetime === undefined ? 'its lifetime' : lifetimeText(lifetime);
  const raise = lifetime?.source === 'ceiling' ? '' : 'raise spec.maxLifetime, ';
  return (
    `The operator terminated instance ${podId}, because it reached ${limit}. To rent again, ${raise}` +
    'set spec.suspend to true and back, or set a new gpupod.dev/reconcile-requested-at.'
  );
}

/** How much was spent of the limit, and what to do. */
export function costLimitText(limitUsd = 0, spentUsd: number): string {
  return (
    `All attempts of this GpuPod cost about ${formatUsd(priceToMicros(Math.round(spentUsd * 100) / 100))} USD, and spec.maxTotalCost is ` +
    `${formatUsd(capToMicros(limitUsd))} USD. Raise it to rent again.`
  );
}
