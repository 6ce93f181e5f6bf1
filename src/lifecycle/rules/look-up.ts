import { ANNOTATIONS } from '../../api/names.ts';
import type { Intent } from '../intent.ts';
import type { Knowledge } from '../knowledge.ts';
import type { OrderMemory } from '../memory.ts';
import { requestSurelyEndedAtMs } from '../observe.ts';
import { isKnownNotCreated, openOrder } from '../order.ts';
import { isSameAttempt } from '../pod-name.ts';
import type { PodLook } from '../provider.ts';
import { LISTS_THAT_PROVE_ABSENCE } from '../settings.ts';
import { bindStatus } from '../status/bind.ts';
import { draftStatus } from '../status/draft.ts';
import type { Step } from '../step.ts';
import { selectedClaim, standingClaim } from './claims.ts';
import { closeEnded, closeNotCreated, closeStripped } from './close-order.ts';
import { absenceDoubt, unreadableRow } from './list-doubt.ts';
import { settleRefusal } from './refused.ts';

/**
 * An order without an outcome: find out what became of it before anything else is rented. An instance of its name
 * prefix and attempt is adopted; only a proven absence lets the next attempt begin.
 */
export function resolveOrder(knowledge: Knowledge): Step | undefined {
  const order = openOrder(knowledge);
  const remembered = knowledge.memory.order;
  if (remembered === undefined) {
    return undefined;
  }
  if (order.kind === 'garbled') {
    return isAbsent(knowledge, remembered)
      ? closeStripped(knowledge, remembered)
      : uncertain(knowledge, remembered, undefined);
  }
  if (order.kind !== 'open') {
    return undefined;
  }
  if (!isKnownNotCreated(remembered)) {
    return resolveOpen(knowledge, order.intent, remembered);
  }
  // What a list shows counts more than what an answer said.
  const found = oldestOrdered(knowledge, order.intent);
  return found === undefined ? undefined : bind(knowledge, order.intent, found, true);
}

function resolveOpen(knowledge: Knowledge, intent: Intent, remembered: OrderMemory): Step {
  const { outcome } = remembered;
  if (outcome?.kind === 'created') {
    return bind(knowledge, intent, outcome.pod, false);
  }
  return outcome?.kind === 'refused'
    ? settleRefusal(knowledge, intent, outcome)
    : resolveUnknown(knowledge, intent, remembered);
}

function resolveUnknown(knowledge: Knowledge, intent: Intent, remembered: OrderMemory): Step {
  const found = oldestOrdered(knowledge, intent);
  if (found !== undefined) {
    return bind(knowledge, intent, found, true);
  }
  const ended = knowledge.census?.ended.find(({ name }) => isSameAttempt(name, intent.name));
  if (ended !== undefined) {
    return closeEnded(knowledge, intent, ended);
  }
  if (isAbsent(knowledge, remembered) || isConfirmedAbsent(knowledge, intent)) {
    return closeNotCreated(knowledge, intent, remembered);
  }
  return uncertain(knowledge, remembered, intent);
}

function bind(knowledge: Knowledge, intent: Intent, pod: PodLook, adopted: boolean): Step {
  return {
    kind: 'act',
    effect: { type: 'writeStatus', status: bindStatus(knowledge, intent, pod, adopted) },
  };
}

/** The provider may have made several of one attempt: the oldest is kept, the others become strays. */
function oldestOrdered({ census }: Knowledge, intent: Intent): PodLook | undefined {
  return census?.live
    .filter(({ name, status }) => isSameAttempt(name, intent.name) && status !== 'DELETING')
    .toSorted(
      (a, b) => compareText(a.createdAt ?? '', b.createdAt ?? '') || compareText(a.podId, b.podId),
    )[0];
}

/** Whether complete lists, enough of them and late enough, prove that no pod came of the order. */
function isAbsent(knowledge: Knowledge, order: OrderMemory): boolean {
  const { windows } = knowledge;
  const provenAtMs = requestSurelyEndedAtMs(order, windows) + windows.settleMs;
  return (
    order.absences >= LISTS_THAT_PROVE_ABSENCE &&
    (order.lastAbsenceAtMs ?? 0) >= provenAtMs &&
    !isTeamUnseen(knowledge)
  );
}

