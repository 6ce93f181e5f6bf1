import { isDeleting } from '../api/gpupod/gpu-pod.ts';
import type { GpuPodStatus } from '../api/gpupod/status.ts';
import { accountOfIntent } from './account.ts';
import type { Observation, InventoryView } from './observation.ts';
import { NO_DUPLICATES } from './local-state.ts';
import type { LocalState, PendingCreate, InstanceState } from './local-state.ts';
import { observeCreation } from './instance-age.ts';
import { isOldEnoughForLists } from './instance-end.ts';
import { writingOf } from './intent.ts';
import type { Intent } from './intent.ts';
import { isProvenStatus } from './id-proof.ts';
import { openIntentOf } from './open-intent.ts';
import { isSameAttempt } from './pod-name.ts';
import type { InstanceSnapshot } from './provider.ts';
import { relationOf } from './instance-relation.ts';
import { currentAttempt, hasOutcome } from './status/attempts.ts';

/** Adds what was just observed to the local state. A pure function. */
export function observe(observation: Observation): LocalState {
  const { localState, gpuPod, now } = observation;
  const {
    pendingCreate: _pendingCreate,
    instance: _instance,
    signed: _signed,
    unbound,
    deletingSinceMs,
    ...lasting
  } = localState;
  const signed = observeSigned(observation);
  const pendingCreate = observePendingCreate(observation);
  const instance = observeInstance(observation);
  const deletingSince = isDeleting(gpuPod) ? (deletingSinceMs ?? now.monotonicMs) : undefined;
  return {
    ...lasting,
    version: observeVersion(observation),
    duplicates: observeDuplicates(observation),
    ...(pendingCreate === undefined ? {} : { pendingCreate }),
    ...(instance === undefined ? {} : { instance }),
    ...(signed === undefined ? {} : { signed }),
    ...(deletingSince === undefined ? {} : { deletingSinceMs: deletingSince }),
    ...(unbound === undefined || unbound.podId === gpuPod.status.podId ? {} : { unbound }),
  };
}

/**
 * A status with another, unsigned ID is not the operator's, so the last one of its own stays. Nor is a status without
 * an ID that does not record how the attempt ended: somebody removed it.
 */
function observeSigned({ gpuPod: { status }, proofs, localState }: Observation): GpuPodStatus | undefined {
  if (status.podId === undefined) {
    const { signed } = localState;
    const attempt = signed === undefined ? undefined : currentAttempt(signed)?.number;
    return attempt === undefined || hasOutcome(status, attempt) ? undefined : signed;
  }
  const hasKey = proofs.of(status.podId) !== undefined;
  return !hasKey || isProvenStatus(proofs, status) || status.podId === localState.signed?.podId
    ? status
    : localState.signed;
}

function observeVersion({
  localState,
  gpuPod,
  ...received
}: Observation): NonNullable<LocalState['version']> {
  const { resourceVersion } = gpuPod.metadata;
  return localState.version?.resourceVersion === resourceVersion
    ? localState.version
    : { resourceVersion, seenAtMs: receivedAt(received) };
}

/**
 * A standby receives each version when it is written, long before it leads. What was written, as a create intent, was
 * therefore written before this time, and its deadlines count from here.
 */
function receivedAt({ now, receivedAtMs = Infinity }: Pick<Observation, 'now' | 'receivedAtMs'>): number {
  return Math.min(now.monotonicMs, receivedAtMs);
}

/** Stands for the name of a create intent that cannot be read. */
const GARBLED = '';

function observePendingCreate(observation: Observation): PendingCreate | undefined {
  const openIntent = openIntentOf(observation);
  const known = observation.localState.pendingCreate;
  const firstSeen = { firstSeenAtMs: receivedAt(observation), absences: 0 };
  switch (openIntent.kind) {
    case 'none':
    case 'foreign':
      return undefined;
    case 'garbled':
      return countAbsence(observation, known ?? { podName: GARBLED, ...firstSeen }, true);
    case 'open': {
      const { intent } = openIntent;
      const writing = writingOf(intent);
      // Two processes can write intents of the same number; the outcome of one says nothing about the other.
      const isKnown = known?.writing === writing;
      const account = accountOfIntent(intent);
      const theirs = { ...(account === undefined ? {} : { account }), ...lateness(observation, intent) };
      const fresh = { podName: intent.name, writing, ...theirs, ...firstSeen };
      return countAbsence(observation, isKnown ? known : fresh, false);
    }
  }
}

