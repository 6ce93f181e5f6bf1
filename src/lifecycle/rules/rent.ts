import { isDeepStrictEqual } from 'node:util';
import { FRESH_STATUS } from '../../api/status.ts';
import { formatUsd } from '../../offers/money.ts';
import type { OfferQuery } from '../../offers/offer-source.ts';
import { selectOffer } from '../../offers/select-offer.ts';
import type { SelectedOffer } from '../../offers/select-offer.ts';
import { chargedAtOnce } from '../../offers/upfront.ts';
import { wishFrom } from '../../offers/wish.ts';
import type { GpuPodSpec } from '../../api/spec.ts';
import type { Knowledge, OffersKnowledge } from '../knowledge.ts';
import type { Failure } from '../provider.ts';
import { draftStatus } from '../status/draft.ts';
import type { Rest, Step } from '../step.ts';
import { ownInstances } from '../surplus.ts';
import { PENDING, pendingBecause } from './claims.ts';
import { restFailing } from './failing.ts';
import type { Hindrance } from './failing.ts';
import { listDoubt } from './list-doubt.ts';
import { restWithoutOffer } from './no-offer.ts';
import { placeOrder, stopAtLastNumber } from './place-order.ts';

/** Nothing is rented and nothing hinders it: look at the offers, choose one, and order it. */
export function rent(knowledge: Knowledge): Step {
  return (
    awaitRetry(knowledge) ??
    awaitCleanList(knowledge) ??
    awaitGate(knowledge) ??
    rentFrom(knowledge, knowledge.offers)
  );
}

/** The last order could not be sent: it is tried again, later and later. */
function awaitRetry(knowledge: Knowledge): Step | undefined {
  const { memory, now } = knowledge;
  const { blocked } = memory;
  if (blocked === undefined || blocked.untilMs <= now.monotonicMs) {
    return undefined;
  }
  const retryAfterMs = blocked.untilMs - now.monotonicMs;
  return hindered(knowledge, { ...blocked, retryAfterMs }, 'The operator retries the create request.');
}

/**
 * An object with a past that may have been stripped from it (`kubectl replace` drops annotations) is rented
 * for only when a fresh complete list shows no live pod of it: one that began when it stood as it stands now. Since an
 * earlier one, another process may have written an order on it.
 */
function awaitCleanList(knowledge: Knowledge): Step | undefined {
  const { now, windows, census } = knowledge;
  const isYoung = hasNoPast(knowledge) && ageMs(knowledge) < windows.youngObjectMs;
  const isFresh = census !== undefined && census.beganAtMs >= oldestListMs(knowledge);
  if ((isYoung || isFresh) && ownInstances(knowledge).length === 0) {
    return undefined;
  }
  return isFresh
    ? sayMakingSure(knowledge, census.beganAtMs + windows.busyPollMs)
    : awaitList(knowledge, now.monotonicMs);
}

function oldestListMs({ memory, now, windows }: Knowledge): number {
  return Math.max(memory.version?.seenAtMs ?? now.monotonicMs, now.monotonicMs - windows.offerMaxAgeMs);
}

/**
 * As this process saw it, or as the API server did if that is more: a process that stood still sees late what has been
 * there for long. Where this clock is ahead of that of the API server, that costs a list.
 */
function ageMs({ gpuPod, memory, now }: Knowledge): number {
  const { creationTimestamp = '' } = gpuPod.metadata;
  return Math.max(now.monotonicMs - memory.firstSeenAtMs, now.wallMs - Date.parse(creationTimestamp));
}

/** A status that stands was written by somebody: by a process, it may be, that has ordered meanwhile. */
function hasNoPast({ gpuPod, memory }: Knowledge): boolean {
  return !memory.inFirstList && isDeepStrictEqual(gpuPod.status, FRESH_STATUS);
}

/** A list is there in a moment: who waits for an offer needs one every minute, and must not write each time. */
function awaitList(knowledge: Knowledge, wantsCensusAfterMs: number): Step {
  const { gpuPod, providerFailure, census } = knowledge;
  const isDoubtful = providerFailure !== undefined || census?.doubt !== undefined;
  const isWorthSaying = isDoubtful || isDeepStrictEqual(gpuPod.status, FRESH_STATUS);
  return isWorthSaying
    ? sayMakingSure(knowledge, wantsCensusAfterMs)
    : { kind: 'rest', status: gpuPod.status, wantsCensusAfterMs, ...stillFailing(knowledge) };
}

