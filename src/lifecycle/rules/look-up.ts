import { ANNOTATIONS } from '../../api/common/names.ts';
import { compareText } from '../../offers/rejections.ts';
import type { Intent } from '../intent.ts';
import type { Observation } from '../observation.ts';
import type { PendingCreate } from '../local-state.ts';
import { requestSurelyEndedAtMs } from '../observe.ts';
import { isKnownNotCreated, openIntentOf } from '../open-intent.ts';
import { isSameAttempt } from '../pod-name.ts';
import type { InstanceSnapshot } from '../provider.ts';
import { LISTS_THAT_PROVE_ABSENCE } from '../settings.ts';
import { bindStatus } from '../status/bind.ts';
import { draftStatus } from '../status/draft.ts';
import type { Step } from '../step.ts';
import { selectedDraft, currentDraft } from './condition-drafts.ts';
import { closeEnded, closeNotCreated, closeStripped } from './close-attempt.ts';
import { absenceDoubt, unreadableRow } from './list-doubt.ts';
import { settleRefusal } from './refused.ts';

/**
 * Finds the outcome of an open create intent before anything else is rented. An instance with its name prefix and
 * attempt is adopted. Only a proven absence allows the next attempt.
 */
export function resolvePendingCreate(observation: Observation): Step | undefined {
  const openIntent = openIntentOf(observation);
  const remembered = observation.localState.pendingCreate;
  if (remembered === undefined) {
    return undefined;
  }
  if (openIntent.kind === 'garbled') {
    return isAbsent(observation, remembered)
      ? closeStripped(observation, remembered)
      : awaitOutcome(observation, remembered, undefined);
  }
  if (openIntent.kind !== 'open') {
    return undefined;
  }
  if (!isKnownNotCreated(remembered)) {
    return resolveOpen(observation, openIntent.intent, remembered);
  }
  // A list counts more than the create response.
  const found = oldestOfAttempt(observation, openIntent.intent);
  return found === undefined ? undefined : bind(observation, openIntent.intent, found, true);
}

function resolveOpen(observation: Observation, intent: Intent, remembered: PendingCreate): Step {
  const { outcome } = remembered;
  if (outcome?.kind === 'created') {
    return bind(observation, intent, outcome.instance, false);
  }
  return outcome?.kind === 'refused'
    ? settleRefusal(observation, intent, outcome)
    : resolveUnknown(observation, intent, remembered);
}

function resolveUnknown(observation: Observation, intent: Intent, remembered: PendingCreate): Step {
  const found = oldestOfAttempt(observation, intent);
  if (found !== undefined) {
    return bind(observation, intent, found, true);
  }
  const ended = observation.inventory?.ended.find(({ name }) => isSameAttempt(name, intent.name));
  if (ended !== undefined) {
    return closeEnded(observation, intent, ended);
  }
  if (isAbsent(observation, remembered) || isConfirmedNotCreated(observation, intent)) {
    return closeNotCreated(observation, intent, remembered);
  }
  return awaitOutcome(observation, remembered, intent);
}

function bind(observation: Observation, intent: Intent, instance: InstanceSnapshot, adopted: boolean): Step {
  return {
    kind: 'act',
    effect: { type: 'writeStatus', status: bindStatus(observation, intent, instance, adopted) },
  };
}

/**
 * The provider may have created several instances of one attempt: the oldest is adopted, the others become
 * duplicates.
 */
function oldestOfAttempt({ inventory }: Observation, intent: Intent): InstanceSnapshot | undefined {
  return inventory?.live
    .filter(({ name, status }) => isSameAttempt(name, intent.name) && status !== 'DELETING')
    .toSorted(
      (a, b) => compareText(a.createdAt ?? '', b.createdAt ?? '') || compareText(a.podId, b.podId),
    )[0];
}

/** Whether enough complete lists, late enough, prove that the create request created nothing. */
function isAbsent(observation: Observation, pendingCreate: PendingCreate): boolean {
  const { timings } = observation;
  const provenAtMs = requestSurelyEndedAtMs(pendingCreate, timings) + timings.settleMs;
  return (
    pendingCreate.absences >= LISTS_THAT_PROVE_ABSENCE &&
    (pendingCreate.lastAbsenceAtMs ?? 0) >= provenAtMs &&
    !isTeamUnseen(observation)
  );
}

