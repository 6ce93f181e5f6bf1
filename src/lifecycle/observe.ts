import { isDeleting } from '../api/gpu-pod.ts';
import { accountOfIntent } from './account.ts';
import type { Knowledge, ObjectCensus } from './knowledge.ts';
import type { Memory, OrderMemory, RentalMemory } from './memory.ts';
import { isOldEnoughForLists } from './gone.ts';
import { writingOf } from './intent.ts';
import type { Intent } from './intent.ts';
import { openOrder } from './order.ts';
import { isSameAttempt } from './pod-name.ts';
import type { PodLook } from './provider.ts';
import { standingOf } from './surplus.ts';

/** What is remembered after what was gathered has been taken in. Pure, and the same for the same input. */
export function observe(knowledge: Knowledge): Memory {
  const { memory, gpuPod, now } = knowledge;
  const { order: _order, rental: _rental, unbound, deletingSinceMs, ...lasting } = memory;
  const order = observeOrder(knowledge);
  const rental = observeRental(knowledge);
  const deletingSince = isDeleting(gpuPod) ? (deletingSinceMs ?? now.monotonicMs) : undefined;
  return {
    ...lasting,
    version: observeVersion(knowledge),
    strays: observeStrays(knowledge),
    ...(order === undefined ? {} : { order }),
    ...(rental === undefined ? {} : { rental }),
    ...(deletingSince === undefined ? {} : { deletingSinceMs: deletingSince }),
    ...(unbound === undefined || unbound.podId === gpuPod.status.podId ? {} : { unbound }),
  };
}

function observeVersion({ memory, gpuPod, now }: Knowledge): NonNullable<Memory['version']> {
  const { resourceVersion } = gpuPod.metadata;
  return memory.version?.resourceVersion === resourceVersion
    ? memory.version
    : { resourceVersion, seenAtMs: now.monotonicMs };
}

/** Name under which an order that nobody can read is remembered. */
const GARBLED = '';

function observeOrder(knowledge: Knowledge): OrderMemory | undefined {
  const order = openOrder(knowledge);
  const known = knowledge.memory.order;
  const seen = { firstSeenAtMs: knowledge.now.monotonicMs, absences: 0 };
  switch (order.kind) {
    case 'none':
    case 'foreign':
      return undefined;
    case 'garbled':
      return countAbsence(knowledge, known ?? { podName: GARBLED, ...seen }, true);
    case 'open': {
      const { intent } = order;
      const writing = writingOf(intent);
      // What became of an order of ours says nothing of another process's order under the same number.
      const isKnown = known?.writing === writing;
      const account = accountOfIntent(intent);
      const theirs = { ...(account === undefined ? {} : { account }), ...lateness(knowledge, intent) };
      const fresh = { podName: intent.name, writing, ...theirs, ...seen };
      return countAbsence(knowledge, isKnown ? known : fresh, false);
    }
  }
}

/** A writer whose writes are slow says how long it may take to send, and everybody else waits that much longer. */
function lateness({ windows }: Knowledge, { sendWithinMs = 0 }: Intent): Pick<OrderMemory, 'lateMs'> {
  const lateMs = sendWithinMs - windows.createFenceMs;
  return lateMs > 0 ? { lateMs } : {};
}

/**
 * A complete list that began after the request had surely ended, and does not show the pod, is a proof of
 * its absence; several are needed, far enough apart.
 */
function countAbsence({ census, windows }: Knowledge, order: OrderMemory, isGarbled: boolean): OrderMemory {
  if (census === undefined || census.beganAtMs < requestSurelyEndedAtMs(order, windows)) {
    return order;
  }
  // One that has ended settles an order that can be read; where none can, it must not hinder for ever.
  const rows = isGarbled ? census.live : [...census.live, ...census.ended];
  if (rows.some(({ name }) => isOrdered(order, name))) {
    const { lastAbsenceAtMs: _last, ...rest } = order;
    return { ...rest, absences: 0 };
  }
  if (mayHide(census, order, windows)) {
    return order;
  }
  const isApart =
    order.lastAbsenceAtMs === undefined ||
    census.beganAtMs - order.lastAbsenceAtMs >= windows.settleSpacingMs;
  return isApart ? { ...order, absences: order.absences + 1, lastAbsenceAtMs: census.beganAtMs } : order;
}

/**
 * Whether the list has a row that may be the instance of this order and does not say whose it is. One that was listed
 * before our request can have begun is not.
 */
function mayHide(census: ObjectCensus, order: OrderMemory, windows: Knowledge['windows']): boolean {
  const beganAtMs = (order.requestEndedAtMs ?? -Infinity) - windows.foreignRequestMs;
  return (
    census.unidentified > 0 || census.nameless.some(({ firstListedAtMs }) => firstListedAtMs >= beganAtMs)
  );
}

