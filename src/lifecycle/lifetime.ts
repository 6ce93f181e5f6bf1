import { formatDuration } from '../api/common/duration.ts';
import type { GpuPodSpec } from '../api/gpupod/spec.ts';
import { durationOf, limitOf } from './account-rules.ts';
import type { Policy } from './settings.ts';

/** How long one instance may live, and who says so. */
export interface Lifetime {
  readonly ms: number;
  readonly source: 'spec' | 'default' | 'ceiling';
  /** Names the default or ceiling, where it is that of an account. */
  readonly field?: string;
  /** The longer lifetime of the spec, which the ceiling cuts. */
  readonly cutFromMs?: number;
}

/** The lifetime of the spec, else the default, cut to the ceiling. Undefined: no limit. */
export function lifetimeOf(
  { maxLifetime }: Pick<GpuPodSpec, 'maxLifetime'>,
  policy: Policy,
): Lifetime | undefined {
  const { maxLifetimeMs: ceilingMs = Infinity, defaultMaxLifetimeMs } = policy;
  const specMs = durationOf(maxLifetime);
  const ms = specMs ?? defaultMaxLifetimeMs ?? Infinity;
  if (ms > ceilingMs) {
    const cut = specMs === undefined ? {} : { cutFromMs: specMs };
    return { ms: ceilingMs, source: 'ceiling', ...ceilingField(policy), ...cut };
  }
  if (ms === Infinity) {
    return undefined;
  }
  return specMs === undefined ? { ms, source: 'default', ...defaultField(policy) } : { ms, source: 'spec' };
}

/** The lifetime that neither the spec nor a pause extends. Undefined: no limit. */
export function ceilingOf(policy: Policy): Lifetime | undefined {
  const { maxLifetimeMs: ms } = policy;
  return ms === undefined ? undefined : { ms, source: 'ceiling', ...ceilingField(policy) };
}

function ceilingField({ account, maxLifetimeMs }: Policy): Pick<Lifetime, 'field'> {
  const isOfAccount = account !== undefined && durationOf(account.limits.maxLifetime) === maxLifetimeMs;
  return isOfAccount ? { field: limitOf(account, 'maxLifetime') } : {};
}

function defaultField({ account }: Policy): Pick<Lifetime, 'field'> {
  return account?.defaults.maxLifetime === undefined
    ? {}
    : { field: `defaults.maxLifetime of ${account.name}` };
}

/** The limit in words: `spec.maxLifetime 8h`. */
export function lifetimeText({ ms, source, cutFromMs, field }: Lifetime): string {
  const text = formatDuration(ms);
  switch (source) {
    case 'spec':
      return `spec.maxLifetime ${text}`;
    case 'default':
      return `${field ?? "the operator's --default-max-lifetime"} ${text}`;
    case 'ceiling':
      return cutFromMs === undefined
        ? `${field ?? "the operator's --max-lifetime"} ${text}`
        : `${field ?? "the operator's --max-lifetime"} ${text}, which cuts spec.maxLifetime ${formatDuration(cutFromMs)}`;
  }
}

/** What a duration may say at most: `99999h`. */
const LONGEST_MS = 99_999 * 3_600_000;

/** Twice the lifetime, as far as the operator allows; undefined if the spec cannot extend it. */
export function extendedLifetime({ ms }: Lifetime, { maxLifetimeMs = Infinity }: Policy): string | undefined {
  const longerMs = Math.min(2 * ms, maxLifetimeMs, LONGEST_MS);
  return longerMs > ms ? formatDuration(longerMs) : undefined;
}
