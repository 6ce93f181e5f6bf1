import { identityOf } from '../account.ts';
import type { Observation, LastSeen } from '../observation.ts';
import { endVerdict, isOldEnoughForLists, mayReadAgain, untilReadAgainMs } from '../instance-end.ts';
import type { EndVerdict } from '../instance-end.ts';
import type { InstanceState } from '../local-state.ts';
import { readinessOf } from '../readiness.ts';
import type { InstanceSnapshot } from '../provider.ts';
import { creationMs, restoredCreation } from '../status/creation.ts';
import { draftStatus } from '../status/draft.ts';
import type { Facts } from '../status/draft.ts';
import { timestamp } from '../status/timestamp.ts';
import { staleAtMs } from '../deadlines.ts';
import type { Rest, Rule, Step } from '../step.ts';
import { checkAsRequested } from './as-requested.ts';
import { currentDraft } from './condition-drafts.ts';
import { confirmBeforeReady } from './confirm.ts';
import { closeEndedInstance } from './termination.ts';
import { proofFacts } from './identity.ts';
import { followUnready } from './provision.ts';
import { checkPrice, priceFacts } from './price-check.ts';
import { awaitReachable } from './reach.ts';
import { followReady } from './ready.ts';

/** Turns a check of the rented instance into a rule. Without an instance it does not apply. */
export function ofInstance(
  rule: (observation: Observation, instance: InstanceState) => Step | undefined,
): Rule {
  return (observation) => {
    const { instance } = observation.localState;
    return instance === undefined ? undefined : rule(observation, instance);
  };
}

/** Turns a check of a usable instance into a rule. It does not apply unless the last snapshot shows it as usable. */
export function ofUsable(
  rule: (observation: Observation, instance: InstanceState, lastSeen: LastSeen) => Step | undefined,
): Rule {
  return ofInstance((observation, instance) => {
    const { lastSeen } = observation;
    return lastSeen === undefined || readinessOf(lastSeen.snapshot) !== 'usable'
      ? undefined
      : rule(observation, instance, lastSeen);
  });
}

export function comparePrice(observation: Observation): Step | undefined {
  return checkPrice(observation, observation.lastSeen?.snapshot);
}

export function compareWithRequest(observation: Observation): Step | undefined {
  return checkAsRequested(observation, observation.lastSeen?.snapshot);
}

export function confirmPrice(
  observation: Observation,
  instance: InstanceState,
  lastSeen: LastSeen,
): Step | undefined {
  return confirmBeforeReady(observation, instance, lastSeen, seenFacts(observation, lastSeen));
}

/** See `awaitReachable` in reach.ts. */
export function awaitSsh(
  observation: Observation,
  instance: InstanceState,
  lastSeen: LastSeen,
): Step | undefined {
  return awaitReachable(observation, instance, lastSeen, seenFacts(observation, lastSeen));
}

export function closeLost(observation: Observation): Step | undefined {
  const verdict = endVerdict(observation);
  return verdict === 'live' ? undefined : closeAfterLoss(observation, verdict);
}

