import { isDeepStrictEqual } from 'node:util';
import { FRESH_STATUS } from '../../api/status.ts';
import { formatUsd } from '../../offers/money.ts';
import type { OfferQuery } from '../../offers/offer-source.ts';
import { selectOffer } from '../../offers/select-offer.ts';
import type { SelectedOffer } from '../../offers/select-offer.ts';
import { chargedAtOnce } from '../../offers/upfront.ts';
import { requirementsFrom } from '../../offers/requirements.ts';
import type { GpuPodSpec } from '../../api/spec.ts';
import type { Observation, ObservedOffers } from '../observation.ts';
import type { Failure } from '../provider.ts';
import { draftStatus } from '../status/draft.ts';
import type { Rest, Step } from '../step.ts';
import { ownInstances } from '../surplus.ts';
import { PENDING, pendingBecause } from './condition-drafts.ts';
import { restFailing } from './failing.ts';
import type { Hindrance } from './failing.ts';
import { listDoubt } from './list-doubt.ts';
import { restWithoutOffer } from './no-offer.ts';
import { createInstance, stopAtLastNumber } from './create.ts';

/** The last order could not be sent: it is tried again, later and later. */
export function awaitRetry(observation: Observation): Step | undefined {
  const { localState, now } = observation;
  const { blocked } = localState;
  if (blocked === undefined || blocked.untilMs <= now.monotonicMs) {
    return undefined;
  }
  const retryAfterMs = blocked.untilMs - now.monotonicMs;
  return hindered(observation, { ...blocked, retryAfterMs }, 'The operator retries the create request.');
}

/**
 * An object with a past that may have been stripped from it (`kubectl replace` drops annotations) is rented
 * for only when a fresh complete list shows no live pod of it: one that began when it stood as it stands now. Since an
 * earlier one, another process may have written an order on it.
 */
export function awaitCleanList(observation: Observation): Step | undefined {
  const { now, timings, inventory } = observation;
  const isYoung = hasNoPast(observation) && ageMs(observation) < timings.youngObjectMs;
  const isFresh = inventory !== undefined && inventory.beganAtMs >= oldestListMs(observation);
  if ((isYoung || isFresh) && ownInstances(observation).length === 0) {
    return undefined;
  }
  return isFresh
    ? sayMakingSure(observation, inventory.beganAtMs + timings.busyPollMs)
    : awaitList(observation, now.monotonicMs);
}

function oldestListMs({ localState, now, timings }: Observation): number {
  return Math.max(localState.version?.seenAtMs ?? now.monotonicMs, now.monotonicMs - timings.offerMaxAgeMs);
}

/**
 * As this process saw it, or as the API server did if that is more: a process that stood still sees late what has been
 * there for long. Where this clock is ahead of that of the API server, that costs a list.
 */
function ageMs({ gpuPod, localState, now }: Observation): number {
  const { creationTimestamp = '' } = gpuPod.metadata;
  return Math.max(now.monotonicMs - localState.firstSeenAtMs, now.wallMs - Date.parse(creationTimestamp));
}

/** A status that stands was written by somebody: by a process, it may be, that has ordered meanwhile. */
function hasNoPast({ gpuPod, localState }: Observation): boolean {
  return !localState.inFirstList && isDeepStrictEqual(gpuPod.status, FRESH_STATUS);
}

/** A list is there in a moment: who waits for an offer needs one every minute, and must not write each time. */
function awaitList(observation: Observation, wantsInventoryAfterMs: number): Step {
  const { gpuPod, providerFailure, inventory } = observation;
  const isDoubtful = providerFailure !== undefined || inventory?.doubt !== undefined;
  const isWorthSaying = isDoubtful || isDeepStrictEqual(gpuPod.status, FRESH_STATUS);
  return isWorthSaying
    ? sayMakingSure(observation, wantsInventoryAfterMs)
    : { kind: 'rest', status: gpuPod.status, wantsInventoryAfterMs, ...stillFailing(observation) };
}

/**
 * Each try to send an order writes it down, and so needs a new list: what hindered the last try is not over because of
 * that. Else it would be tried again and again at once, and never be told.
 */
function stillFailing({ localState: { blocked, failure } }: Observation): Pick<Rest, 'remember'> {
  return failure === undefined || failure.reason !== blocked?.reason ? {} : { remember: { failure } };
}

