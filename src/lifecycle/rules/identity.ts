import type { Knowledge, Sight } from '../knowledge.ts';
import { untilReadAgainMs } from '../gone.ts';
import type { RentalMemory } from '../memory.ts';
import { frontsOf } from '../order.ts';
import { frontOf, objectHashes, parsePodName, sameName } from '../pod-name.ts';
import type { Rest, Step } from '../step.ts';
import { ON_ITS_WAY, standingClaim, startingClaim } from './claims.ts';
import { restFailing } from './failing.ts';

/** By the front of its name, or as the very name that was ordered for this object, whichever installation did. */
export function isOurPod(knowledge: Knowledge, name: string): boolean {
  const { gpuPod, intent } = knowledge;
  const { podName } = gpuPod.status;
  const parts = parsePodName(podName);
  if (parts === undefined || !sameName(name, podName)) {
    return false;
  }
  const isOrdered = intent.kind === 'read' && sameName(intent.intent.name, podName);
  const isNamedForIt = objectHashes(gpuPod.metadata).includes(parts.objectHash);
  return frontsOf(knowledge).has(frontOf(parts)) || (isOrdered && isNamedForIt);
}

/**
 * A pod id that was written onto the object by somebody else must not make us show where a stranger's machine is.
 * Undefined for a pod that is called what was ordered. A list, which all share, tells the names of all.
 */
export function withholdAddress(knowledge: Knowledge, rental: RentalMemory, sight: Sight): Step | undefined {
  const { name, podId } = rental;
  if (name !== undefined) {
    return isOurPod(knowledge, name) ? undefined : reportStranger(knowledge, podId, name);
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
  const message = `Pod ${podId} is called ${name} at the provider, which is not the pod that was ordered. What it says is not shown.`;
  return restFailing(
    knowledge,
    { reason: 'UnexpectedResponse', message },
    {
      Ready: standingClaim(status, 'Ready', startingClaim(podId)),
      ...(status.readyAt === undefined ? { progress: { type: 'Reconciling', claim: ON_ITS_WAY } } : {}),
    },
  );
}
