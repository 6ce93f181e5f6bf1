import type { Knowledge, Sight } from '../knowledge.ts';
import { untilReadAgainMs } from '../gone.ts';
import type { RentalMemory } from '../memory.ts';
import { frontsOf } from '../order.ts';
import { frontOf, isSameAttempt, objectHashes, parsePodName } from '../pod-name.ts';
import type { Facts } from '../status/draft.ts';
import type { Rest, Step } from '../step.ts';
import { ON_ITS_WAY, standingClaim, startingClaim } from './claims.ts';
import { restFailing } from './failing.ts';

/**
 * Whether the rented instance is this object's, by what the provider calls it now: by its name prefix and attempt, or
 * because the operator itself wrote this id down, whatever the instance is called since. `unknown` until a look told its
 * name, or that it has none.
 */
export function ownership(
  knowledge: Knowledge,
  { name, read }: RentalMemory,
): 'ours' | 'stranger' | 'unknown' {
  if (name !== undefined) {
    return isNamedAsOrdered(knowledge, name) || isProven(knowledge, name) ? 'ours' : 'stranger';
  }
  return read?.result === 'found' && isProven(knowledge, undefined) ? 'ours' : 'unknown';
}

/** By name prefix and attempt, as it was ordered for this object, whichever installation did. */
function isNamedAsOrdered(knowledge: Knowledge, name: string): boolean {
  const { gpuPod, intent } = knowledge;
  const { podName } = gpuPod.status;
  const parts = parsePodName(podName);
  if (parts === undefined || !isSameAttempt(name, podName)) {
    return false;
  }
  const isOrdered = intent.kind === 'read' && isSameAttempt(intent.intent.name, podName);
  const isNamedForIt = objectHashes(gpuPod.metadata).includes(parts.objectHash);
  return frontsOf(knowledge).has(frontOf(parts)) || (isOrdered && isNamedForIt);
}

/** An instance that carries the name prefix of another object is never ours, nor one that another can prove as well. */
function isProven(knowledge: Knowledge, name: string | undefined): boolean {
  const { gpuPod, proofs } = knowledge;
  const { podId = '', podIdProof } = gpuPod.status;
  const parts = parsePodName(name);
  const isNamedForOther = parts !== undefined && !frontsOf(knowledge).has(frontOf(parts));
  return (
    podIdProof !== undefined &&
    podIdProof === proofs.of(podId) &&
    !isNamedForOther &&
    !proofs.isProvenElsewhere(podId)
  );
}

/** Whether the operator wrote this id down itself, whatever the instance is called. */
export function isSigned(knowledge: Knowledge): boolean {
  return isProven(knowledge, undefined);
}

/** Signs an id from before ids were signed, once its name shows that it is ours. Rides along with the next write. */
export function proofFacts(knowledge: Knowledge): Facts {
  const { gpuPod, memory, proofs } = knowledge;
  const { podId, podIdProof } = gpuPod.status;
  const name = memory.rental?.name;
  const proof = podId === undefined ? undefined : proofs.of(podId);
  return proof === undefined ||
    proof === podIdProof ||
    name === undefined ||
    !isNamedAsOrdered(knowledge, name)
    ? {}
    : { podIdProof: proof };
}

/** What a stranger's instance costs, or is, is no reason to end anything: no rule judges it as if it were ours. */
export function holdStranger(knowledge: Knowledge, rental: RentalMemory): Rest | undefined {
  return ownership(knowledge, rental) === 'stranger'
    ? reportStranger(knowledge, rental.podId, rental.name ?? '')
    : undefined;
}

/**
 * A pod id that was written onto the object by somebody else must not make us show where a stranger's machine is.
 * Undefined once its name is known. A list, which all share, tells the names of all.
 */
export function withholdAddress(knowledge: Knowledge, rental: RentalMemory, sight: Sight): Step | undefined {
  const { podId } = rental;
  if (ownership(knowledge, rental) !== 'unknown') {
    return undefined;
  }
  const { census, now, windows, gpuPod, providerFailure } = knowledge;
  const untilReadMs = untilReadAgainMs(rental, now.monotonicMs, windows.goneSpacingMs);
  const hasList = census !== undefined && census.beganAtMs >= sight.beganAtMs;
  if ((hasList || providerFailure !== undefined) && untilReadMs <= 0) {
    return { kind: 'act', effect: { type: 'readPod', podId } };
  }
  return {
    kind: 'rest',
    status: gpuPod.status,
    againInMs: Math.max(untilReadMs, windows.goneSpacingMs),
    ...(hasList ? {} : { wantsCensusAfterMs: sight.beganAtMs }),
  };
}

/** What stands in the status stays: it may be the pod that was ordered, under another name since. */
function reportStranger(knowledge: Knowledge, podId: string, name: string): Rest {
  const { status } = knowledge.gpuPod;
  const message = `Instance ${podId} has the name ${name} at the provider, which this GpuPod did not request. Its details are not shown.`;
  return restFailing(
    knowledge,
    { reason: 'UnexpectedResponse', message },
    {
      Ready: standingClaim(status, 'Ready', startingClaim(podId)),
      ...(status.readyAt === undefined ? { progress: { type: 'Reconciling', claim: ON_ITS_WAY } } : {}),
    },
  );
}
