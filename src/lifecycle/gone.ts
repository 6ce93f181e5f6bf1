import type { Observation, InventoryView } from './observation.ts';
import type { InstanceState } from './local-state.ts';
import { LOOKS_THAT_PROVE_GONE } from './settings.ts';

/**
 * What is known of the end of the rented pod.
 *
 * - `terminated`: the provider says that it has ended (GET, list or history).
 * - `vanished`: it answers 404 and is in no complete list, proven twice.
 * - `live`: no proof of an end. An error is not an absence, nor is an omission or the answer to a DELETE.
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

/** The provider's own word after the DELETE, by a poll, and no list that began after it contradicts: as good as a GET's. */
function isPolledTerminated(
  { lastSeen, inventory }: Observation,
  { podId, deletedAtMs = Infinity }: InstanceState,
): boolean {
  const isSaid =
    lastSeen?.omitted === false &&
    lastSeen.snapshot.status === 'TERMINATED' &&
    lastSeen.beganAtMs >= deletedAtMs;
  return (
    isSaid && inventory !== undefined && inventory.beganAtMs >= deletedAtMs && !isListedLive(inventory, podId)
  );
}

/** The history has its end, and the list does not show it. */
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
  return instance.missing >= LOOKS_THAT_PROVE_GONE && isOldEnough;
}

/**
 * Whether a GET would tell more than is known: the last complete list, begun after `sinceMs`, does not
 * show the pod, nothing says that it ended, and the last GET is from before that list; or there is no such list.
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
  // Where no list comes, a GET may still show that it has ended.
  return inventory.beganAtMs < sinceMs
    ? inventory.doubt !== undefined
    : !isListedLive(inventory, instance.podId);
}

/** A GET is repeated only once the last one is old enough to be a second proof. */
export function mayReadAgain(instance: InstanceState, nowMs: number, spacingMs: number): boolean {
  return untilReadAgainMs(instance, nowMs, spacingMs) <= 0;
}

/** How long to wait for the next GET; 0 or less once it is time. */
export function untilReadAgainMs({ read }: InstanceState, nowMs: number, spacingMs: number): number {
  return read === undefined ? 0 : read.beganAtMs + spacingMs - nowMs;
}

/** A list shows a pod only some time after it was ordered: that an earlier one leaves it out says nothing. */
export function isOldEnoughForLists(
  { sinceMs }: InstanceState,
  inventory: InventoryView,
  { settleMs }: Observation['timings'],
): boolean {
  return inventory.beganAtMs >= sinceMs + settleMs;
}
