import { truncateMessage } from '../../api/conditions.ts';
import { parsePodName } from '../pod-name.ts';
import type { Attempt, GpuPodStatus } from '../../api/status.ts';

const KEPT_ATTEMPTS = 10;

export function attemptsOf({ attempts = [] }: GpuPodStatus): readonly Attempt[] {
  return attempts;
}

/** Whether the status says what became of the attempt with this number. */
export function hasOutcome(status: GpuPodStatus, attempt: number | undefined): boolean {
  return attemptsOf(status).some(({ number, outcome }) => number === attempt && outcome !== undefined);
}

/** The attempts with one of them changed or added; the last ten, by number. */
export function withAttempt(
  status: GpuPodStatus,
  number: number,
  change: Omit<Partial<Attempt>, 'number'>,
): Attempt[] {
  const standing = attemptsOf(status);
  const known = standing.find((attempt) => attempt.number === number);
  const others = standing.filter((attempt) => attempt.number !== number);
  // The schema would refuse the whole status for one text that is too long, and IDs have any length.
  const message = change.message === undefined ? {} : { message: truncateMessage(change.message) };
  return [...others, { ...known, ...change, ...message, number }]
    .sort((a, b) => a.number - b.number)
    .slice(-KEPT_ATTEMPTS);
}

/** The wallet of an attempt, as it is recorded; nothing for the own wallet of the key. */
export function paidBy(teamId: string | undefined): Pick<Attempt, 'teamId'> {
  return teamId === undefined ? {} : { teamId };
}

/** The attempt that the rented pod belongs to. */
export function currentAttempt(status: GpuPodStatus): Attempt | undefined {
  // A status that lost the name is recorded under none, and must be found under it again.
  const { podName: rented = '' } = status;
  return attemptsOf(status).findLast(
    ({ podName = '', outcome }) => podName === rented && outcome === undefined,
  );
}

/** Number of the attempt that the rented pod belongs to; its name tells where the record was lost. */
export function currentAttemptNumber(status: GpuPodStatus): number {
  const named = parsePodName(status.podName)?.attempt;
  return currentAttempt(status)?.number ?? freeNumber(status, named ?? 0);
}

/** Not one that is taken, nor one so low that it is the first to be dropped: what is written under it must be found again. */
function freeNumber(status: GpuPodStatus, requested: number): number {
  const last = Math.max(0, ...attemptsOf(status).map(({ number }) => number));
  return Math.min(Math.max(requested, 1 + last), Number.MAX_SAFE_INTEGER);
}

/** Failed attempts of this generation, one more where another one failed. */
export function failuresWith({ failedAttempts = 0 }: GpuPodStatus, isFailure: boolean): number {
  return Math.min(failedAttempts + (isFailure ? 1 : 0), Number.MAX_SAFE_INTEGER);
}

/**
 * Attempts in a row of which no instance was ever seen, since the last one that got ready or a person began anew.
 * Where the counter is missing (an older CRD drops it) the attempts on record tell.
 */
export function notCreatedInARow(status: GpuPodStatus): number {
  return status.notCreatedAttempts ?? notCreatedOnRecord(status);
}

function notCreatedOnRecord(status: GpuPodStatus): number {
  const attempts = attemptsOf(status);
  const last = attempts.findLastIndex(
    ({ outcome }) => outcome === undefined || outcome === 'Ended' || outcome === 'Released',
  );
  return attempts.slice(last + 1).filter(({ outcome }) => outcome === 'NotCreated').length;
}

/** Create requests that were refused since an instance was last ready, by what bounds them. */
export interface RefusalCounts {
  readonly refused: number;
  readonly noCapacity: number;
}

/** Where the counter is missing (an older CRD drops it) the attempts on record tell. */
export function refusalCounts(status: GpuPodStatus): RefusalCounts {
  const { refusedAttempts = refusedOnRecord(status), noCapacityAttempts = 0 } = status;
  return { refused: refusedAttempts, noCapacity: noCapacityAttempts };
}

function refusedOnRecord(status: GpuPodStatus): number {
  const attempts = attemptsOf(status);
  const last = attempts.findLastIndex(
    ({ outcome }) => outcome === undefined || outcome === 'Ended' || outcome === 'Released',
  );
  return attempts
    .slice(last + 1)
    .filter(({ outcome, reason }) => outcome === 'Refused' && reason !== 'NoCapacity').length;
}

/** USD that the machines of the attempts that failed cost, over those still on record. */
export function costOfFailures(status: GpuPodStatus, howMany: number): number {
  const failed = attemptsOf(status)
    .filter(({ outcome }) => outcome === 'Failed')
    .slice(-howMany);
  return failed.reduce((sum, { cost }) => sum + (cost ?? 0), 0);
}
