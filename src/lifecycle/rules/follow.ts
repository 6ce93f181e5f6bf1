import { identityOf } from '../account.ts';
import type { Observation, LastSeen } from '../observation.ts';
import { endVerdict, isOldEnoughForLists, mayReadAgain, untilReadAgainMs } from '../gone.ts';
import type { EndVerdict } from '../gone.ts';
import type { InstanceState } from '../local-state.ts';
import { readinessOf } from '../readiness.ts';
import { draftStatus } from '../status/draft.ts';
import type { Facts } from '../status/draft.ts';
import { timestamp } from '../status/timestamp.ts';
import type { Rest, Step } from '../step.ts';
import { checkAsRequested } from './as-requested.ts';
import { currentDraft } from './condition-drafts.ts';
import { confirmBeforeReady } from './confirm.ts';
import { closeEndedInstance } from './termination.ts';
import { holdStranger, proofFacts, withholdAddress } from './identity.ts';
import { followUnready } from './provision.ts';
import { checkPrice, priceFacts } from './price-check.ts';
import { followReady } from './ready.ts';

/** Follows the rented pod from its last good look: gone, doubtful, failing, on its way, or ready. */
export function followInstance(observation: Observation): Step | undefined {
  const { localState, lastSeen } = observation;
  const { instance } = localState;
  if (instance === undefined) {
    return undefined;
  }
  const verdict = endVerdict(observation);
  if (verdict !== 'live') {
    return closeAfterLoss(observation, verdict);
  }
  const step =
    holdStranger(observation, instance) ??
    compare(observation, lastSeen) ??
    investigate(observation, instance) ??
    reportStaleness(observation, instance) ??
    (lastSeen === undefined ? awaitFirstSnapshot(observation) : judge(observation, instance, lastSeen));
  return awakeWhenStale(observation, instance, step);
}

/** What it says of itself, against what was paid for. */
function compare(observation: Observation, lastSeen: LastSeen | undefined): Step | undefined {
  return checkPrice(observation, lastSeen?.snapshot) ?? checkAsRequested(observation, lastSeen?.snapshot);
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
    return closeEndedInstance(observation, { reason, message }, { Provisioned: ['Lost', message] });
  }
  const way =
    'To rent again, set spec.suspend to true and back, or set a new gpupod.dev/reconcile-requested-at.';
  return closeEndedInstance(
    observation,
    { reason, message },
    {
      Ready: [reason, `${message} ${way}`],
      Provisioned: ['Lost', message],
      progress: { type: 'Stalled', draft: [reason, `${message} ${way}`] },
    },
  );
}

/** Something says that the pod may be gone: ask for it by id, and look for it in a complete list. */
function investigate(observation: Observation, instance: InstanceState): Step | undefined {
  const { now, timings } = observation;
  if (!isSuspect(observation, instance)) {
    return undefined;
  }
  const requeueAfterMs = untilReadAgainMs(instance, now.monotonicMs, timings.goneSpacingMs);
  if (requeueAfterMs <= 0) {
    return { kind: 'act', effect: { type: 'readPod', podId: instance.podId } };
  }
  const readAtMs = now.monotonicMs + requeueAfterMs - timings.goneSpacingMs;
  const wasReadSince = observation.inventory !== undefined && observation.inventory.beganAtMs >= readAtMs;
  return {
    kind: 'rest',
    status: observation.gpuPod.status,
    requeueAfterMs,
    ...(wasReadSince ? {} : { wantsInventoryAfterMs: readAtMs }),
  };
}

function isSuspect(observation: Observation, instance: InstanceState): boolean {
  const { lastSeen, massAbsence } = observation;
  const isReportedGone = lastSeen?.omitted === true || lastSeen?.snapshot.status === 'TERMINATED';
  return !massAbsence && (instance.missing > 0 || isReportedGone || isMissingInList(observation, instance));
}

/** A complete list that is newer than every good look does not show the pod. */
function isMissingInList({ lastSeen, inventory, timings }: Observation, instance: InstanceState): boolean {
  const { podId, read } = instance;
  if (inventory === undefined || inventory.live.some((instance) => instance.podId === podId)) {
    return false;
  }
  const foundAtMs = read?.result === 'found' ? read.beganAtMs : 0;
  const isNews = inventory.beganAtMs > Math.max(lastSeen?.beganAtMs ?? 0, foundAtMs);
  return isNews && isOldEnoughForLists(instance, inventory, timings);
}