/** From when on a list says something of an order: the end of our request, or a bound for that of another process. */
export function requestSurelyEndedAtMs(order: OrderMemory, windows: Knowledge['windows']): number {
  return order.requestEndedAtMs ?? order.firstSeenAtMs + windows.foreignRequestMs + (order.lateMs ?? 0);
}

function isOrdered(order: OrderMemory, name: string | undefined): boolean {
  // What a list shows of this object carries its front; under which number nobody knows.
  return order.podName === GARBLED || isSameAttempt(order.podName, name);
}

function observeRental(knowledge: Knowledge): RentalMemory | undefined {
  const { gpuPod, memory, now } = knowledge;
  const { podId } = gpuPod.status;
  if (podId === undefined) {
    return undefined;
  }
  const listed = knowledge.census?.live.find((pod) => pod.podId === podId);
  const standing = standingRental(memory, podId, now.monotonicMs);
  return countMissing(knowledge, seen(knowledge, standing, listed), listed !== undefined);
}

function seen(knowledge: Knowledge, standing: RentalMemory, listed: PodLook | undefined): RentalMemory {
  const look = listed ?? knowledge.sight?.look;
  const name = look?.name ?? nameHeard(knowledge, standing);
  const isSeen = look !== undefined || standing.read?.result === 'found';
  const seenAtMs = lastSeenAtMs(knowledge, standing, listed);
  return {
    ...firstSeenActive(knowledge),
    ...standing,
    wasRead: standing.wasRead || isSeen,
    ...(seenAtMs === undefined ? {} : { seenAtMs }),
    ...(name === undefined ? {} : { name }),
  };
}

function firstSeenActive({ sight, now }: Knowledge): Pick<RentalMemory, 'activeSeenAtMs'> {
  return sight?.look.status === 'ACTIVE' ? { activeSeenAtMs: now.monotonicMs } : {};
}

function lastSeenAtMs(
  { census, sight }: Knowledge,
  { seenAtMs, read }: RentalMemory,
  listed: PodLook | undefined,
): number | undefined {
  const sightings = [
    seenAtMs,
    listed === undefined ? undefined : census?.beganAtMs,
    sight?.omitted === false ? sight.beganAtMs : undefined,
    read?.result === 'found' || read?.result === 'terminated' ? read.beganAtMs : undefined,
  ].filter((atMs) => atMs !== undefined);
  return sightings.length === 0 ? undefined : Math.max(...sightings);
}

function standingRental({ rental }: Memory, podId: string, nowMs: number): RentalMemory {
  return rental?.podId === podId ? rental : { podId, sinceMs: nowMs, wasRead: false, missing: 0 };
}

/** The answer to our own order names the pod as well as a look does. */
function nameHeard(
  { memory: { unbound } }: Knowledge,
  { podId, read, name }: RentalMemory,
): string | undefined {
  return read?.name ?? name ?? (unbound?.podId === podId ? unbound.podName : undefined);
}

/**
 * A 404 and a complete list that began later, and late enough in the life of the pod to show it, and does not: one
 * proof that it is gone.
 */
function countMissing(knowledge: Knowledge, rental: RentalMemory, isInList: boolean): RentalMemory {
  const { read, lastMissingAtMs } = rental;
  if (read === undefined) {
    return rental;
  }
  const list = listSince(knowledge.census, read.beganAtMs);
  if (read.result === 'found' || (isInList && list !== undefined)) {
    const { lastMissingAtMs: _last, ...rest } = rental;
    return { ...rest, missing: 0 };
  }
  const { windows } = knowledge;
  const isProof = read.result === 'notFound' && list !== undefined && isAbsentFrom(list, rental, windows);
  const sinceLastMs = read.beganAtMs - (lastMissingAtMs ?? -Infinity);
  return isProof && sinceLastMs >= windows.goneSpacingMs
    ? { ...rental, missing: rental.missing + 1, lastMissingAtMs: read.beganAtMs }
    : rental;
}

/** A row that does not say which instance it is about may be about this one; after a DELETE its end was to be expected. */
function isAbsentFrom(list: ObjectCensus, rental: RentalMemory, windows: Knowledge['windows']): boolean {
  const isHidden = rental.deletedAtMs === undefined && list.unidentified > 0;
  return !isHidden && isOldEnoughForLists(rental, list, windows);
}

function listSince(census: ObjectCensus | undefined, atMs: number): ObjectCensus | undefined {
  return census !== undefined && census.beganAtMs >= atMs ? census : undefined;
}

/** Live instances that this object has to terminate: with the list that first showed each. */
function observeStrays(knowledge: Knowledge): Memory['strays'] {
  const { census, memory } = knowledge;
  if (census === undefined || census.beganAtMs === -Infinity) {
    return memory.strays;
  }
  const strays = census.live.filter(
    (pod) => pod.podId !== memory.unbound?.podId && standingOf(knowledge, pod) === 'duplicate',
  );
  return Object.fromEntries(strays.map(({ podId }) => [podId, memory.strays[podId] ?? census.beganAtMs]));
}