/** The instance ended without the operator. A ready one is not replaced automatically, because its work is lost. */
function closeAfterLoss(observation: Observation, verdict: Exclude<EndVerdict, 'live'>): Step {
  const wasReady = observation.gpuPod.status.readyAt !== undefined;
  const reason = verdict === 'terminated' && wasReady ? 'Interrupted' : 'Lost';
  const { podId = '' } = observation.gpuPod.status;
  const what =
    verdict === 'terminated'
      ? 'was terminated, but not by this operator, and no longer bills.'
      : "is no longer known to the provider, and may still bill. Look for it on the provider's web page.";
  const message = `Instance ${podId} ${what}`;
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

/** Something suggests that the instance has ended: reads it by ID, and asks for a complete list. */
export function investigate(observation: Observation, instance: InstanceState): Step | undefined {
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
  const isReportedMissing = lastSeen?.omitted === true || lastSeen?.snapshot.status === 'TERMINATED';
  return (
    !massAbsence && (instance.missing > 0 || isReportedMissing || isMissingInList(observation, instance))
  );
}

/** A complete list that is newer than every snapshot does not show the instance. */
function isMissingInList({ lastSeen, inventory, timings }: Observation, instance: InstanceState): boolean {
  const { podId, read } = instance;
  if (inventory === undefined || inventory.live.some((instance) => instance.podId === podId)) {
    return false;
  }
  const foundAtMs = read?.result === 'found' ? read.beganAtMs : 0;
  const isNews = inventory.beganAtMs > Math.max(lastSeen?.beganAtMs ?? 0, foundAtMs);
  return isNews && isOldEnoughForLists(instance, inventory, timings);
}

export function reportStaleness(observation: Observation, instance: InstanceState): Rest | undefined {
  const { timings, gpuPod } = observation;
  if (staleAtMs(observation, instance) > observation.now.monotonicMs) {
    return undefined;
  }
  const message = `The provider has not shown the status of instance ${instance.podId} for a while. It may run, and it may bill: look at the provider's web page.`;
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

/** The first status poll will show the instance. */
export function awaitFirstSnapshot({ gpuPod, timings, lastSeen }: Observation): Rest | undefined {
  return lastSeen === undefined
    ? { kind: 'rest', status: gpuPod.status, requeueAfterMs: timings.staleMs, pollOften: true }
    : undefined;
}

export function reportUsable(observation: Observation, _instance: InstanceState, lastSeen: LastSeen): Step {
  return followReady(observation, lastSeen.snapshot, seenFacts(observation, lastSeen));
}

/** A status poll carries fewer fields than a GET, and the endpoint may be in the ports. */
export function readAddress(
  { lastSeen, now, timings }: Observation,
  instance: InstanceState,
): Step | undefined {
  return lastSeen !== undefined &&
    readinessOf(lastSeen.snapshot) === 'lacksEndpoint' &&
    mayReadAgain(instance, now.monotonicMs, timings.goneSpacingMs)
    ? { kind: 'act', effect: { type: 'readPod', podId: instance.podId } }
    : undefined;
}

export function reportUnusable(observation: Observation, instance: InstanceState): Step | undefined {
  const { lastSeen } = observation;
  return lastSeen === undefined
    ? undefined
    : followUnready(observation, instance, lastSeen, seenFacts(observation, lastSeen));
}

/**
 * Waits for a list before Ready is first written, because a status poll carries no ports. If the ports came with the
 * next sweep, each GpuPod would cost two more writes. While lists fail, Ready does not wait.
 */
export function awaitPorts(
  observation: Observation,
  { read }: InstanceState,
  lastSeen: LastSeen,
): Rest | undefined {
  const { inventory, gpuPod, providerFailure } = observation;
  const isListed = inventory !== undefined && inventory.beganAtMs >= lastSeen.beganAtMs;
  const isPolled = isListed || read?.result === 'found';
  // The status has each link without its token, so the Secret cannot be built from it.
  const hasLink = (gpuPod.status.ports ?? []).some(({ url }) => url !== undefined);
  const isWritten = gpuPod.status.readyAt !== undefined && !hasLink;
  const isKnown = lastSeen.snapshot.ports.length > 0 || isPolled || isWritten;
  return isKnown || providerFailure !== undefined
    ? undefined
    : { kind: 'rest', status: gpuPod.status, pollOften: true, wantsInventoryAfterMs: lastSeen.beganAtMs };
}

/**
 * Adds the account to a status from before accounts were recorded, because this key shows the instance. Joins the
 * next write.
 */
function accountFacts({ gpuPod, account, reference }: Observation): Pick<Facts, 'account'> {
  const identity = identityOf(account);
  if (gpuPod.status.account !== undefined || identity === undefined) {
    return {};
  }
  const { origin, userId } = identity;
  return { account: { ...reference, ...(origin === undefined ? {} : { origin }), userId } };
}

/**
 * Writes `status.createdAt` again where it is missing, or no lifetime would end the instance. A status poll does not
 * state it, so this waits for a list or a GET.
 */
function creationFacts(
  { gpuPod: { status }, inventory, now }: Observation,
  snapshot: InstanceSnapshot,
): Facts {
  const isRead = snapshot.createdAt !== undefined;
  const row = isRead ? snapshot : inventory?.live.find(({ podId }) => podId === snapshot.podId);
  if (row === undefined || creationMs(status, now.wallMs) !== undefined) {
    return {};
  }
  return { createdAt: restoredCreation(status, row.createdAt, now.wallMs) };
}

function seenFacts(observation: Observation, { snapshot }: LastSeen): Facts {
  const { gpuPod, now } = observation;
  const isFirstActive = snapshot.status === 'ACTIVE' && gpuPod.status.activeAt === undefined;
  const account = accountFacts(observation);
  return {
    ...priceFacts(gpuPod.status, snapshot),
    ...account,
    ...creationFacts(observation, snapshot),
    ...proofFacts(observation, account.account),
    ...(isFirstActive ? { activeAt: timestamp(now.wallMs) } : {}),
  };
}
