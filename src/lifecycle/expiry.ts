import type { GpuPodStatus } from '../api/gpupod/status.ts';
import { ceilingOf, lifetimeOf } from './lifetime.ts';
import type { Lifetime } from './lifetime.ts';
import type { Observation } from './observation.ts';
import { attemptsCostOf } from './status/attempts.ts';
import { creationMs } from './status/creation.ts';
import { atSeenPrice, countedUsdPerHour } from './status/price.ts';
import { LAST_FOUR_DIGIT_YEAR_MS, timestamp } from './status/timestamp.ts';

const MS_PER_HOUR = 3_600_000;

/** Why a limit ends the instance of a living GpuPod. */
export type LimitEnding = 'Expired' | 'CostLimitReached';

/** A limit of the rented instance. */
export interface Limit {
  readonly ending: LimitEnding;
  /** The age at which the instance reaches it. */
  readonly afterMs: number;
  /** Absent for the limit of the total cost. */
  readonly lifetime?: Lifetime;
}

/** Why a limit cannot be computed. It then ends nothing. */
export type LimitProblem = 'CreationTimeUnknown' | 'PriceUnknown';

export interface Limits {
  /** When the provider created the instance, in wall time. */
  readonly createdMs?: number;
  readonly nearest?: Limit;
  readonly problem?: LimitProblem;
}

type Known = Pick<Observation, 'gpuPod' | 'policy' | 'now'>;

/**
 * The limits of the instance that the status names. They depend on recorded facts only, not on the clock, so that the
 * deadline stays the same from pass to pass.
 */
export function limitsOf({ gpuPod: { spec }, policy, now }: Known, status: GpuPodStatus): Limits {
  const lifetime = lifetimeOf(spec, policy);
  if (lifetime === undefined && spec.maxTotalCost === undefined) {
    return {};
  }
  const createdMs = creationMs(status, now.wallMs);
  if (createdMs === undefined) {
    return { problem: 'CreationTimeUnknown' };
  }
  const costAfterMs =
    spec.maxTotalCost === undefined ? Infinity : costLimitAfterMs(status, spec.maxTotalCost);
  const limits: readonly Limit[] = [
    ...(lifetime === undefined ? [] : [{ ending: 'Expired', afterMs: lifetime.ms, lifetime } as const]),
    { ending: 'CostLimitReached', afterMs: costAfterMs ?? Infinity },
  ];
  const [nearest] = limits
    .filter(({ afterMs }) => createdMs + afterMs <= LAST_FOUR_DIGIT_YEAR_MS)
    .toSorted((a, b) => a.afterMs - b.afterMs);
  return {
    createdMs,
    ...(nearest === undefined ? {} : { nearest }),
    ...(costAfterMs === undefined ? { problem: 'PriceUnknown' } : {}),
  };
}

/**
 * The age at which the instance and all earlier attempts cost the limit; undefined without a price. Prepaid hours are
 * paid whatever happens, so an end within them saves nothing.
 */
function costLimitAfterMs(status: GpuPodStatus, limitUsd: number): number | undefined {
  const usdPerHour = countedUsdPerHour(status) ?? 0;
  if (usdPerHour <= 0) {
    return undefined;
  }
  const leftUsd = Math.max(0, limitUsd - attemptsCostOf(status));
  const hours = Math.max(leftUsd / usdPerHour, status.offer?.prepaidHours ?? 0);
  return Math.floor(hours * MS_PER_HOUR);
}

/** `status.expiresAt` for these limits. */
export function expiryText({ createdMs, nearest }: Limits): string | undefined {
  return createdMs === undefined || nearest === undefined
    ? undefined
    : timestamp(createdMs + nearest.afterMs);
}

const MIN_NOTICE_MS = 15 * 60_000;
const NOTICE_SHARE = 0.1;

/** How long before the deadline the GpuPod says that it expires. */
export function noticeMs({ afterMs }: Limit): number {
  return Math.max(MIN_NOTICE_MS, NOTICE_SHARE * afterMs);
}

/** A limit and the monotonic times of its notice and its deadline. */
export interface Expiry {
  readonly limit: Limit;
  readonly noticeAtMs: number;
  readonly atMs: number;
}

/** When the rented instance expires, by the monotonic clock of this process. Undefined without a deadline. */
export function expiryOf(observation: Observation): Expiry | undefined {
  const created = observation.localState.instance?.created;
  const { nearest } = limitsOf(observation, atSeenPrice(observation));
  if (created === undefined || nearest === undefined) {
    return undefined;
  }
  const atMs = created.atMs + nearest.afterMs;
  return { limit: nearest, atMs, noticeAtMs: atMs - noticeMs(nearest) };
}

/** When the lifetime ceiling ends the rented instance, by the monotonic clock. A pause holds back all other limits. */
export function ceilingExpiryOf({
  policy,
  localState,
}: Pick<Observation, 'policy' | 'localState'>):
  { readonly limit: Limit & { readonly lifetime: Lifetime }; readonly atMs: number } | undefined {
  const lifetime = ceilingOf(policy);
  const created = localState.instance?.created;
  return lifetime === undefined || created === undefined
    ? undefined
    : { limit: { ending: 'Expired', afterMs: lifetime.ms, lifetime }, atMs: created.atMs + lifetime.ms };
}
