import { isDeleting } from '../api/gpu-pod.ts';
import type { GpuPod } from '../api/gpu-pod.ts';
import { isResolved } from './intent.ts';
import type { Observation } from './observation.ts';
import { adoptedPrefix, isCopy } from './open-intent.ts';
import { namePrefixOf, isSameAttempt, parsePodName, podNamePrefixes } from './pod-name.ts';
import type { PodNameParts } from './pod-name.ts';
import type { InstanceSnapshot } from './provider.ts';
import type { Policy } from './settings.ts';
import { attemptsOf, hasOutcome } from './status/attempts.ts';

/** What an instance that carries one of this object's name prefixes is to it. */
export type Standing =
  /** Rented by it, or named by its open create intent. */
  | 'own'
  /** Of an attempt that this very object has closed or passed, or a second one of its attempt: to be terminated. */
  | 'duplicate'
  /**
   * Of a later attempt than anything on the object tells of. Nothing is ordered before it is written down, so what is
   * on the object is older: a backup came back, or somebody took annotations or status away. It may be at work.
   */
  | 'newer'
  /** Not to be judged by this object: of an object whose instance it adopted, or not named by us. */
  | 'others';

/** What the judgement rests on; of a live read there is no more than the object. */
export type ObjectKnown = Pick<Observation, 'gpuPod' | 'installation' | 'intent' | 'mayAdopt' | 'policy'>;

type Named = Pick<InstanceSnapshot, 'podId' | 'name'>;

export function standingOf(known: ObjectKnown, instance: Named): Standing {
  const { gpuPod, installation } = known;
  const parts = parsePodName(instance.name);
  if (instance.podId === gpuPod.status.podId || isNamedByIntent(known, instance.name)) {
    return 'own';
  }
  if (parts === undefined) {
    return 'others';
  }
  if (podNamePrefixes(installation, gpuPod.metadata).includes(namePrefixOf(parts))) {
    return isPassed(known, parts) || terminatesAllInstances(known) ? 'duplicate' : 'newer';
  }
  return namePrefixOf(parts) === adoptedPrefix(known) && isAfterAdopted(known, parts, instance)
    ? 'newer'
    : 'others';
}

/** Live instances of later attempts than this object knows. */
export function newerInstances(
  observation: ObjectKnown & Pick<Observation, 'inventory'>,
): readonly InstanceSnapshot[] {
  return (observation.inventory?.live ?? []).filter(
    (instance) => standingOf(observation, instance) === 'newer',
  );
}

/**
 * Live instances that this object answers for: they must be gone before it may go, or rent. What else bears the prefix
 * of the object whose instance it adopted is not among them.
 */
export function ownInstances(
  known: ObjectKnown & Pick<Observation, 'inventory'>,
): readonly InstanceSnapshot[] {
  const adopted = adoptedPrefix(known);
  return (known.inventory?.live ?? []).filter(
    (instance) =>
      prefixOfName(instance.name) !== adopted ||
      adopted === undefined ||
      standingOf(known, instance) === 'own',
  );
}

/** `Retain` keeps what runs, unless it was to be terminated before. */
export function retainsInstances({ spec }: GpuPod, { allowRetain }: Pick<Policy, 'allowRetain'>): boolean {
  return allowRetain && spec.deletionPolicy === 'Retain' && !spec.suspend;
}

/** A deletion ends whatever bears the object's uid, however new. */
export function terminatesAllInstances({ gpuPod, policy }: Pick<ObjectKnown, 'gpuPod' | 'policy'>): boolean {
  return isDeleting(gpuPod) && !retainsInstances(gpuPod, policy);
}

function isNamedByIntent(known: ObjectKnown, name: string | undefined): boolean {
  const { gpuPod, intent: reading, installation } = known;
  if (gpuPod.status.podId !== undefined || reading.kind !== 'read') {
    return false;
  }
  const { intent } = reading;
  return (
    intent.installation === installation &&
    !isResolved(gpuPod, intent) &&
    !isCopy(known, intent) &&
    isSameAttempt(intent.name, name)
  );
}

/**
 * The object itself tells that this attempt is over, or that it rents another instance of it, or has gone on since. A
 * status that names the instance of another GpuPod tells nothing of this one's.
 */
function isPassed(
  { gpuPod, intent: reading, installation }: ObjectKnown,
  { attempt }: PodNameParts,
): boolean {
  const { status, metadata } = gpuPod;
  const named = parsePodName(status.podName);
  const isOwnName =
    named !== undefined && podNamePrefixes(installation, metadata).includes(namePrefixOf(named));
  const bound = isOwnName ? named.attempt : undefined;
  const recorded = attemptsOf(status).map(({ number }) => number);
  const isOwn =
    reading.kind === 'read' &&
    reading.intent.uid === metadata.uid &&
    reading.intent.installation === installation;
  const last = Math.max(0, bound ?? 0, isOwn ? reading.intent.attempt : 0, ...recorded);
  return hasOutcome(status, attempt) || attempt < last || (status.podId !== undefined && attempt === bound);
}

/** Later than the instance that was taken over, and than all that this object has had of its prefix. */
function isAfterAdopted(
  { gpuPod, intent: reading }: ObjectKnown,
  { attempt }: PodNameParts,
  { name }: Named,
): boolean {
  const { status } = gpuPod;
  const names = [status.podName, ...attemptsOf(status).map(({ podName }) => podName)];
  const namePrefix = prefixOfName(name);
  const had = names
    .filter((text) => prefixOfName(text) === namePrefix)
    .map((text) => parsePodName(text)?.attempt ?? 0);
  const adopted = reading.kind === 'read' ? reading.intent.attempt : 0;
  return attempt > Math.max(adopted, ...had);
}

export function prefixOfName(name: string | undefined): string | undefined {
  const parts = parsePodName(name);
  return parts === undefined ? undefined : namePrefixOf(parts);
}
