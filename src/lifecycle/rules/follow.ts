import { identityOf } from '../account.ts';
import type { Observation, Sight } from '../observation.ts';
import { endVerdict, isOldEnoughForLists, mayReadAgain, untilReadAgainMs } from '../gone.ts';
import type { EndVerdict } from '../gone.ts';
import type { RentalMemory } from '../memory.ts';
import { readinessOf } from '../readiness.ts';
import { draftStatus } from '../status/draft.ts';
import type { Facts } from '../status/draft.ts';
import { timestamp } from '../status/timestamp.ts';
import type { Rest, Step } from '../step.ts';
import { checkOrder } from './as-ordered.ts';
import { standingClaim } from './claims.ts';
import { confirmBeforeReady } from './confirm.ts';
import { closeRental } from './ending.ts';
import { holdStranger, proofFacts, withholdAddress } from './identity.ts';
import { followUnready } from './provision.ts';
import { checkPrice, priceFacts } from './price-check.ts';
import { followReady } from './ready.ts';

/** Follows the rented pod from its last good look: gone, doubtful, failing, on its way, or ready. */
export function followRental(observation: Observation): Step | undefined {
  const { memory, sight } = observation;
  const { rental } = memory;
  if (rental === undefined) {
    return undefined;
  }
  const verdict = endVerdict(observation);
  if (verdict !== 'live') {
    return closeAfterLoss(observation, verdict);
  }
  const step =
    holdStranger(observation, rental) ??
    compare(observation, sight) ??
    investigate(observation, rental) ??
    reportStaleness(observation, rental) ??
    (sight === undefined ? awaitFirstLook(observation) : judge(observation, rental, sight));
  return awakeWhenStale(observation, rental, step);
}

/** What it says of itself, against what was paid for. */
function compare(observation: Observation, sight: Sight | undefined): Step | undefined {
  return checkPrice(observation, sight?.look) ?? checkOrder(observation, sight?.look);
}

/** The pod is gone and nobody here ended it. One that was ready is not replaced by itself: its work is lost. */
function closeAfterLoss(observation: Observation, verdict: EndVerdict): Step {
  const wasReady = observation.gpuPod.status.readyAt !== undefined;
  const reason = verdict === 'terminated' && wasReady ? 'Interrupted' : 'Lost';
  const { podId = '' } = observation.gpuPod.status;
  const what =
    verdict === 'terminated'
      ? 'was terminated, but not by this operator'
      : 'is no longer known to the provider';
  const message = `Instance ${podId} ${what}.`;
  if (!wasReady) {
    return closeRental(observation, { reason, message }, { Provisioned: ['Lost', message] });
  }
  const way =
    'To rent again, set spec.suspend to true and back, or set a new gpupod.dev/reconcile-requested-at.';
  return closeRental(
    observation,
    { reason, message },
    {
      Ready: [reason, `${message} ${way}`],
      Provisioned: ['Lost', message],
      progress: { type: 'Stalled', claim: [reason, `${message} ${way}`] },
    },
  );
}

/** Something says that the pod may be gone: ask for it by id, and look for it in a complete list. */
function investigate(observation: Observation, rental: RentalMemory): Step | undefined {
  const { now, timings } = observation;
  if (!isSuspect(observation, rental)) {
    return undefined;
  }
  const requeueAfterMs = untilReadAgainMs(rental, now.monotonicMs, timings.goneSpacingMs);
  if (requeueAfterMs <= 0) {
    return { kind: 'act', effect: { type: 'readPod', podId: rental.podId } };
  }
  const readAtMs = now.monotonicMs + requeueAfterMs - timings.goneSpacingMs;
  const hasLookedSince = observation.census !== undefined && observation.census.beganAtMs >= readAtMs;
  return {
    kind: 'rest',
    status: observation.gpuPod.status,
    requeueAfterMs,
    ...(hasLookedSince ? {} : { wantsCensusAfterMs: readAtMs }),
  };
}

function isSuspect(observation: Observation, rental: RentalMemory): boolean {
  const { sight, massAbsence } = observation;
  const isReportedGone = sight?.omitted === true || sight?.look.status === 'TERMINATED';
  return !massAbsence && (rental.missing > 0 || isReportedGone || isMissingInList(observation, rental));
}

/** A complete list that is newer than every good look does not show the pod. */
function isMissingInList({ sight, census, timings }: Observation, rental: RentalMemory): boolean {
  const { podId, read } = rental;
  if (census === undefined || census.live.some((pod) => pod.podId === podId)) {
    return false;
  }
  const foundAtMs = read?.result === 'found' ? read.beganAtMs : 0;
  const isNews = census.beganAtMs > Math.max(sight?.beganAtMs ?? 0, foundAtMs);
  return isNews && isOldEnoughForLists(rental, census, timings);
}