/** A writer with slow writes states how much later it may send the request; everybody else waits that much longer. */
function lateness({ timings }: Observation, { sendWithinMs = 0 }: Intent): Pick<PendingCreate, 'lateMs'> {
  const lateMs = sendWithinMs - timings.createFenceMs;
  return lateMs > 0 ? { lateMs } : {};
}

/**
 * Counts a complete list as a proof of absence if it began after the request had surely ended and does not show the
 * instance. Proofs must be far enough apart, see `settleSpacingMs`.
 */
function countAbsence(
  { inventory, timings }: Observation,
  pendingCreate: PendingCreate,
  isGarbled: boolean,
): PendingCreate {
  if (inventory === undefined || inventory.beganAtMs < requestSurelyEndedAtMs(pendingCreate, timings)) {
    return pendingCreate;
  }
  // An ended instance settles a readable intent. With an unreadable one it could be any earlier attempt, and would
  // block forever.
  const rows = isGarbled ? inventory.live : [...inventory.live, ...inventory.ended];
  if (rows.some(({ name }) => isOfPendingCreate(pendingCreate, name))) {
    const { lastAbsenceAtMs: _last, ...rest } = pendingCreate;
    return { ...rest, absences: 0 };
  }
  if (mayHide(inventory, pendingCreate, timings)) {
    return pendingCreate;
  }
  const isApart =
    pendingCreate.lastAbsenceAtMs === undefined ||
    inventory.beganAtMs - pendingCreate.lastAbsenceAtMs >= timings.settleSpacingMs;
  return isApart
    ? { ...pendingCreate, absences: pendingCreate.absences + 1, lastAbsenceAtMs: inventory.beganAtMs }
    : pendingCreate;
}

/**
 * Whether a row without a readable name or ID may be the instance of this intent. A row that was listed before our
 * request can have begun is not.
 */
function mayHide(
  inventory: InventoryView,
  pendingCreate: PendingCreate,
  timings: Observation['timings'],
): boolean {
  const beganAtMs = (pendingCreate.requestEndedAtMs ?? -Infinity) - timings.foreignRequestMs;
  return (
    inventory.unidentified > 0 ||
    inventory.nameless.some(({ firstListedAtMs }) => firstListedAtMs >= beganAtMs)
  );
}

/** The time from which lists count: the end of our request, or an upper bound for the request of another process. */
export function requestSurelyEndedAtMs(
  pendingCreate: PendingCreate,
  timings: Observation['timings'],
): number {
  return (
    pendingCreate.requestEndedAtMs ??
    pendingCreate.firstSeenAtMs + timings.foreignRequestMs + (pendingCreate.lateMs ?? 0)
  );
}

function isOfPendingCreate(pendingCreate: PendingCreate, name: string | undefined): boolean {
  // The attempt is unknown, so any instance with the GpuPod's name prefix may be it.
  return pendingCreate.podName === GARBLED || isSameAttempt(pendingCreate.podName, name);
}

function observeInstance(observation: Observation): InstanceState | undefined {
  const { gpuPod, localState, now } = observation;
  const { podId } = gpuPod.status;
  if (podId === undefined) {
    return undefined;
  }
  const listed = observation.inventory?.live.find((instance) => instance.podId === podId);
  const known = knownInstance(localState, podId, now.monotonicMs);
  return countMissing(observation, withSnapshot(observation, known, listed), listed !== undefined);
}

