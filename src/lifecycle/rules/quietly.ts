import { isDeleting } from '../../api/gpu-pod.ts';
import type { Observation } from '../observation.ts';
import type { Rest } from '../step.ts';

/** An end that takes no longer than so many polls is not worth a write that says that it is waited for. */
const QUIET_POLLS = 2;

/** A GpuPod that is deleted mostly goes within seconds: what it waits for is written down only where it lasts, or fails. */
export function quietly(observation: Observation, rest: Rest, sinceMs: number): Rest {
  const { gpuPod, inventory, now, timings } = observation;
  const leftMs = sinceMs + QUIET_POLLS * timings.busyPollMs - now.monotonicMs;
  if (!isDeleting(gpuPod) || leftMs <= 0 || inventory?.doubt !== undefined) {
    return rest;
  }
  return {
    ...rest,
    status: gpuPod.status,
    requeueAfterMs: Math.min(leftMs, rest.requeueAfterMs ?? Infinity),
  };
}