function reportStaleness(observation: Observation, instance: InstanceState): Rest | undefined {
  const { timings, gpuPod } = observation;
  if (untilStaleMs(observation, instance) > 0) {
    return undefined;
  }
  const message = `The provider has not shown the status of instance ${instance.podId} for a while. It may run, and it may bill.`;
  return {
    kind: 'rest',
    status: draftStatus(observation, {
      Ready: ['Stale', message],
      Synced: currentDraft(gpuPod.status, 'Synced', ['ApiUnavailable', message]),
      progress: { type: 'Reconciling', draft: ['Retrying', 'Waiting for the provider to answer.'] },
    }),
    requeueAfterMs: timings.quietPollMs,
    pollOften: true,
  };
}

function untilStaleMs({ lastSeen, now, timings }: Observation, { sinceMs }: InstanceState): number {
  return (lastSeen?.beganAtMs ?? sinceMs) + timings.staleMs - now.monotonicMs;
}

/** Whatever it waits for: the moment from which the last look is too old is not slept through. */
function awakeWhenStale(observation: Observation, instance: InstanceState, step: Step): Step {
  const untilMs = untilStaleMs(observation, instance);
  return step.kind === 'rest' && untilMs > 0
    ? { ...step, requeueAfterMs: Math.min(step.requeueAfterMs ?? untilMs, untilMs) }
    : step;
}

/** Nothing was read of the pod yet: the first status poll will tell. */
function awaitFirstSnapshot({ gpuPod, timings }: Observation): Rest {
  return { kind: 'rest', status: gpuPod.status, requeueAfterMs: timings.staleMs, pollOften: true };
}

function judge(observation: Observation, instance: InstanceState, lastSeen: LastSeen): Step {
  const readiness = readinessOf(lastSeen.snapshot);
  if (readiness === 'usable') {
    const withheld = withholdAddress(observation, instance, lastSeen);
    if (withheld !== undefined) {
      return withheld;
    }
    const facts = seenFacts(observation, lastSeen);
    return (
      confirmBeforeReady(observation, instance, lastSeen, facts) ??
      awaitPorts(observation, instance, lastSeen) ??
      followReady(observation, lastSeen.snapshot, facts)
    );
  }
  // A status poll says less than the pod itself: an endpoint may have to be put together from its ports.
  const lacksOnlySsh =
    readiness === 'lacksEndpoint' &&
    mayReadAgain(instance, observation.now.monotonicMs, observation.timings.goneSpacingMs);
  return lacksOnlySsh
    ? { kind: 'act', effect: { type: 'readPod', podId: instance.podId } }
    : followUnready(observation, instance, lastSeen, seenFacts(observation, lastSeen));
}

/**
 * Ports may stand in the pod object alone. A list, which all share, shows them before Ready is written: if they came
 * with the next sweep, each pod would be written twice more. Where lists fail they are not waited for.
 */
function awaitPorts(observation: Observation, { read }: InstanceState, lastSeen: LastSeen): Rest | undefined {
  const { inventory, gpuPod, providerFailure } = observation;
  const isListed = inventory !== undefined && inventory.beganAtMs >= lastSeen.beganAtMs;
  const isPolled = isListed || read?.result === 'found';
  // What is written down of a link lacks its token.
  const hasLink = (gpuPod.status.ports ?? []).some(({ url }) => url !== undefined);
  const isWritten = gpuPod.status.readyAt !== undefined && !hasLink;
  const isKnown = lastSeen.snapshot.ports.length > 0 || isPolled || isWritten;
  return isKnown || providerFailure !== undefined
    ? undefined
    : { kind: 'rest', status: gpuPod.status, pollOften: true, wantsInventoryAfterMs: lastSeen.beganAtMs };
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

function seenFacts(observation: Observation, { snapshot }: LastSeen): Facts {
  const { gpuPod, now } = observation;
  const isFirstActive = snapshot.status === 'ACTIVE' && gpuPod.status.activeAt === undefined;
  return {
    ...priceFacts(gpuPod.status, snapshot),
    ...accountFacts(observation),
    ...proofFacts(observation),
    ...(isFirstActive ? { activeAt: timestamp(now.wallMs) } : {}),
  };
}
