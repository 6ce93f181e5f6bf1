import { untilReadAgainMs } from '../instance-end.ts';
import type { Observation, LastSeen } from '../observation.ts';
import type { InstanceState } from '../local-state.ts';
import { draftStatus } from '../status/draft.ts';
import type { Facts } from '../status/draft.ts';
import type { Rest, Step } from '../step.ts';
import { ON_ITS_WAY } from './condition-drafts.ts';
import { terminateTimedOut } from './provision.ts';

/**
 * Delays Ready until the details of the instance, above all its price, were read after it became active. The create
 * response and earlier snapshots may say something else. Returns undefined once that is done.
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
    ? (terminateTimedOut(observation, instance, lastSeen) ??
        awaitPrice(observation, instance, detailsAtMs, facts))
    : undefined;
}

/** How many times longer to wait for the next list while lists work: in a burst of creates each list has many pages. */
const WAIT_FACTOR = 3;

/**
 * Prefers the next list, which all GpuPods share. Falls back to a GET where lists fail, omit the instance, or take
 * too long.
 */
export function readAgain(observation: Observation, instance: InstanceState, sinceMs: number): Step {
  const { gpuPod, now, timings, providerFailure, inventory } = observation;
  const isLeftOut =
    inventory === undefined || inventory.doubt !== undefined || inventory.beganAtMs >= sinceMs;
  const waitMs = timings.goneSpacingMs * (isLeftOut ? 1 : WAIT_FACTOR);
  const isOverdue = now.monotonicMs - sinceMs >= waitMs;
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