function reportStaleness(observation: Observation, rental: RentalMemory): Rest | undefined {
  const { timings, gpuPod } = observation;
  if (untilStaleMs(observation, rental) > 0) {
    return undefined;
  }
  const message = `The provider has not shown the status of instance ${rental.podId} for a while. It may run, and it may bill.`;
  return {
    kind: 'rest',
    status: draftStatus(observation, {
      Ready: ['Stale', message],
      Synced: standingClaim(gpuPod.status, 'Synced', ['ApiUnavailable', message]),
      progress: { type: 'Reconciling', claim: ['Retrying', 'Waiting for the provider to answer.'] },
    }),
    requeueAfterMs: timings.quietPollMs,
    pollOften: true,
  };
}

function untilStaleMs({ sight, now, timings }: Observation, { sinceMs }: RentalMemory): number {
  return (sight?.beganAtMs ?? sinceMs) + timings.staleMs - now.monotonicMs;
}

/** Whatever it waits for: the moment from which the last look is too old is not slept through. */
function awakeWhenStale(observation: Observation, rental: RentalMemory, step: Step): Step {
  const untilMs = untilStaleMs(observation, rental);
  return step.kind === 'rest' && untilMs > 0
    ? { ...step, requeueAfterMs: Math.min(step.requeueAfterMs ?? untilMs, untilMs) }
    : step;
}

/** Nothing was read of the pod yet: the first status poll will tell. */
function awaitFirstLook({ gpuPod, timings }: Observation): Rest {
  return { kind: 'rest', status: gpuPod.status, requeueAfterMs: timings.staleMs, pollOften: true };
}

function judge(observation: Observation, rental: RentalMemory, sight: Sight): Step {
  const readiness = readinessOf(sight.look);
  if (readiness === 'usable') {
    const withheld = withholdAddress(observation, rental, sight);
    if (withheld !== undefined) {
      return withheld;
    }
    const facts = seenFacts(observation, sight);
    return (
      confirmBeforeReady(observation, rental, sight, facts) ??
      awaitPorts(observation, rental, sight) ??
      followReady(observation, sight.look, facts)
    );
  }
  // A status poll says less than the pod itself: an endpoint may have to be put together from its ports.
  const lacksOnlySsh =
    readiness === 'lacksEndpoint' &&
    mayReadAgain(rental, observation.now.monotonicMs, observation.timings.goneSpacingMs);
  return lacksOnlySsh
    ? { kind: 'act', effect: { type: 'readPod', podId: rental.podId } }
    : followUnready(observation, rental, sight, seenFacts(observation, sight));
}

/**
 * Ports may stand in the pod object alone. A list, which all share, shows them before Ready is written: if they came
 * with the next sweep, each pod would be written twice more. Where lists fail they are not waited for.
 */
function awaitPorts(observation: Observation, { read }: RentalMemory, sight: Sight): Rest | undefined {
  const { census, gpuPod, providerFailure } = observation;
  const isListed = census !== undefined && census.beganAtMs >= sight.beganAtMs;
  const isLookedAt = isListed || read?.result === 'found';
  // What is written down of a link lacks its token.
  const hasLink = (gpuPod.status.ports ?? []).some(({ url }) => url !== undefined);
  const isWritten = gpuPod.status.readyAt !== undefined && !hasLink;
  const isKnown = sight.look.ports.length > 0 || isLookedAt || isWritten;
  return isKnown || providerFailure !== undefined
    ? undefined
    : { kind: 'rest', status: gpuPod.status, pollOften: true, wantsCensusAfterMs: sight.beganAtMs };
}

/** A rental from before accounts were recorded: it was seen with this key. Rides along with the next write. */
function accountFacts({ gpuPod, account }: Observation): Facts {
  const identity = identityOf(account);
  if (gpuPod.status.account !== undefined || identity === undefined) {
    return {};
  }
  const { origin, userId } = identity;
  return { account: { ...(origin === undefined ? {} : { origin }), userId } };
}

function seenFacts(observation: Observation, { look }: Sight): Facts {
  const { gpuPod, now } = observation;
  const isFirstActive = look.status === 'ACTIVE' && gpuPod.status.activeAt === undefined;
  return {
    ...priceFacts(gpuPod.status, look),
    ...accountFacts(observation),
    ...proofFacts(observation),
    ...(isFirstActive ? { activeAt: timestamp(now.wallMs) } : {}),
  };
}
