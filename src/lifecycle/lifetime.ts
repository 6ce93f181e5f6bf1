import { formatDuration, parseDurationMs } from '../api/common/duration.ts';
import type { GpuPodSpec } from '../api/gpupod/spec.ts';
import type { Policy } from './settings.ts';

/** How long one instance may live, and who says so. */
export interface Lifetime {
  readonly ms: number;
  readonly source: 'spec' | 'default' | 'ceiling';
  /** The longer lifetime of the spec, which the ceiling cuts. */
  readonly cutFromMs?: number;
}

/** The lifetime of the spec, else the operator's default, cut to the operator's ceiling. Undefined: no limit. */
export function lifetimeOf(
  { maxLifetime }: Pick<GpuPodSpec, 'maxLifetime'>,
  { maxLifetimeMs: ceilingMs = Infinity, defaultMaxLifetimeMs }: Policy,
): Lifetime | undefined {
  const specMs = maxLifetime === undefined ? undefined : parseDurationMs(maxLifetime);
  const ms = specMs ?? defaultMaxLifetimeMs ?? Infinity;
  if (ms > ceilingMs) {
    return { ms: ceilingMs, source: 'ceiling', ...(specMs === undefined ? {} : { cutFromMs: specMs }) };
  }
  return ms === Infinity ? undefined : { ms, source: specMs === undefined ? 'default' : 'spec' };
}

/** The limit in words: `spec.maxLifetime 8h`. */
export function lifetimeText({ ms, source, cutFromMs }: Lifetime): string {
  const text = formatDuration(ms);
  switch (source) {
    case 'spec':
      return `spec.maxLifetime ${text}`;
    case 'default':
      return `the operator's --default-max-lifetime ${text}`;
    case 'ceiling':
      return cutFromMs === undefined
        ? `the operator's --max-lifetime ${text}`
        : `the operator's --max-lifetime ${text}, which cuts spec.maxLifetime ${formatDuration(cutFromMs)}`;
  }
}

/** What a duration may say at most: `99999h`. */
const LONGEST_MS = 99_999 * 3_600_000;

/** Twice the lifetime, as far as the operator allows; undefined if the spec cannot extend it. */
export function extendedLifetime({ ms }: Lifetime, { maxLifetimeMs = Infinity }: Policy): string | undefined {
  const longerMs = Math.min(2 * ms, maxLifetimeMs, LONGEST_MS);
  return longerMs > ms ? formatDuration(longerMs) : undefined;
}
