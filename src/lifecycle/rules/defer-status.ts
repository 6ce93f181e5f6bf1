import { isDeleting } from '../../api/gpupod/gpu-pod.ts';
import type { Observation } from '../observation.ts';
import type { Rest } from '../step.ts';

/** A termination within this many polls needs no status write of its own. */
const BRIEF_POLLS = 2;

/**
 * Keeps the status of a GpuPod that is being deleted, unless the deletion takes long or is in doubt. Most deletions
 * take seconds.
 */
export function deferStatus(observation: Observation, rest: Rest, sinceMs: number): Rest {
  const { gpuPod, inventory, now, timings } = observation;
  const leftMs = sinceMs + BRIEF_POLLS * timings.busyPollMs - now.monotonicMs;
  if (!isDeleting(gpuPod) || leftMs <= 0 || inventory?.doubt !== undefined) {
    return rest;
  }
  return {
    ...rest,
    status: gpuPod.status,
    requeueAfterMs: Math.min(leftMs, rest.requeueAfterMs ?? Infinity),
  };
}
