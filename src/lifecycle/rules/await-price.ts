import { endVerdict } from '../instance-end.ts';
import type { Observation } from '../observation.ts';
import type { InstanceState } from '../local-state.ts';
import { draftStatus } from '../status/draft.ts';
import type { Rest, Step } from '../step.ts';
import { readAgain } from './confirm.ts';
import { deferStatus } from './defer-status.ts';
import { listDoubt } from './list-doubt.ts';
import { terminateTimedOut } from './provision.ts';

/**
 * Holds back the release of an instance that a deletion with `Retain` would keep, while nobody knows whether it bills
 * above its cap: once released, nothing compares its price any more. It waits as long as the instance may take to become
 * ready, and is then terminated. Undefined where nothing is awaited.
 */
export function awaitPriceToRetain(observation: Observation): Step | undefined {
  const { instance } = observation.localState;
  if (instance === undefined || !isPriceAwaited(observation) || endVerdict(observation) !== 'live') {
    return undefined;
  }
  const { lastSeen, timings } = observation;
  const timedOut = lastSeen === undefined ? undefined : terminateTimedOut(observation, instance, lastSeen);
  const readAtMs = lastSeen?.detailsAtMs ?? instance.sinceMs;
  return (
    timedOut ??
    withReport(observation, instance, readAgain(observation, instance, readAtMs + timings.goneSpacingMs))
  );
}

/** Whether a cap holds for an instance that was never ready, and nothing has stated its price. */
function isPriceAwaited({ gpuPod, policy, intent, lastSeen }: Observation): boolean {
  const { spec, status } = gpuPod;
  const isStated =
    lastSeen?.snapshot.priceUsdPerHour !== undefined || status.cost?.billedPerHour !== undefined;
  const isCapped =
    spec.maxPrice !== undefined || policy.maxPriceCeiling !== undefined || intent.kind === 'read';
  return isCapped && !isStated && status.readyAt === undefined;
}

function withReport(observation: Observation, { podId }: InstanceState, next: Step): Step {
  if (next.kind === 'act') {
    return next;
  }
  const rest: Rest = {
    ...next,
    status: draftStatus(observation, {
      Ready: [
        'Deleting',
        `Instance ${podId} bills, and the provider states no price for it. Once the price is known and within the cap, it is left running. Above the cap, or without a price after provisioningTimeout, it is terminated. To terminate it now, set spec.deletionPolicy to Delete.`,
      ],
      progress: {
        type: 'Reconciling',
        draft: ['Progressing', 'Waiting for the price of the instance.'],
      },
      ...listDoubt(observation),
    }),
  };
  const { localState, now } = observation;
  return deferStatus(observation, rest, localState.deletingSinceMs ?? now.monotonicMs);
}
