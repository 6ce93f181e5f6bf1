import type { Observation, LastSeen } from '../observation.ts';
import { untilReadAgainMs } from '../instance-end.ts';
import type { InstanceState } from '../local-state.ts';
import { isProvenStatus } from '../id-proof.ts';
import { namePrefixesOf } from '../open-intent.ts';
import { namePrefixOf, isSameAttempt, objectHashes, parsePodName } from '../pod-name.ts';
import type { Facts } from '../status/draft.ts';
import type { Rest, Step } from '../step.ts';
import { ON_ITS_WAY, currentDraft, startingDraft } from './condition-drafts.ts';
import { restFailing } from './failing.ts';

/**
 * Whether the instance in the status belongs to this GpuPod: its current name has our name prefix and attempt, or the
 * operator signed its ID. `unknown` until a snapshot has told its name, or that it has none.
 */
export function ownership(
  observation: Observation,
  { name, read }: InstanceState,
): 'ours' | 'foreign' | 'unknown' {
  if (name !== undefined) {
    return isNamedAsRequested(observation, name) || isProven(observation, name) ? 'ours' : 'foreign';
  }
  return read?.result === 'found' && isProven(observation, undefined) ? 'ours' : 'unknown';
}

/** The name has the prefix and attempt that were requested for this GpuPod, by whichever installation. */
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

/**
 * A signature does not count for an instance with another GpuPod's name prefix, or one that another GpuPod can prove
 * too.
 */
function isProven(observation: Observation, name: string | undefined): boolean {
  const { gpuPod, proofs } = observation;
  const { podId = '' } = gpuPod.status;
  const parts = parsePodName(name);
  const isNamedForOther = parts !== undefined && !namePrefixesOf(observation).has(namePrefixOf(parts));
  return isProvenStatus(proofs, gpuPod.status) && !isNamedForOther && !proofs.isProvenElsewhere(podId);
}

/** Whether the operator signed this ID, whatever the name of the instance. */
export function isSigned(observation: Observation): boolean {
  return isProven(observation, undefined);
}

/**
 * Writes the operator's own status back if somebody replaced or removed the ID of the instance in it. A deletion would
 * look after another instance, or after none, and forget the own one.
 */
export function restoreId({ gpuPod: { status }, localState: { signed } }: Observation): Step | undefined {
  const isChanged = signed?.podId !== undefined && status.podId !== signed.podId;
  return isChanged ? { kind: 'act', effect: { type: 'writeStatus', status: signed } } : undefined;
}

/**
 * Signs an ID from before IDs were signed, or without its account, once the name shows that it is ours. Joins the next
 * write.
 */
export function proofFacts(observation: Observation, account = observation.gpuPod.status.account): Facts {
  const { gpuPod, localState, proofs } = observation;
  const { podId, podIdProof } = gpuPod.status;
  const name = localState.instance?.name;
  const proof = podId === undefined ? undefined : proofs.of(podId, account);
  return proof === undefined ||
    proof === podIdProof ||
    name === undefined ||
    !isNamedAsRequested(observation, name)
    ? {}
    : { podIdProof: proof };
}

/** Another owner's instance must never be terminated for its price or state, so no later rule judges it. */
export function reportForeignInstance(observation: Observation, instance: InstanceState): Rest | undefined {
  return ownership(observation, instance) === 'foreign'
    ? reportForeignId(observation, instance.podId, instance.name ?? '')
    : undefined;
}

/**
 * Delays the endpoint until the name of the instance is known, because somebody else may have written the ID into the
 * status. Prefers the next list, which all GpuPods share. Returns undefined once the name is known.
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

/** Keeps the status: the instance may be ours, renamed since. */
function reportForeignId(observation: Observation, podId: string, name: string): Rest {
  const { status } = observation.gpuPod;
  const message = `Instance ${podId} has the name ${name} at the provider, which this GpuPod did not request, so its details are not shown. It may bill. If somebody renamed it, restore the name in status.podName at the provider.`;
  return restFailing(
    observation,
    { reason: 'UnexpectedResponse', message },
    {
      Ready: currentDraft(status, 'Ready', startingDraft(podId)),
      ...(status.readyAt === undefined ? { progress: { type: 'Reconciling', draft: ON_ITS_WAY } } : {}),
    },
  );
}
