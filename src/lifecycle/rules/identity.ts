import type { Observation, LastSeen } from '../observation.ts';
import { untilReadAgainMs } from '../gone.ts';
import type { InstanceState } from '../local-state.ts';
import { namePrefixesOf } from '../open-intent.ts';
import { namePrefixOf, isSameAttempt, objectHashes, parsePodName } from '../pod-name.ts';
import type { Facts } from '../status/draft.ts';
import type { Rest, Step } from '../step.ts';
import { ON_ITS_WAY, currentDraft, startingDraft } from './condition-drafts.ts';
import { restFailing } from './failing.ts';

/**
 * Whether the rented instance is this object's, by what the provider calls it now: by its name prefix and attempt, or
 * because the operator itself wrote this id down, whatever the instance is called since. `unknown` until a look told its
 * name, or that it has none.
 */
export function ownership(
  observation: Observation,
  { name, read }: InstanceState,
): 'ours' | 'stranger' | 'unknown' {
  if (name !== undefined) {
    return isNamedAsRequested(observation, name) || isProven(observation, name) ? 'ours' : 'stranger';
  }
  return read?.result === 'found' && isProven(observation, undefined) ? 'ours' : 'unknown';
}

/** By name prefix and attempt, as it was ordered for this object, whichever installation did. */
function isNamedAsRequested(observation: Observation, name: string): boolean {
  const { gpuPod, intent } = observation;
  const { podName } = gpuPod.status;
  const parts = parsePodName(podName);
  if (parts === undefined || !isSameAttempt(name, podName)) {
    return false;
  }
  const isOfPendingCreate = intent.kind === 'read' && isSameAttempt(intent.intent.name, podName);
  const isNamedForIt = objectHashes(gpuPod.metadata).includes(parts.objectHash);
  return namePrefixesOf(observation).has(namePrefixOf(parts)) || (isOfPendingCreate && isNamedForIt);
}

/** An instance that carries the name prefix of another object is never ours, nor one that another can prove as well. */
function isProven(observation: Observation, name: string | undefined): boolean {
  const { gpuPod, proofs } = observation;
  const { podId = '', podIdProof } = gpuPod.status;
  const parts = parsePodName(name);
  const isNamedForOther = parts !== undefined && !namePrefixesOf(observation).has(namePrefixOf(parts));
  return (
    podIdProof !== undefined &&
    podIdProof === proofs.of(podId) &&
    !isNamedForOther &&
    !proofs.isProvenElsewhere(podId)
  );
}

/** Whether the operator wrote this id down itself, whatever the instance is called. */
export function isSigned(observation: Observation): boolean {
  return isProven(observation, undefined);
}

/** Signs an id from before ids were signed, once its name shows that it is ours. Rides along with the next write. */
export function proofFacts(observation: Observation): Facts {
  const { gpuPod, localState, proofs } = observation;
  const { podId, podIdProof } = gpuPod.status;
  const name = localState.instance?.name;
  const proof = podId === undefined ? undefined : proofs.of(podId);
  return proof === undefined ||
    proof === podIdProof ||
    name === undefined ||
    !isNamedAsRequested(observation, name)
    ? {}
    : { podIdProof: proof };
}

/** What a stranger's instance costs, or is, is no reason to end anything: no rule judges it as if it were ours. */
export function holdStranger(observation: Observation, instance: InstanceState): Rest | undefined {
  return ownership(observation, instance) === 'stranger'
    ? reportStranger(observation, instance.podId, instance.name ?? '')
    : undefined;
}

/**
 * A pod id that was written onto the object by somebody else must not make us show where a stranger's machine is.
 * Undefined once its name is known. A list, which all share, tells the names of all.
 */
export function withholdAddress(
  observation: Observation,
  instance: InstanceState,
  lastSeen: LastSeen,
): Step | undefined {
  const { podId } = instance;
  if (ownership(observation, instance) !== 'unknown') {
    return undefined;
  }
  const { inventory, now, timings, gpuPod, providerFailure } = observation;
  const untilReadMs = untilReadAgainMs(instance, now.monotonicMs, timings.goneSpacingMs);
  const hasList = inventory !== undefined && inventory.beganAtMs >= lastSeen.beganAtMs;
  if ((hasList || providerFailure !== undefined) && untilReadMs <= 0) {
    return { kind: 'act', effect: { type: 'readPod', podId } };
  }
  return {
    kind: 'rest',
    status: gpuPod.status,
    requeueAfterMs: Math.max(untilReadMs, timings.goneSpacingMs),
    ...(hasList ? {} : { wantsInventoryAfterMs: lastSeen.beganAtMs }),
  };
}

/** What stands in the status stays: it may be the pod that was ordered, under another name since. */
function reportStranger(observation: Observation, podId: string, name: string): Rest {
  const { status } = observation.gpuPod;
  const message = `Instance ${podId} has the name ${name} at the provider, which this GpuPod did not request. Its details are not shown.`;
  return restFailing(
    observation,
    { reason: 'UnexpectedResponse', message },
    {
      Ready: currentDraft(status, 'Ready', startingDraft(podId)),
      ...(status.readyAt === undefined ? { progress: { type: 'Reconciling', draft: ON_ITS_WAY } } : {}),
    },
  );
}
