import { ceilingExpiryOf } from '../expiry.ts';
import type { Limit } from '../expiry.ts';
import type { Observation } from '../observation.ts';
import { attemptsCostOf } from '../status/attempts.ts';
import { limitText } from '../status/expiring.ts';
import type { Step } from '../step.ts';
import { stall } from './stalled.ts';
import { costLimitText, reachedLimit } from './limits.ts';
import { beginTermination } from './termination.ts';

/**
 * Terminates an instance that has reached `maxLifetime` or `maxTotalCost`. A process that has just started waits for its
 * first snapshot of the instance; after that, an outage of the provider delays only the DELETE.
 */
export function endExpired(observation: Observation): Step | undefined {
  const limit = reachedLimit(observation);
  return limit === undefined ? undefined : endAt(observation, limit);
}

/** Terminates the instance of a paused GpuPod that has reached the ceiling, by the same rules. */
export function endAtCeiling(observation: Observation): Step | undefined {
  const ceiling = ceilingExpiryOf(observation);
  return ceiling === undefined ? undefined : endAt(observation, ceiling.limit);
}

function endAt(observation: Observation, limit: Limit): Step | undefined {
  if (observation.lastSeen === undefined) {
    return undefined;
  }
  const begun = beginTermination(observation, limit.ending, whyEnded(observation, limit));
  const { podId } = observation.gpuPod.status;
  return podId === undefined ? begun : { ...begun, remember: { withdrawable: podId } };
}

function whyEnded(observation: Observation, limit: Limit): string {
  const reached = `It reached ${limitText(observation, limit)}`;
  return limit.lifetime === undefined ? `${reached}, earlier attempts included.` : `${reached}.`;
}

/** Stops when the attempts so far leave nothing to spend. */
export function stopAtCostLimit(observation: Observation): Step | undefined {
  const { spec, status } = observation.gpuPod;
  const spentUsd = attemptsCostOf(status);
  return spec.maxTotalCost === undefined || spentUsd < spec.maxTotalCost
    ? undefined
    : stall(observation, 'CostLimitReached', costLimitText(spec.maxTotalCost, spentUsd));
}
