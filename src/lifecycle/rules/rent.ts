import { isDeepStrictEqual } from 'node:util';
import { FRESH_STATUS } from '../../api/gpupod/status.ts';
import { formatUsd } from '../../offers/money.ts';
import { offerQueries } from '../../offers/offer-source.ts';
import type { SelectedOffer } from '../../offers/select-offer.ts';
import { countOf } from '../../offers/offer-text.ts';
import { sumsOf } from '../account-rules.ts';
import type { CountedSum } from '../account-rules.ts';
import { chargedAtOnce } from '../../offers/upfront.ts';
import { chooseOffer } from '../choose-offer.ts';
import type { Observation, ObservedOffers } from '../observation.ts';
import type { Failure } from '../provider.ts';
import { draftStatus } from '../status/draft.ts';
import type { Rest, Step } from '../step.ts';
import { ownInstances } from '../instance-relation.ts';
import { PENDING, pendingBecause } from './condition-drafts.ts';
import { restFailing } from './failing.ts';
import type { Hindrance } from './failing.ts';
import { listDoubt } from './list-doubt.ts';
import { restWithoutOffer } from './no-offer.ts';
import { createInstance, stopAtLastNumber } from './create.ts';
import { awaitSshKey } from './ssh-key.ts';

/** The last create request could not be sent; the wait grows with each failure. */
export function awaitRetry(observation: Observation): Step | undefined {
  const { localState, now } = observation;
  const { blocked } = localState;
  if (blocked === undefined || blocked.untilMs <= now.monotonicMs) {
    return undefined;
  }
  const retryAfterMs = blocked.untilMs - now.monotonicMs;
  if (blocked.isFinal === true && blocked.reason === 'InvalidSshKey') {
    return restFailing(
      observation,
      { ...blocked, retryAfterMs },
      {
        Ready: pendingBecause(blocked.message),
        progress: { type: 'Stalled', draft: [blocked.reason, blocked.message] },
      },
    );
  }
  return hindered(observation, { ...blocked, retryAfterMs }, 'The operator retries the create request.');
}

/**
 * Waits for a complete list without an instance of this GpuPod, because `kubectl replace` may have removed its
 * annotations. The list must have begun after this version of the GpuPod was first seen: another process may have
 * written a create intent since an older list.
 */
export function awaitCleanList(observation: Observation): Step | undefined {
  const { now, timings, inventory } = observation;
  const isYoung = hasNoPast(observation) && ageMs(observation) < timings.youngObjectMs;
  const isFresh = inventory !== undefined && inventory.beganAtMs >= oldestListMs(observation);
  if ((isYoung || isFresh) && ownInstances(observation).length === 0) {
    return undefined;
  }
  return isFresh
    ? reportCheck(observation, inventory.beganAtMs + timings.busyPollMs)
    : awaitList(observation, now.monotonicMs);
}

function oldestListMs({ localState, now, timings }: Observation): number {
  return Math.max(localState.version?.seenAtMs ?? now.monotonicMs, now.monotonicMs - timings.offerMaxAgeMs);
}

/**
 * Age since this process or the API server first saw the GpuPod, whichever is longer: a process that was suspended
 * sees old objects late. If its clock runs ahead of the API server's, that costs one list.
 */
function ageMs({ gpuPod, localState, now }: Observation): number {
  const { creationTimestamp = '' } = gpuPod.metadata;
  return Math.max(now.monotonicMs - localState.firstSeenAtMs, now.wallMs - Date.parse(creationTimestamp));
}

/** A fresh GpuPod that was created while this process watched. Another process may have rented for any other one. */
function hasNoPast({ gpuPod, localState }: Observation): boolean {
  return !localState.inFirstList && isDeepStrictEqual(gpuPod.status, FRESH_STATUS);
}

/**
 * A list usually takes a moment. A GpuPod that waits for an offer needs one every minute, and must not cost a write
 * each time.
 */
function awaitList(observation: Observation, wantsInventoryAfterMs: number): Step {
  const { gpuPod, providerFailure, inventory } = observation;
  const isDoubtful = providerFailure !== undefined || inventory?.doubt !== undefined;
  const isWorthReporting = isDoubtful || isDeepStrictEqual(gpuPod.status, FRESH_STATUS);
  return isWorthReporting
    ? reportCheck(observation, wantsInventoryAfterMs)
    : { kind: 'rest', status: gpuPod.status, wantsInventoryAfterMs, ...stillFailing(observation) };
}

/**
 * Keeps the failure of the last create request in the local state. Each retry writes an intent and so needs a new
 * list; without this the retries would follow each other at once, and never be reported.
 */
