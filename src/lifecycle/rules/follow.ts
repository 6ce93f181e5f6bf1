import { identityOf } from '../account.ts';
import type { Knowledge, Sight } from '../knowledge.ts';
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
export function followRental(knowledge: Knowledge): Step | undefined {
  const { memory, sight } = knowledge;
  const { rental } = memory;
  if (rental === undefined) {
    return undefined;
  }
  const verdict = endVerdict(knowledge);
  if (verdict !== 'live') {
    return closeAfterLoss(knowledge, verdict);
  }
  const step =
    holdStranger(knowledge, rental) ??
    compare(knowledge, sight) ??
    investigate(knowledge, rental) ??
    reportStaleness(knowledge, rental) ??
    (sight === undefined ? awaitFirstLook(knowledge) : judge(knowledge, rental, sight));
  return awakeWhenStale(knowledge, rental, step);
}

/** What it says of itself, against what was paid for. */
function compare(knowledge: Knowledge, sight: Sight | undefined): Step | undefined {
  return checkPrice(knowledge, sight?.look) ?? checkOrder(knowledge, sight?.look);
}

/** The pod is gone and nobody here ended it. One that was ready is not replaced by itself: its work is lost. */
function closeAfterLoss(knowledge: Knowledge, verdict: EndVerdict): Step {
  const wasReady = knowledge.gpuPod.status.readyAt !== undefined;
  const reason = verdict === 'terminated' && wasReady ? 'Interrupted' : 'Lost';
  const { podId = '' } = knowledge.gpuPod.status;
  const what =
    verdict === 'terminated'
      ? 'was terminated, but not by this operator'
      : 'is no longer known to the provider';
  const message = `Instance ${podId} ${what}.`;
  if (!wasReady) {
    return closeRental(knowledge, { reason, message }, { Provisioned: ['Lost', message] });
  }
  const way =
    'To rent again, set spec.suspend to true and back, or set a new gpupod.dev/reconcile-requested-at.';
  return closeRental(
    knowledge,
    { reason, message },
    {
      Ready: [reason, `${message} ${way}`],
      Provisioned: ['Lost', message],
      progress: { type: 'Stalled', claim: [reason, `${message} ${way}`] },
    },
  );
}

/** Something says that the pod may be gone: ask for it by id, and look for it in a complete list. */
function investigate(knowledge: Knowledge, rental: RentalMemory): Step | undefined {
  const { now, windows } = knowledge;
  if (!isSuspect(knowledge, rental)) {
    return undefined;
  }
  const againInMs = untilReadAgainMs(rental, now.monotonicMs, windows.goneSpacingMs);
  if (againInMs <= 0) {
    return { kind: 'act', effect: { type: 'readPod', podId: rental.podId } };
  }
  const readAtMs = now.monotonicMs + againInMs - windows.goneSpacingMs;
  const hasLookedSince = knowledge.census !== undefined && knowledge.census.beganAtMs >= readAtMs;
  return {
    kind: 'rest',
    status: knowledge.gpuPod.status,
    againInMs,
    ...(hasLookedSince ? {} : { wantsCensusAfterMs: readAtMs }),
  };
}

function isSuspect(knowledge: Knowledge, rental: RentalMemory): boolean {
  const { sight, massAbsence } = knowledge;
  const isReportedGone = sight?.omitted === true || sight?.look.status === 'TERMINATED';
  return !massAbsence && (rental.missing > 0 || isReportedGone || isMissingInList(knowledge, rental));
}

/** A complete list that is newer than every good look does not show the pod. */
function isMissingInList({ sight, census, windows }: Knowledge, rental: RentalMemory): boolean {
  const { podId, read } = rental;
  if (census === undefined || census.live.some((pod) => pod.podId === podId)) {
    return false;
  }
  const foundAtMs = read?.result === 'found' ? read.beganAtMs : 0;
  const isNews = census.beganAtMs > Math.max(sight?.beganAtMs ?? 0, foundAtMs);
  return isNews && isOldEnoughForLists(rental, census, windows);
}