/** Lists that never showed a pod of the team prove nothing: perhaps this key may not see them. */
function isTeamUnseen({ intent, census }: Knowledge): boolean {
  const teamId = intent.kind === 'read' ? intent.intent.teamId : undefined;
  return teamId !== undefined && census?.teamsSeen.has(teamId) !== true;
}

function isConfirmedAbsent({ gpuPod }: Knowledge, intent: Intent): boolean {
  return isSameAttempt(gpuPod.metadata.annotations[ANNOTATIONS.confirmAbsent], intent.name);
}

function uncertain(knowledge: Knowledge, order: OrderMemory, intent: Intent | undefined): Step {
  const { windows, now } = knowledge;
  const provenAtMs = requestSurelyEndedAtMs(order, windows) + windows.settleMs;
  const isLate = now.monotonicMs > provenAtMs;
  const obstacle = !isLate || intent === undefined ? undefined : obstacleTo(knowledge, order);
  const isStuck = obstacle !== undefined;
  const message =
    intent !== undefined && isStuck
      ? stuckMessage(intent, obstacle)
      : `${uncertainMessage(intent)}${absenceDoubt(knowledge)}`;
  return {
    kind: 'rest',
    status: draftStatus(knowledge, {
      Ready: ['CreateUncertain', message],
      Synced: ['CreateUncertain', message],
      OfferSelected:
        intent === undefined
          ? standingClaim(knowledge.gpuPod.status, 'OfferSelected', ['Selected', 'An offer was chosen.'])
          : selectedClaim(knowledge.gpuPod.spec, intent),
      Provisioned: ['CreateUncertain', message],
      progress: isStuck
        ? { type: 'Stalled', claim: ['CreateUncertain', message] }
        : { type: 'Reconciling', claim: ['Retrying', 'Looking for the instance of the create request.'] },
    }),
    wantsCensusAfterMs: nextUsefulLookMs(knowledge, order),
  };
}

/** What keeps complete lists from ever proving that no instance came of the order; only a person can look. */
function obstacleTo(knowledge: Knowledge, order: OrderMemory): string | undefined {
  if (order.absences >= LISTS_THAT_PROVE_ABSENCE) {
    return isTeamUnseen(knowledge)
      ? 'this key has never seen an instance of its team, so that proves nothing'
      : undefined;
  }
  return knowledge.census?.doubt === undefined ? unreadableRow(knowledge) : undefined;
}

function stuckMessage({ name }: Intent, obstacle: string): string {
  return (
    `Instance ${name} was not found, but ${obstacle}. It may bill; nothing else is rented. If it is not at the provider, ` +
    `set annotation ${ANNOTATIONS.confirmAbsent} to its name.`
  );
}

function uncertainMessage(intent: Intent | undefined): string {
  return intent === undefined
    ? `Annotation ${ANNOTATIONS.intent} cannot be read. A create request may have been sent, and its instance may bill. ` +
        'The operator looks for it; nothing else is rented meanwhile.'
    : `The create request for instance ${intent.name} has an unknown outcome: the instance may bill. ` +
        'The operator looks for it; nothing else is rented meanwhile.';
}

/** Lists at the times that count as proofs, and some between them: a pod that is there is adopted sooner. */
function nextUsefulLookMs({ census, windows }: Knowledge, order: OrderMemory): number {
  if (census === undefined || census.beganAtMs < order.firstSeenAtMs) {
    return order.firstSeenAtMs;
  }
  const firstProofMs = requestSurelyEndedAtMs(order, windows);
  const isLast = order.absences >= LISTS_THAT_PROVE_ABSENCE - 1;
  const nextProofMs = Math.max(
    order.lastAbsenceAtMs === undefined ? firstProofMs : order.lastAbsenceAtMs + windows.settleSpacingMs,
    isLast ? firstProofMs + windows.settleMs : 0,
  );
  const soonMs = census.beganAtMs + 2 * windows.busyPollMs;
  return nextProofMs > census.beganAtMs ? Math.min(nextProofMs, soonMs) : soonMs;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
