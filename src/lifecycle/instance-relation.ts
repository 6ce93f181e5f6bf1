import { isDeleting } from '../api/gpupod/gpu-pod.ts';
import type { GpuPod } from '../api/gpupod/gpu-pod.ts';
import { isResolved } from './intent.ts';
import type { Observation } from './observation.ts';
import { adoptedPrefix, isCopy } from './open-intent.ts';
import { isSameAttempt, namePrefixOf, parsePodName, podNamePrefixes, prefixOfName } from './pod-name.ts';
import type { PodNameParts } from './pod-name.ts';
import type { InstanceSnapshot } from './provider.ts';
import type { Policy } from './settings.ts';
import { attemptsOf, hasOutcome, lostAttempt } from './status/attempts.ts';

/** How an instance with one of this GpuPod's name prefixes relates to it. */
export type InstanceRelation =
  /** The instance in the status, or of the open create intent. */
  | 'own'
  /**
   * Of an attempt that the GpuPod has closed or passed, or a second instance of its current attempt. The operator
   * terminates it.
   */
  | 'duplicate'
  /**
   * Of a later attempt than the GpuPod records. The operator writes an attempt down before it sends the request, so
   * the GpuPod was restored or edited. Or it was ready and lost, and the provider knows it again. The instance may be in
   * use, so the operator does not terminate it.
   */
  | 'newer'
  /** Not this GpuPod's to judge: of the GpuPod whose instance it adopted, or not named by an operator. */
  | 'others';

/** What the judgement needs. A caller that just read the live object has no more than this. */
export type ObjectKnown = Pick<Observation, 'gpuPod' | 'installation' | 'intent' | 'mayAdopt' | 'policy'>;

type Named = Pick<InstanceSnapshot, 'podId' | 'name'>;

export function relationOf(known: ObjectKnown, instance: Named): InstanceRelation {
  const { gpuPod, installation } = known;
  const parts = parsePodName(instance.name);
  if (instance.podId === gpuPod.status.podId || isNamedByIntent(known, instance.name)) {
    return 'own';
  }
  if (parts === undefined) {
    return 'others';
  }
  if (podNamePrefixes(installation, gpuPod.metadata).includes(namePrefixOf(parts))) {
    const isOver = isPassed(known, parts, instance);
    return isOver || terminatesAllInstances(known) ? 'duplicate' : 'newer';
  }
  return namePrefixOf(parts) === adoptedPrefix(known) && isAfterAdopted(known, parts, instance)
    ? 'newer'
    : 'others';
}

/** Live instances of later attempts than this GpuPod records. */
export function newerInstances(
  observation: ObjectKnown & Pick<Observation, 'inventory'>,
): readonly InstanceSnapshot[] {
  return (observation.inventory?.live ?? []).filter(
    (instance) => relationOf(observation, instance) === 'newer',
  );
}

/**
 * Live instances that must terminate before this GpuPod is released or rents again. Other instances with the name
 * prefix of an adopted instance are not among them.
 */
export function ownInstances(
  known: ObjectKnown & Pick<Observation, 'inventory'>,
): readonly InstanceSnapshot[] {
  const adopted = adoptedPrefix(known);
  return (known.inventory?.live ?? []).filter(
    (instance) =>
      prefixOfName(instance.name) !== adopted ||
      adopted === undefined ||
      relationOf(known, instance) === 'own',
  );
}

/** `Retain` keeps a running instance, unless `suspend` has already ended it. */
export function retainsInstances({ spec }: GpuPod, { allowRetain }: Pick<Policy, 'allowRetain'>): boolean {
  return allowRetain && spec.deletionPolicy === 'Retain' && !spec.suspend;
}

/** A deletion terminates every instance with the GpuPod's UID, however new. */
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
 * Whether the GpuPod itself shows that this attempt is over: it records an outcome, a later attempt, or another
 * instance of the same attempt. A status that names another GpuPod's instance proves nothing.
 */
function isPassed(known: ObjectKnown, { attempt }: PodNameParts, instance: Named): boolean {
  const { gpuPod, installation } = known;
  const { status, metadata } = gpuPod;
  const named = parsePodName(status.podName);
  const isOwnName =
    named !== undefined && podNamePrefixes(installation, metadata).includes(namePrefixOf(named));
  const bound = isOwnName ? named.attempt : undefined;
  const recorded = attemptsOf(status).map(({ number }) => number);
  const last = Math.max(0, bound ?? 0, attemptOfOwnIntent(known), ...recorded);
  const hasEnded = hasOutcome(status, attempt) && !isBack(gpuPod, instance);
  return hasEnded || attempt < last || (status.podId !== undefined && attempt === bound);
}

/** 0 without an intent that this installation wrote for this GpuPod. */
function attemptOfOwnIntent({ gpuPod, intent: reading, installation }: ObjectKnown): number {
  const intent = reading.kind === 'read' ? reading.intent : undefined;
  return intent?.uid === gpuPod.metadata.uid && intent.installation === installation ? intent.attempt : 0;
}

/** Whether this is the ready instance of the last attempt, which the provider did not know for a while. */
function isBack({ spec, status }: GpuPod, { podId, name }: Named): boolean {
  const lost = lostAttempt(status);
  return !spec.suspend && lost?.podId === podId && isSameAttempt(lost.podName ?? '', name);
}

/** Later than the adopted attempt, and than every attempt of that name prefix on record. */
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