function withSnapshot(
  observation: Observation,
  known: InstanceState,
  listed: InstanceSnapshot | undefined,
): InstanceState {
  const snapshot = listed ?? observation.lastSeen?.snapshot;
  const name = snapshot?.name ?? latestName(observation, known);
  const isSeen = snapshot !== undefined || known.read?.result === 'found';
  const seenAtMs = lastSeenAtMs(observation, known, listed);
  const { created: _created, ...lasting } = known;
  return {
    ...firstSeenActive(observation),
    ...lasting,
    ...observeCreation(observation, known),
    wasRead: known.wasRead || isSeen,
    ...(seenAtMs === undefined ? {} : { seenAtMs }),
    ...(name === undefined ? {} : { name }),
  };
}

function firstSeenActive({ lastSeen, now }: Observation): Pick<InstanceState, 'activeSeenAtMs'> {
  return lastSeen?.snapshot.status === 'ACTIVE' ? { activeSeenAtMs: now.monotonicMs } : {};
}

function lastSeenAtMs(
  { inventory, lastSeen }: Observation,
  { seenAtMs, read }: InstanceState,
  listed: InstanceSnapshot | undefined,
): number | undefined {
  const times = [
    seenAtMs,
    listed === undefined ? undefined : inventory?.beganAtMs,
    lastSeen?.omitted === false ? lastSeen.beganAtMs : undefined,
    read?.result === 'found' || read?.result === 'terminated' ? read.beganAtMs : undefined,
  ].filter((atMs) => atMs !== undefined);
  return times.length === 0 ? undefined : Math.max(...times);
}

function knownInstance({ instance }: LocalState, podId: string, nowMs: number): InstanceState {
  return instance?.podId === podId ? instance : { podId, sinceMs: nowMs, wasRead: false, missing: 0 };
}

/** The response to our own create request names the instance as reliably as a snapshot. */
function latestName(
  { localState: { unbound } }: Observation,
  { podId, read, name }: InstanceState,
): string | undefined {
  return read?.name ?? name ?? (unbound?.podId === podId ? unbound.podName : undefined);
}

/**
 * Counts one proof of absence: a 404, and a complete list that began later and does not show the instance. The list
 * must also be late enough to show a new instance.
 */
function countMissing(observation: Observation, instance: InstanceState, isInList: boolean): InstanceState {
  const { read, lastMissingAtMs } = instance;
  if (read === undefined) {
    return instance;
  }
  const list = listSince(observation.inventory, read.beganAtMs);
  if (read.result === 'found' || (isInList && list !== undefined)) {
    const { lastMissingAtMs: _last, ...rest } = instance;
    return { ...rest, missing: 0 };
  }
  const { timings } = observation;
  const isProof = read.result === 'notFound' && list !== undefined && isAbsentFrom(list, instance, timings);
  const sinceLastMs = read.beganAtMs - (lastMissingAtMs ?? -Infinity);
  return isProof && sinceLastMs >= timings.goneSpacingMs
    ? { ...instance, missing: instance.missing + 1, lastMissingAtMs: read.beganAtMs }
    : instance;
}

/**
 * A row without an ID may be this instance. After our own DELETE its absence is expected, so that doubt does not
 * count.
 */
function isAbsentFrom(
  list: InventoryView,
  instance: InstanceState,
  timings: Observation['timings'],
): boolean {
  const isHidden = instance.deletedAtMs === undefined && list.unidentified > 0;
  return !isHidden && isOldEnoughForLists(instance, list, timings);
}

function listSince(inventory: InventoryView | undefined, atMs: number): InventoryView | undefined {
  return inventory !== undefined && inventory.beganAtMs >= atMs ? inventory : undefined;
}

/** The live duplicates, each with the start of the list that first showed it. */
function observeDuplicates(observation: Observation): LocalState['duplicates'] {
  const { inventory, localState } = observation;
  if (inventory === undefined || inventory.beganAtMs === -Infinity) {
    return localState.duplicates;
  }
  const duplicates = inventory.live.filter(
    (instance) =>
      instance.podId !== localState.unbound?.podId && relationOf(observation, instance) === 'duplicate',
  );
  if (duplicates.length === 0) {
    return NO_DUPLICATES;
  }
  return Object.fromEntries(
    duplicates.map(({ podId }) => [podId, localState.duplicates[podId] ?? inventory.beganAtMs]),
  );
}
