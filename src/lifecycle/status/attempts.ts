import { parsePodName } from '../pod-name.ts';
import type { Attempt, GpuPodStatus } from '../../api/status.ts';

const KEPT_ATTEMPTS = 10;

/** The attempts with one of them changed or added; the last ten, by number. */
export function withAttempt(
  status: GpuPodStatus,
  number: number,
  change: Omit<Partial<Attempt>, 'number'>,
): Attempt[] {
  const standing = status.attempts ?? [];
  const known = standing.find((attempt) => attempt.number === number);
  const others = standing.filter((attempt) => attempt.number !== number);
  return [...others, { ...known, ...change, number }]
    .sort((a, b) => a.number - b.number)
    .slice(-KEPT_ATTEMPTS);
}

/** The attempt that the rented pod belongs to. */
export function currentAttempt(status: GpuPodStatus): Attempt | undefined {
  return (status.attempts ?? []).findLast(
    ({ podName, outcome }) => podName === status.podName && outcome === undefined,
  );
}

/** Number of the attempt that the rented pod belongs to; its name tells where the record was lost. */
export function currentAttemptNumber(status: GpuPodStatus): number {
  return currentAttempt(status)?.number ?? parsePodName(status.podName ?? '')?.attempt ?? 1;
}

/** USD that the machines of the attempts that failed cost, over those still on record. */
export function costOfFailures(status: GpuPodStatus, howMany: number): number {
  const failed = (status.attempts ?? []).filter(({ outcome }) => outcome === 'Failed').slice(-howMany);
  return failed.reduce((sum, { cost }) => sum + (cost ?? 0), 0);
}
