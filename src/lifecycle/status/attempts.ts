import { truncateMessage } from '../../api/gpupod/conditions.ts';
import { parsePodName } from '../pod-name.ts';
import type { Attempt, GpuPodStatus } from '../../api/gpupod/status.ts';

const KEPT_ATTEMPTS = 10;

export function attemptsOf({ attempts = [] }: GpuPodStatus): readonly Attempt[] {
  return attempts;
}

/** Whether the status records the outcome of the attempt with this number. */
export function hasOutcome(status: GpuPodStatus, attempt: number | undefined): boolean {
  return attemptsOf(status).some(({ number, outcome }) => number === attempt && outcome !== undefined);
}

/**
 * The last attempt if its instance was ready and got lost. The provider no longer knew the instance, but nobody saw it
 * end, so it may come back.
 */
export function lostAttempt(status: GpuPodStatus): Attempt | undefined {
  const last = attemptsOf(status).at(-1);
  const isLost = last?.outcome === 'Ended' && last.reason === 'Lost';
  return isLost && status.podId === undefined ? last : undefined;
}

/** The status before this attempt ended. Its costs are those of the instance that runs. */
export function reopened(status: GpuPodStatus, attempt: Attempt): GpuPodStatus {
  const {
    outcome: _outcome,
    reason: _reason,
    message: _message,
    endedAt: _at,
    ending: _ending,
    cost,
    ...open
  } = attempt;
  const attempts = attemptsOf(status).map((one) => (one.number === attempt.number ? open : one));
  return { ...status, attempts, ...withAttemptCost(status, cost === undefined ? undefined : -cost) };
}

/** The attempts with one of them changed or added, sorted by number. Only the last ten are kept. */
export function withAttempt(
  status: GpuPodStatus,
  number: number,
  change: Omit<Partial<Attempt>, 'number'>,
): Attempt[] {
  const recorded = attemptsOf(status);
  const known = recorded.find((attempt) => attempt.number === number);
  const others = recorded.filter((attempt) => attempt.number !== number);
  // The schema would reject the whole status for one long text, and IDs have any length.
  const message = change.message === undefined ? {} : { message: truncateMessage(change.message) };
  return [...others, { ...known, ...change, ...message, number }]
    .sort((a, b) => a.number - b.number)
    .slice(-KEPT_ATTEMPTS);
}

/** The team that pays for an attempt; nothing where the API key's own wallet does. */
export function paidBy(teamId: string | undefined): Pick<Attempt, 'teamId'> {
  return teamId === undefined ? {} : { teamId };
}

/** The attempt that the rented instance belongs to. */
export function currentAttempt(status: GpuPodStatus): Attempt | undefined {
  // A status that lost `podName` recorded the attempt under an empty name.
  const { podName: rented = '' } = status;
  return attemptsOf(status).findLast(
    ({ podName = '', outcome }) => podName === rented && outcome === undefined,
  );
}

/** Number of the attempt that the rented instance belongs to. If the record is lost, its name tells. */
export function currentAttemptNumber(status: GpuPodStatus): number {
  const named = parsePodName(status.podName)?.attempt;
  return currentAttempt(status)?.number ?? freeNumber(status, named ?? 0);
}

/** A number that is not taken. It is also higher than all others, because the lowest attempts are dropped first. */
function freeNumber(status: GpuPodStatus, requested: number): number {
  const last = Math.max(0, ...attemptsOf(status).map(({ number }) => number));
  return Math.min(Math.max(requested, 1 + last), Number.MAX_SAFE_INTEGER);
}

/** The number of failed attempts of this generation, including a new failure if there is one. */
export function failuresWith({ failedAttempts = 0 }: GpuPodStatus, isFailure: boolean): number {
  return Math.min(failedAttempts + (isFailure ? 1 : 0), Number.MAX_SAFE_INTEGER);
}

/**
 * Attempts in a row without any instance, since the last ready instance or a person's new start. An older CRD drops
 * the counter; then the attempts on record are counted.
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

/** Create requests that were refused since an instance was last ready, grouped by the limit that applies. */
export interface RefusalCounts {
  readonly refused: number;
  readonly noCapacity: number;
}

/** An older CRD drops the counter; then the attempts on record are counted. */
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

const MICROS_PER_USD = 1_000_000;

/** USD that all ended attempts cost. A status of an earlier version has no sum; then the attempts on record count. */
export function attemptsCostOf(status: GpuPodStatus): number {
  return status.attemptsCost ?? attemptsOf(status).reduce((sum, { cost = 0 }) => sum + cost, 0);
}

/**
 * The sum for a status of an earlier version, which has none, before its oldest attempts are dropped with their costs.
 * Nothing where no attempt on record cost anything.
 */
export function keptAttemptsCost(status: GpuPodStatus): Pick<GpuPodStatus, 'attemptsCost'> {
  return attemptsCostOf(status) > 0 ? withAttemptCost(status, 0) : {};
}

/** The sum after one more attempt has ended; nothing where its cost is unknown. */
export function withAttemptCost(
  status: GpuPodStatus,
  cost: number | undefined,
): Pick<GpuPodStatus, 'attemptsCost'> {
  const sum = attemptsCostOf(status) + (cost ?? 0);
  return cost === undefined ? {} : { attemptsCost: Math.round(sum * MICROS_PER_USD) / MICROS_PER_USD };
}

/** USD that the last `howMany` failed attempts on record cost. */
export function costOfFailures(status: GpuPodStatus, howMany: number): number {
  const failed = attemptsOf(status)
    .filter(({ outcome }) => outcome === 'Failed')
    .slice(-howMany);
  return failed.reduce((sum, { cost }) => sum + (cost ?? 0), 0);
}
