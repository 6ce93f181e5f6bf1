import { untilReadAgainMs } from '../gone.ts';
import type { Observation, LastSeen } from '../observation.ts';
import type { InstanceState } from '../local-state.ts';
import { draftStatus } from '../status/draft.ts';
import type { Facts } from '../status/draft.ts';
import type { Rest, Step } from '../step.ts';
import { ON_ITS_WAY } from './condition-drafts.ts';
import { endTimedOut } from './provision.ts';

/**
 * Nothing gets ready before all that it says of itself, its price above all, was read after it was active: the answer
 * to the create, and looks at a pod that is starting, may say something else. Undefined once that was done.
 */
export function confirmBeforeReady(
  observation: Observation,
  instance: InstanceState,
  lastSeen: LastSeen,
  facts: Facts,
): Step | undefined {
  if (observation.gpuPod.status.readyAt !== undefined) {
    return undefined;
  }
  const { detailsAtMs = -Infinity } = lastSeen;
  const activeSeenAtMs = instance.activeSeenAtMs ?? observation.now.monotonicMs;
  if (detailsAtMs < activeSeenAtMs) {
    return readAgain(observation, instance, activeSeenAtMs);
  }
  return lastSeen.snapshot.priceUsdPerHour === undefined
    ? (endTimedOut(observation, instance, lastSeen) ?? awaitPrice(observation, instance, detailsAtMs, facts))
    : undefined;
}

/** While lists work, the next one may take this many times as long as when they do not: in a burst each has many pages. */
const PATIENCE = 3;

/** By the next list, which all share; where lists fail, leave it out, or take too long, by a GET. */
function readAgain(observation: Observation, instance: InstanceState, sinceMs: number): Step {
  const { gpuPod, now, timings, providerFailure, inventory } = observation;
  const isLeftOut =
    inventory === undefined || inventory.doubt !== undefined || inventory.beganAtMs >= sinceMs;
  const patienceMs = timings.goneSpacingMs * (isLeftOut ? 1 : PATIENCE);
  const isOverdue = now.monotonicMs - sinceMs >= patienceMs;
  const untilReadMs = untilReadAgainMs(instance, now.monotonicMs, timings.goneSpacingMs);
  if ((isOverdue || providerFailure !== undefined) && untilReadMs <= 0) {
    return { kind: 'act', effect: { type: 'readPod', podId: instance.podId } };
  }
  return {
    kind: 'rest',
    status: gpuPod.status,
    requeueAfterMs: Math.max(untilReadMs, timings.goneSpacingMs),
    pollOften: true,
    wantsInventoryAfterMs: sinceMs,
  };
}

function awaitPrice(observation: Observation, instance: InstanceState, readAtMs: number, facts: Facts): Step {
  const { timings } = observation;
  const next = readAgain(observation, instance, readAtMs + timings.goneSpacingMs);
  return next.kind === 'act' ? next : { ...next, status: priceUnknown(observation, instance, facts) };
}

function priceUnknown(observation: Observation, { podId }: InstanceState, facts: Facts): Rest['status'] {
  return draftStatus(
    observation,
    {
      Ready: [
        'PriceUnknown',
        `Instance ${podId} is active and bills, but the provider states no price for it. It becomes ready once its price is known and within the cap; otherwise the operator terminates it after provisioningTimeout.`,
      ],
      Provisioned: ['PodActive', `Instance ${podId} is active.`],
      progress: { type: 'Reconciling', draft: ON_ITS_WAY },
    },
    facts,
  );
}
