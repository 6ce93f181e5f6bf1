import { isPaused } from '../api/gpupod/gpu-pod.ts';
import type { GpuPodStatus } from '../api/gpupod/status.ts';
import { ceilingExpiryOf, expiryOf } from './expiry.ts';
import type { Observation } from './observation.ts';
import { observe } from './observe.ts';
import type { InstanceState } from './local-state.ts';
import { timesOutAtMs } from './rules/provisioning-time.ts';
import type { Rest, Step } from './step.ts';

/** A moment at which another rule may apply although nothing but time has passed. Monotonic milliseconds. */
export interface Deadline {
  readonly what:
    | 'stale'
    | 'provisioningTimedOut'
    | 'secretRecheck'
    | 'expiresSoon'
    | 'expired'
    | 'retryCreate'
    | 'breakerProbe';
  readonly atMs: number;
}

/** The deadlines that a rest must not sleep past, whichever rule returned it. */
export function deadlines(observation: Observation): readonly Deadline[] {
  const { instance } = observation.localState;
  return instance === undefined
    ? ofSearch(observation)
    : [...ofInstance(observation, instance), ...ofLimit(observation)];
}

/** Monotonic time at which the last snapshot becomes too old. */
export function staleAtMs({ lastSeen, timings }: Observation, { sinceMs }: InstanceState): number {
  return (lastSeen?.beganAtMs ?? sinceMs) + timings.staleMs;
}

function ofInstance(observation: Observation, instance: InstanceState): readonly Deadline[] {
  const { gpuPod, localState, timings } = observation;
  const stale: Deadline = { what: 'stale', atMs: staleAtMs(observation, instance) };
  if (gpuPod.status.readyAt === undefined) {
    // Only a snapshot from after the timeout counts, which the next poll brings.
    const atMs = timesOutAtMs(observation, instance) + timings.busyPollMs;
    return [stale, { what: 'provisioningTimedOut', atMs }];
  }
  return localState.secret === undefined
    ? [stale]
    : [stale, { what: 'secretRecheck', atMs: localState.secret.atMs + timings.staleMs }];
}

function ofLimit(observation: Observation): readonly Deadline[] {
  const expiry = expiryOf(observation);
  // A pause holds back every other limit.
  const ceiling = isPaused(observation.gpuPod) ? ceilingExpiryOf(observation) : undefined;
  return [
    ...(expiry === undefined
      ? []
      : [
          { what: 'expiresSoon', atMs: expiry.noticeAtMs } as const,
          { what: 'expired', atMs: expiry.atMs } as const,
        ]),
    ...(ceiling === undefined ? [] : [{ what: 'expired', atMs: ceiling.atMs } as const]),
  ];
}

function ofSearch({ localState, permit, now }: Observation): readonly Deadline[] {
  const { blocked } = localState;
  return [
    ...(blocked === undefined ? [] : [{ what: 'retryCreate', atMs: blocked.untilMs } as const]),
    ...(permit.kind === 'granted'
      ? []
      : [{ what: 'breakerProbe', atMs: now.monotonicMs + permit.retryInMs } as const]),
  ];
}

/** Shortens a rest to the nearest deadline that has not passed yet, of the status that the rest may write. */
export function clampToDeadlines(observation: Observation, step: Step): Step {
  if (step.kind === 'act') {
    return step;
  }
  return { ...step, ...waitAtMost(withStatus(observation, step.status), step.requeueAfterMs) };
}

/** What will be known when the status is written. The own write starts no decision that could tell. */
function withStatus(observation: Observation, status: GpuPodStatus): Observation {
  const { status: before } = observation.gpuPod;
  const written = { ...observation, gpuPod: { ...observation.gpuPod, status } };
  const isSameInstance = status.podId === before.podId && status.createdAt === before.createdAt;
  return isSameInstance ? written : { ...written, localState: observe(written) };
}

/** How long a GpuPod may wait: so long at most, and until its nearest deadline that has not passed yet. */
export function waitAtMost(
  observation: Observation,
  mostMs = Infinity,
): Pick<Rest, 'requeueAfterMs' | 'atLatestMs'> {
  const nowMs = observation.now.monotonicMs;
  const left = deadlines(observation)
    .map(({ what, atMs }) => ({ what, ms: atMs - nowMs }))
    .filter(({ ms }) => ms > 0);
  const nearestMs = Math.min(mostMs, ...left.map(({ ms }) => ms));
  const exactMs = Math.min(...left.filter(({ what }) => EXACT.has(what)).map(({ ms }) => ms));
  return nearestMs === Infinity
    ? {}
    : { requeueAfterMs: nearestMs, ...(exactMs === Infinity ? {} : { atLatestMs: exactMs }) };
}

/** The deadlines that people plan by. */
const EXACT: ReadonlySet<Deadline['what']> = new Set(['expiresSoon', 'expired']);
