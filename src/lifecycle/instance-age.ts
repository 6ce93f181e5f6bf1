import type { Observation } from './observation.ts';
import type { InstanceState } from './local-state.ts';
import { isSameAttempt } from './pod-name.ts';
import { creationMs } from './status/creation.ts';

/**
 * The creation of the instance on the monotonic clock. The wall clock tells the age once, when this process first sees
 * the instance. From then on only the monotonic clock counts, so that a jump of the wall clock ends nothing early.
 */
export function observeCreation(
  observation: Observation,
  { created }: InstanceState,
): Pick<InstanceState, 'created'> {
  const { gpuPod, now } = observation;
  const text = gpuPod.status.createdAt;
  const createdMs = creationMs(gpuPod.status, now.wallMs);
  if (text === undefined || createdMs === undefined) {
    return {};
  }
  if (created?.text === text) {
    return { created };
  }
  const ageMs = Math.max(0, now.wallMs - createdMs);
  return { created: { text, atMs: withinOwnRequest(observation, now.monotonicMs - ageMs) } };
}

/**
 * An instance of this process's own create request is not older than the request, and not younger than its response,
 * whatever the clocks of this process and of the provider say.
 */
function withinOwnRequest({ gpuPod, localState }: Observation, atMs: number): number {
  const { pendingCreate } = localState;
  if (pendingCreate === undefined || !isSameAttempt(pendingCreate.podName, gpuPod.status.podName)) {
    return atMs;
  }
  const { requestBeganAtMs = -Infinity, requestEndedAtMs = Infinity, outcome } = pendingCreate;
  const latestMs = outcome?.kind === 'created' ? requestEndedAtMs : Infinity;
  return Math.max(requestBeganAtMs, Math.min(atMs, latestMs));
}
