import type { GpuPodStatus } from '../../api/gpupod/status.ts';
import type { GpuPod } from '../../api/gpupod/gpu-pod.ts';
import type { Intent } from '../intent.ts';
import type { Observation } from '../observation.ts';
import { currentAttempt } from './attempts.ts';
import { timeMs, timestamp, timestampOf } from './timestamp.ts';

/** No instance of the provider is older. */
const EARLIEST_MS = Date.UTC(2020, 0, 1);

type Evidence = Pick<Observation, 'gpuPod' | 'now' | 'isIntentUnproven'>;
type Begun = Pick<Intent, 'startedAt' | 'uid'>;

/**
 * `status.createdAt` of an instance that is being bound: what the provider states, within what this operator's own clock
 * allows. An instance is not older than its create intent, and not younger than its binding. So a provider whose
 * clock is off, or that leaves out the zone, moves no deadline, not even after a restart.
 *
 * A create intent that nothing proves may be edited, to make the instance younger than it is. The earlier of both times
 * counts then: a clock that is off shortens a lifetime, and lengthens none.
 */
export function createdAtOf(
  { gpuPod, now: { wallMs }, isIntentUnproven = false }: Evidence,
  stated: string | undefined,
  intent: Begun | undefined,
): string {
  const statedMs = Date.parse(timestampOf(stated, wallMs));
  const begunMs = timeMs(intent?.startedAt);
  if (intent !== undefined && isIntentUnproven) {
    const possible = [statedMs, begunMs].filter((ms) => ms >= EARLIEST_MS && ms <= wallMs);
    return timestamp(Math.max(earliestOf(gpuPod, intent), Math.min(wallMs, ...possible)));
  }
  const earliestMs = begunMs <= wallMs ? begunMs : -Infinity;
  return timestamp(Math.max(earliestMs, Math.min(statedMs, wallMs)));
}

/** No instance of a GpuPod is older than the GpuPod. Of one that no longer exists nothing is known. */
function earliestOf({ metadata: { uid, creationTimestamp } }: GpuPod, intent: Begun): number {
  const existsMs = timeMs(intent.uid === uid ? creationTimestamp : undefined);
  return Number.isNaN(existsMs) ? EARLIEST_MS : existsMs;
}

/**
 * When the instance was created, in wall time. Undefined if the status does not say it, or says what cannot be true: an
 * unreadable time must not end an instance. A status of an earlier version has the provider's time as it was stated.
 * Where that is before the attempt, or after the operator saw the instance, the beginning of the attempt counts.
 */
export function creationMs(status: GpuPodStatus, wallMs: number): number | undefined {
  const statedMs = Date.parse(status.createdAt ?? '');
  const startedMs = Date.parse(currentAttempt(status)?.startedAt ?? '');
  const isStarted = startedMs <= wallMs;
  const isPossible = !(statedMs < startedMs) && statedMs <= firstSeenMs(status, wallMs);
  const createdMs = Number.isNaN(statedMs) || isPossible || !isStarted ? statedMs : startedMs;
  return createdMs >= EARLIEST_MS ? createdMs : undefined;
}

/**
 * `status.createdAt` of an instance whose status lost it, or lost its meaning: what a list or a GET states, within what
 * the rest of the status allows. Without a readable statement the instance counts as old as its attempt.
 */
export function restoredCreation(
  status: GpuPodStatus,
  stated: string | undefined,
  wallMs: number,
): string | undefined {
  const startedMs = timeMs(currentAttempt(status)?.startedAt);
  const [earliestMs, latestMs] = [
    Number.isNaN(startedMs) ? -Infinity : startedMs,
    firstSeenMs(status, wallMs),
  ];
  const statedMs = timeMs(stated);
  const ms = Math.min(latestMs, Math.max(earliestMs, Number.isNaN(statedMs) ? earliestMs : statedMs));
  return ms >= EARLIEST_MS ? timestamp(ms) : undefined;
}

/** By this time the instance existed. Recorded times come first, so that the answer stays the same. */
function firstSeenMs({ activeAt, readyAt }: GpuPodStatus, wallMs: number): number {
  const recorded = [activeAt, readyAt]
    .map((text) => Date.parse(text ?? ''))
    .filter((ms) => !Number.isNaN(ms));
  return Math.min(wallMs, ...recorded);
}