/** Lists that never showed an instance of the team prove nothing: the key may lack access to it. */
function isTeamUnseen({ intent, inventory }: Observation): boolean {
  const teamId = intent.kind === 'read' ? intent.intent.teamId : undefined;
  return teamId !== undefined && inventory?.teamsSeen.has(teamId) !== true;
}

/** A person confirmed that the attempt of this create intent created nothing. */
function isConfirmedNotCreated({ gpuPod }: Observation, intent: Intent): boolean {
  return isSameAttempt(gpuPod.metadata.annotations[ANNOTATIONS.confirmAbsent], intent.name);
}

function awaitOutcome(
  observation: Observation,
  pendingCreate: PendingCreate,
  intent: Intent | undefined,
): Step {
  const { timings, now } = observation;
  const provenAtMs = requestSurelyEndedAtMs(pendingCreate, timings) + timings.settleMs;
  const isLate = now.monotonicMs > provenAtMs;
  const obstacle = !isLate || intent === undefined ? undefined : obstacleTo(observation, pendingCreate);
  const isStuck = obstacle !== undefined;
  const message =
    intent !== undefined && isStuck
      ? stuckMessage(intent, obstacle)
      : `${unknownOutcomeMessage(intent)}${absenceDoubt(observation)}`;
  return {
    kind: 'rest',
    status: draftStatus(observation, {
      Ready: ['CreateUncertain', message],
      Synced: ['CreateUncertain', message],
      OfferSelected:
        intent === undefined
          ? currentDraft(observation.gpuPod.status, 'OfferSelected', ['Selected', 'An offer was chosen.'])
          : selectedDraft(observation.gpuPod.spec, intent),
      Provisioned: ['CreateUncertain', message],
      progress: isStuck
        ? { type: 'Stalled', draft: ['CreateUncertain', message] }
        : { type: 'Reconciling', draft: ['Retrying', 'Looking for the instance of the create request.'] },
    }),
    wantsInventoryAfterMs: nextUsefulReadMs(observation, pendingCreate, isStuck),
  };
}

/** What keeps lists from ever proving an absence, so that a person must check; undefined if waiting helps. */
function obstacleTo(observation: Observation, pendingCreate: PendingCreate): string | undefined {
  if (pendingCreate.absences >= LISTS_THAT_PROVE_ABSENCE) {
    return isTeamUnseen(observation)
      ? 'this key has never seen an instance of its team, so that proves nothing'
      : undefined;
  }
  return observation.inventory?.doubt === undefined ? unreadableRow(observation) : undefined;
}

function stuckMessage({ name }: Intent, obstacle: string): string {
  return (
    `Instance ${name} was not found, but ${obstacle}. It may bill; nothing else is rented. If it is not at the provider, ` +
    `set annotation ${ANNOTATIONS.confirmAbsent} to its name.`
  );
}

function unknownOutcomeMessage(intent: Intent | undefined): string {
  return intent === undefined
    ? `Annotation ${ANNOTATIONS.intent} cannot be read. A create request may have been sent, and its instance may bill. ` +
        'The operator looks for it; nothing else is rented meanwhile.'
    : `The create request for instance ${intent.name} has an unknown outcome: the instance may bill. ` +
        'The operator looks for it; nothing else is rented meanwhile.';
}

/**
 * Monotonic time after which the next list is useful: when it counts as a proof, or sooner to adopt a late instance.
 * What a person must check is looked for as seldom as the sweep does.
 */
function nextUsefulReadMs(
  { inventory, timings }: Observation,
  pendingCreate: PendingCreate,
  isStuck: boolean,
): number {
  if (inventory === undefined || inventory.beganAtMs < pendingCreate.firstSeenAtMs) {
    return pendingCreate.firstSeenAtMs;
  }
  if (isStuck) {
    return inventory.beganAtMs + timings.sweepMs;
  }
  const firstProofMs = requestSurelyEndedAtMs(pendingCreate, timings);
  const isLast = pendingCreate.absences >= LISTS_THAT_PROVE_ABSENCE - 1;
  const nextProofMs = Math.max(
    pendingCreate.lastAbsenceAtMs === undefined
      ? firstProofMs
      : pendingCreate.lastAbsenceAtMs + timings.settleSpacingMs,
    isLast ? firstProofMs + timings.settleMs : 0,
  );
  const soonMs = inventory.beganAtMs + 2 * timings.busyPollMs;
  return nextProofMs > inventory.beganAtMs ? Math.min(nextProofMs, soonMs) : soonMs;
}