function sayMakingSure(observation: Observation, wantsInventoryAfterMs: number): Step {
  return {
    kind: 'rest',
    status: draftStatus(observation, {
      Ready: PENDING,
      progress: {
        type: 'Reconciling',
        draft: ['Searching', 'Checking that no earlier instance of this GpuPod is still running.'],
      },
      ...listDoubt(observation),
    }),
    wantsInventoryAfterMs,
    ...stillFailing(observation),
  };
}

export function awaitPermit(observation: Observation): Step | undefined {
  const { permit } = observation;
  return permit.kind === 'granted'
    ? undefined
    : hindered(
        observation,
        { reason: permit.reason, message: permit.message, retryAfterMs: permit.retryInMs },
        'Waiting for the circuit breaker to allow create requests again.',
      );
}

/** Reads the offers, unless that was done a moment ago, chooses one, and creates an instance of it. Applies always. */
export function rentFromOffers(observation: Observation): Step {
  const { offers, now, timings, gpuPod } = observation;
  if (offers?.kind === 'failure') {
    return withoutOffers(observation, offers);
  }
  const isFresh = offers !== undefined && now.monotonicMs - offers.beganAtMs < timings.offerMaxAgeMs;
  return isFresh
    ? chooseAndCreate(observation, offers)
    : { kind: 'act', effect: { type: 'readOffers', queries: queriesOf(gpuPod.spec) } };
}

function queriesOf({ gpu, placement, disks }: GpuPodSpec): readonly OfferQuery[] {
  return [...new Set(gpu.types)].map((gpuType) => ({
    gpuType,
    gpuCount: gpu.count,
    regions: (placement.regions ?? []).toSorted(),
    disks: (disks ?? []).toSorted(),
  }));
}

function chooseAndCreate(observation: Observation, offers: Exclude<ObservedOffers, Failure>): Step {
  const { gpuPod, cooldownOf } = observation;
  const requirements = requirementsFrom(gpuPod.spec, observation.policy, cooldownOf);
  const selection = selectOffer(offers.offers, requirements);
  // What could be read is rented from; that there is nothing else is not concluded from what could not.
  if (selection.kind === 'none' && offers.missing !== undefined) {
    return withoutOffers(observation, offers.missing);
  }
  if (selection.kind === 'none') {
    return restWithoutOffer(observation, selection);
  }
  return (
    stopAtLastNumber(observation) ??
    awaitBudget(observation, selection) ??
    createInstance(observation, selection, offers.beganAtMs)
  );
}

/** A question with a word that the provider does not know is asked seldom: only a person can mend it. */
function withoutOffers(observation: Observation, failed: Failure): Step {
  if (failed.reason === 'InvalidRequest') {
    const { reason, message } = failed;
    const hindrance = { reason, message: `${message} Correct spec.gpu or spec.placement.` };
    const retryAfterMs = observation.timings.sweepMs;
    return hindered(
      observation,
      { ...hindrance, retryAfterMs },
      'The operator queries the offers again, at long intervals.',
    );
  }
  return hindered(observation, failed, 'Failed to read the offers; retrying.');
}

function hindered(observation: Observation, hindrance: Hindrance, retrying: string): Rest {
  return restFailing(observation, hindrance, {
    Ready: pendingBecause(hindrance.message),
    progress: { type: 'Reconciling', draft: ['Retrying', retrying] },
  });
}

function awaitBudget(observation: Observation, { cost, offer }: SelectedOffer): Step | undefined {
  const { policy, reservedElsewhere, timings, now, inventory } = observation;
  const limit = policy.maxTotalPricePerHour;
  const charged = chargedAtOnce(cost.total, offer.prepaidHours);
  if (limit === undefined) {
    return undefined;
  }
  if (reservedElsewhere === undefined) {
    return awaitList(observation, now.monotonicMs);
  }
  if (reservedElsewhere + charged <= limit) {
    return undefined;
  }
  const rest = hindered(
    observation,
    {
      reason: 'BudgetExceeded',
      message:
        `Renting for ${formatUsd(charged)} USD${charged > cost.total ? ' at once' : '/h'} would exceed the operator's limit of ${formatUsd(limit)} USD/h ` +
        'for all instances together (--max-total-price-per-hour), retained and orphaned ones included. The GpuPod waits until others terminate.',
      retryAfterMs: timings.offerRetryMs,
    },
    'Waiting for room in the budget.',
  );
  // Whether an instance without a GpuPod has ended, only lists tell.
  return { ...rest, wantsInventoryAfterMs: (inventory?.beganAtMs ?? 0) + timings.quietPollMs };
}