function reportStaleness(knowledge: Knowledge, rental: RentalMemory): Rest | undefined {
  const { windows, gpuPod } = knowledge;
  if (untilStaleMs(knowledge, rental) > 0) {
    return undefined;
  }
  const message = `The provider has not shown the status of instance ${rental.podId} for a while. It may run, and it may bill.`;
  return {
    kind: 'rest',
    status: draftStatus(knowledge, {
      Ready: ['Stale', message],
      Synced: standingClaim(gpuPod.status, 'Synced', ['ApiUnavailable', message]),
      progress: { type: 'Reconciling', claim: ['Retrying', 'Waiting for the provider to answer.'] },
    }),
    againInMs: windows.quietPollMs,
    pollOften: true,
  };
}

function untilStaleMs({ sight, now, windows }: Knowledge, { sinceMs }: RentalMemory): number {
  return (sight?.beganAtMs ?? sinceMs) + windows.staleMs - now.monotonicMs;
}

/** Whatever it waits for: the moment from which the last look is too old is not slept through. */
function awakeWhenStale(knowledge: Knowledge, rental: RentalMemory, step: Step): Step {
  const untilMs = untilStaleMs(knowledge, rental);
  return step.kind === 'rest' && untilMs > 0
    ? { ...step, againInMs: Math.min(step.againInMs ?? untilMs, untilMs) }
    : step;
}

/** Nothing was read of the pod yet: the first status poll will tell. */
function awaitFirstLook({ gpuPod, windows }: Knowledge): Rest {
  return { kind: 'rest', status: gpuPod.status, againInMs: windows.staleMs, pollOften: true };
}

function judge(knowledge: Knowledge, rental: RentalMemory, sight: Sight): Step {
  const readiness = readinessOf(sight.look);
  if (readiness === 'usable') {
    const withheld = withholdAddress(knowledge, rental, sight);
    if (withheld !== undefined) {
      return withheld;
    }
    const facts = seenFacts(knowledge, sight);
    return (
      confirmBeforeReady(knowledge, rental, sight, facts) ??
      awaitPorts(knowledge, rental, sight) ??
      followReady(knowledge, sight.look, facts)
    );
  }
  // A status poll says less than the pod itself: an endpoint may have to be put together from its ports.
  const lacksOnlySsh =
    readiness === 'lacksEndpoint' &&
    mayReadAgain(rental, knowledge.now.monotonicMs, knowledge.windows.goneSpacingMs);
  return lacksOnlySsh
    ? { kind: 'act', effect: { type: 'readPod', podId: rental.podId } }
    : followUnready(knowledge, rental, sight, seenFacts(knowledge, sight));
}

/**
 * Ports may stand in the pod object alone. A list, which all share, shows them before Ready is written: if they came
 * with the next sweep, each pod would be written twice more. Where lists fail they are not waited for.
 */
function awaitPorts(knowledge: Knowledge, { read }: RentalMemory, sight: Sight): Rest | undefined {
  const { census, gpuPod, providerFailure } = knowledge;
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
function accountFacts({ gpuPod, account }: Knowledge): Facts {
  const identity = identityOf(account);
  if (gpuPod.status.account !== undefined || identity === undefined) {
    return {};
  }
  const { origin, userId } = identity;
  return { account: { ...(origin === undefined ? {} : { origin }), userId } };
}

function seenFacts(knowledge: Knowledge, { look }: Sight): Facts {
  const { gpuPod, now } = knowledge;
  const isFirstActive = look.status === 'ACTIVE' && gpuPod.status.activeAt === undefined;
  return {
    ...priceFacts(gpuPod.status, look),
    ...accountFacts(knowledge),
    ...proofFacts(knowledge),
    ...(isFirstActive ? { activeAt: timestamp(now.wallMs) } : {}),
  };
}