/**
 * Each try to send an order writes it down, and so needs a new list: what hindered the last try is not over because of
 * that. Else it would be tried again and again at once, and never be told.
 */
function stillFailing({ memory: { blocked, failure } }: Knowledge): Pick<Rest, 'remember'> {
  return failure === undefined || failure.reason !== blocked?.reason ? {} : { remember: { failure } };
}

function sayMakingSure(knowledge: Knowledge, wantsCensusAfterMs: number): Step {
  return {
    kind: 'rest',
    status: draftStatus(knowledge, {
      Ready: PENDING,
      progress: {
        type: 'Reconciling',
        claim: ['Searching', 'Checking that no earlier instance of this GpuPod is still running.'],
      },
      ...listDoubt(knowledge),
    }),
    wantsCensusAfterMs,
    ...stillFailing(knowledge),
  };
}

function awaitGate(knowledge: Knowledge): Step | undefined {
  const { gate } = knowledge;
  return gate.kind === 'open'
    ? undefined
    : hindered(
        knowledge,
        { reason: gate.reason, message: gate.message, retryAfterMs: gate.retryInMs },
        'Waiting for the circuit breaker to allow create requests again.',
      );
}

function rentFrom(knowledge: Knowledge, offers: OffersKnowledge | undefined): Step {
  if (offers?.kind === 'failure') {
    return withoutOffers(knowledge, offers);
  }
  const { now, windows, gpuPod } = knowledge;
  const isFresh = offers !== undefined && now.monotonicMs - offers.beganAtMs < windows.offerMaxAgeMs;
  return isFresh
    ? chooseAndOrder(knowledge, offers)
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

function chooseAndOrder(knowledge: Knowledge, offers: Exclude<OffersKnowledge, Failure>): Step {
  const { gpuPod, coolingDown } = knowledge;
  const wish = wishFrom(gpuPod.spec, knowledge.policy, coolingDown);
  const selection = selectOffer(offers.offers, wish);
  // What could be read is rented from; that there is nothing else is not concluded from what could not.
  if (selection.kind === 'none' && offers.missing !== undefined) {
    return withoutOffers(knowledge, offers.missing);
  }
  if (selection.kind === 'none') {
    return restWithoutOffer(knowledge, selection);
  }
  return (
    stopAtLastNumber(knowledge) ??
    awaitBudget(knowledge, selection) ??
    placeOrder(knowledge, selection, offers.beganAtMs)
  );
}

/** A question with a word that the provider does not know is asked seldom: only a person can mend it. */
function withoutOffers(knowledge: Knowledge, failed: Failure): Step {
  if (failed.reason === 'InvalidRequest') {
    const { reason, message } = failed;
    const hindrance = { reason, message: `${message} Correct spec.gpu or spec.placement.` };
    const retryAfterMs = knowledge.windows.sweepMs;
    return hindered(
      knowledge,
      { ...hindrance, retryAfterMs },
      'The operator queries the offers again, at long intervals.',
    );
  }
  return hindered(knowledge, failed, 'Failed to read the offers; retrying.');
}

function hindered(knowledge: Knowledge, hindrance: Hindrance, retrying: string): Rest {
  return restFailing(knowledge, hindrance, {
    Ready: pendingBecause(hindrance.message),
    progress: { type: 'Reconciling', claim: ['Retrying', retrying] },
  });
}

function awaitBudget(knowledge: Knowledge, { cost, offer }: SelectedOffer): Step | undefined {
  const { policy, committedElsewhere, windows, now, census } = knowledge;
  const limit = policy.maxTotalPricePerHour;
  const charged = chargedAtOnce(cost.total, offer.prepaidHours);
  if (limit === undefined) {
    return undefined;
  }
  if (committedElsewhere === undefined) {
    return awaitList(knowledge, now.monotonicMs);
  }
  if (committedElsewhere + charged <= limit) {
    return undefined;
  }
  const rest = hindered(
    knowledge,
    {
      reason: 'BudgetExhausted',
      message:
        `Renting for ${formatUsd(charged)} USD${charged > cost.total ? ' at once' : '/h'} would exceed the operator's limit of ${formatUsd(limit)} USD/h ` +
        'for all instances together (--max-total-price-per-hour), retained and orphaned ones included. The GpuPod waits until others terminate.',
      retryAfterMs: windows.offerRetryMs,
    },
    'Waiting for room in the budget.',
  );
  // Whether an instance without a GpuPod has ended, only lists tell.
  return { ...rest, wantsCensusAfterMs: (census?.beganAtMs ?? 0) + windows.quietPollMs };
}
