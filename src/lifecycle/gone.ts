import type { Observation, ObjectCensus } from './observation.ts';
import type { RentalMemory } from './memory.ts';
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
  const { rental } = observation.memory;
  const isExpected = rental?.deletedAtMs !== undefined;
  if (rental === undefined || (observation.massAbsence && !isExpected)) {
    return 'live';
  }
  if (
    rental.read?.result === 'terminated' ||
    isInHistoryOnly(observation.census, rental.podId) ||
    isPolledTerminated(observation, rental)
  ) {
    return 'terminated';
  }
  return isProvenMissing(observation, rental) ? 'vanished' : 'live';
}

/** The provider's own word after the DELETE, by a poll, and no list that began after it contradicts: as good as a GET's. */
function isPolledTerminated(
  { sight, census }: Observation,
  { podId, deletedAtMs = Infinity }: RentalMemory,
): boolean {
  const isSaid =
    sight?.omitted === false && sight.look.status === 'TERMINATED' && sight.beganAtMs >= deletedAtMs;
  return isSaid && census !== undefined && census.beganAtMs >= deletedAtMs && !isListedLive(census, podId);
}

/** The history has its end, and the list does not show it. */
export function isInHistoryOnly(census: ObjectCensus | undefined, podId: string): boolean {
  if (census === undefined || isListedLive(census, podId)) {
    return false;
  }
  return census.ended.find((ended) => ended.podId === podId)?.terminatedAt !== undefined;
}

function isListedLive(census: ObjectCensus, podId: string): boolean {
  return census.live.some((pod) => pod.podId === podId);
}

function isProvenMissing({ now, timings }: Observation, rental: RentalMemory): boolean {
  const isOldEnough = rental.wasRead || now.monotonicMs - rental.sinceMs >= timings.unreadPodAgeMs;
  return rental.missing >= LOOKS_THAT_PROVE_GONE && isOldEnough;
}

/**
 * Whether a GET would tell more than is known: the last complete list, begun after `sinceMs`, does not
 * show the pod, nothing says that it ended, and the last GET is from before that list; or there is no such list.
 */
export function wantsRead(observation: Observation, rental: RentalMemory, sinceMs: number): boolean {
  const { census, now, timings } = observation;
  const isReadSince = rental.read !== undefined && rental.read.beganAtMs >= sinceMs;
  if (
    census === undefined ||
    (isReadSince && !mayReadAgain(rental, now.monotonicMs, timings.goneSpacingMs))
  ) {
    return false;
  }
  // Where no list comes, a GET may still show that it has ended.
  return census.beganAtMs < sinceMs ? census.doubt !== undefined : !isListedLive(census, rental.podId);
}

/** A GET is repeated only once the last one is old enough to be a second proof. */
export function mayReadAgain(rental: RentalMemory, nowMs: number, spacingMs: number): boolean {
  return untilReadAgainMs(rental, nowMs, spacingMs) <= 0;
}

/** How long to wait for the next GET; 0 or less once it is time. */
export function untilReadAgainMs({ read }: RentalMemory, nowMs: number, spacingMs: number): number {
  return read === undefined ? 0 : read.beganAtMs + spacingMs - nowMs;
}

/** A list shows a pod only some time after it was ordered: that an earlier one leaves it out says nothing. */
export function isOldEnoughForLists(
  { sinceMs }: RentalMemory,
  census: ObjectCensus,
  { settleMs }: Observation['timings'],
): boolean {
  return census.beganAtMs >= sinceMs + settleMs;
}