function stillFailing({ localState: { blocked, failure } }: Observation): Pick<Rest, 'remember'> {
  return failure === undefined || failure.reason !== blocked?.reason ? {} : { remember: { failure } };
}

function reportCheck(observation: Observation, wantsInventoryAfterMs: number): Step {
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

/** Reads the offers unless they are fresh, chooses one, and creates an instance. Always returns a step. */
export function rentFromOffers(observation: Observation): Step {
  const { offers, now, timings, gpuPod } = observation;
  if (offers?.kind === 'failure') {
    return withoutOffers(observation, offers);
  }
  const isFresh = offers !== undefined && now.monotonicMs - offers.beganAtMs < timings.offerMaxAgeMs;
  return isFresh
    ? chooseAndCreate(observation, offers)
    : { kind: 'act', effect: { type: 'readOffers', queries: offerQueries(gpuPod.spec) } };
}

function chooseAndCreate(observation: Observation, offers: Exclude<ObservedOffers, Failure>): Step {
  const choice = chooseOffer(observation, offers);
  if (choice.kind === 'failure') {
    return withoutOffers(observation, choice);
  }
  if (choice.kind === 'none') {
    return restWithoutOffer(observation, choice);
  }
  return (
    stopAtLastNumber(observation) ??
    awaitBudget(observation, choice) ??
    awaitAccountRoom(observation, choice) ??
    awaitSshKey(observation) ??
    createInstance(observation, choice, offers.beganAtMs)
  );
}

/** A query with a value that the provider does not know is repeated rarely, because only a person can correct it. */
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
  const { policy, reservedElsewhere, timings, inventory } = observation;
  const limit = policy.maxTotalPricePerHour;
  const charged = chargedAtOnce(cost.total, offer.prepaidHours);
  if (limit === undefined) {
    return undefined;
  }
  if (reservedElsewhere === undefined) {
    return awaitLists(observation);
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
  // Only a list shows that an instance without a GpuPod has ended.
  return { ...rest, wantsInventoryAfterMs: (inventory?.beganAtMs ?? 0) + timings.quietPollMs };
}

/** The sum needs the first complete list of every account. The session of this GpuPod takes only its own. */
function awaitLists(observation: Observation): Step {
  const { awaitedList = 'every account', inventory, now, timings } = observation;
  if (inventory === undefined) {
    return awaitList(observation, now.monotonicMs);
  }
  return hindered(
    observation,
    {
      reason: 'BudgetExceeded',
      message: `Nothing is rented before all limits are known: waiting for ${awaitedList} to be listed.`,
      retryAfterMs: timings.busyPollMs,
    },
    'Waiting for the instances of all accounts to be listed.',
  );
}

/** Waits until the limits of the account on all its instances leave room for another one. */
function awaitAccountRoom(observation: Observation, selected: SelectedOffer): Step | undefined {
  const { policy, accountSums, gpuPod, timings, inventory } = observation;
  if (policy.account === undefined || sumsOf(policy.account).length === 0) {
    return undefined;
  }
  if (accountSums === undefined) {
    return awaitLists(observation);
  }
  const full = accountSums.find((sum) => sum.counted + addedTo(sum, selected) > sum.limit);
  if (full === undefined) {
    return undefined;
  }
  const whose = full.isPerNamespace ? `namespace ${gpuPod.metadata.namespace}` : 'all its GpuPods';
  const rest = hindered(
    observation,
    {
      reason: 'BudgetExceeded',
      message:
        `Renting ${amountText(full, addedTo(full, selected))} more would exceed ${full.field} (${amountText(full, full.limit)} for ${whose}, ` +
        `${amountText(full, full.counted)} in use, retained and orphaned instances included). The GpuPod waits until others terminate.`,
      retryAfterMs: timings.offerRetryMs,
    },
    'Waiting for room in the limits of the account.',
  );
  // Only a list shows that an instance without a GpuPod has ended.
  return { ...rest, wantsInventoryAfterMs: (inventory?.beganAtMs ?? 0) + timings.quietPollMs };
}

function addedTo({ measure }: CountedSum, { cost, offer }: SelectedOffer): number {
  switch (measure) {
    case 'micros':
      return chargedAtOnce(cost.total, offer.prepaidHours);
    case 'instances':
      return 1;
    case 'gpus':
      return offer.gpuCount;
  }
}

function amountText({ measure }: CountedSum, amount: number): string {
  switch (measure) {
    case 'micros':
      return `${formatUsd(amount)} USD/h`;
    case 'instances':
      return countOf(amount, 'instance');
    case 'gpus':
      return countOf(amount, 'GPU');
  }
}
