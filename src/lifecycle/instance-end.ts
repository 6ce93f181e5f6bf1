import type { Observation, InventoryView } from './observation.ts';
import type { InstanceState } from './local-state.ts';
import { ABSENCES_THAT_PROVE_END } from './settings.ts';

/**
 * Whether the rented instance has ended.
 *
 * - `terminated`: the provider says so, in a GET, a list or the history.
 * - `vanished`: a GET answers 404 and a complete list does not show it, both proven twice.
 * - `live`: not proven. An error, an omission, or the answer to a DELETE is no proof.
 */
export type EndVerdict = 'terminated' | 'vanished' | 'live';

export function endVerdict(observation: Observation): EndVerdict {
  const { instance } = observation.localState;
  const isExpected = instance?.deletedAtMs !== undefined;
  if (instance === undefined || (observation.massAbsence && !isExpected)) {
    return 'live';
  }
  if (
    instance.read?.result === 'terminated' ||
    isInHistoryOnly(observation.inventory, instance.podId) ||
    isPolledTerminated(observation, instance)
  ) {
    return 'terminated';
  }
  return isProvenMissing(observation, instance) ? 'vanished' : 'live';
}

/** After our DELETE a poll that says TERMINATED counts like a GET, unless a later list still shows the instance. */
function isPolledTerminated(
  { lastSeen, inventory }: Observation,
  { podId, deletedAtMs = Infinity }: InstanceState,
): boolean {
  const isShownTerminated =
    lastSeen?.omitted === false &&
    lastSeen.snapshot.status === 'TERMINATED' &&
    lastSeen.beganAtMs >= deletedAtMs;
  return (
    isShownTerminated &&
    inventory !== undefined &&
    inventory.beganAtMs >= deletedAtMs &&
    !isListedLive(inventory, podId)
  );
}

/** The history has an end time for the instance, and the list does not show it. */
export function isInHistoryOnly(inventory: InventoryView | undefined, podId: string): boolean {
  if (inventory === undefined || isListedLive(inventory, podId)) {
    return false;
  }
  return inventory.ended.find((ended) => ended.podId === podId)?.terminatedAt !== undefined;
}

function isListedLive(inventory: InventoryView, podId: string): boolean {
  return inventory.live.some((instance) => instance.podId === podId);
}

function isProvenMissing({ now, timings }: Observation, instance: InstanceState): boolean {
  const isOldEnough = instance.wasRead || now.monotonicMs - instance.sinceMs >= timings.unreadPodAgeMs;
  return instance.missing >= ABSENCES_THAT_PROVE_END && isOldEnough;
}

/**
 * Whether a GET would add a fact: a complete list that began after `sinceMs` does not show the instance, nothing
 * proves its end, and the last GET is too old to count. Also true where no such list can be had.
 */
export function wantsRead(observation: Observation, instance: InstanceState, sinceMs: number): boolean {
  const { inventory, now, timings } = observation;
  const isReadSince = instance.read !== undefined && instance.read.beganAtMs >= sinceMs;
  if (
    inventory === undefined ||
    (isReadSince && !mayReadAgain(instance, now.monotonicMs, timings.goneSpacingMs))
  ) {
    return false;
  }
  // Without a list, a GET can still prove the end.
  return inventory.beganAtMs < sinceMs
    ? inventory.doubt !== undefined
    : !isListedLive(inventory, instance.podId);
}

/** Whether the last GET is old enough for another one to count as a second proof. */
export function mayReadAgain(instance: InstanceState, nowMs: number, spacingMs: number): boolean {
  return untilReadAgainMs(instance, nowMs, spacingMs) <= 0;
}

/** Milliseconds until the next GET counts as a second proof; 0 or less if it would count now. */
export function untilReadAgainMs({ read }: InstanceState, nowMs: number, spacingMs: number): number {
  return read === undefined ? 0 : read.beganAtMs + spacingMs - nowMs;
}

/** Lists show a new instance only after a delay, so its absence from an early list proves nothing. */
export function isOldEnoughForLists(
  { sinceMs }: InstanceState,
  inventory: InventoryView,
  { settleMs }: Observation['timings'],
): boolean {
  return inventory.beganAtMs >= sinceMs + settleMs;
}
