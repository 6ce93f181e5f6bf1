/** How long to wait after consecutive failures: the ceiling doubles from `baseMs` to `maxMs` (milliseconds). */
export interface BackOff {
  baseMs: number;
  maxMs: number;
}

/** More doublings only overflow. Every sensible maximum is reached long before. */
const MAX_DOUBLINGS = 30;

/** The ceiling after `failures` consecutive failures (0 = the first). */
function backOffCeilingMs(failures: number, { baseMs, maxMs }: BackOff): number {
  return Math.min(maxMs, baseMs * 2 ** Math.min(failures, MAX_DOUBLINGS));
}

/** Full jitter: between zero and the ceiling. It spreads many clients of one server best. */
export function fullJitterMs(failures: number, backOff: BackOff, random: () => number): number {
  return Math.round(random() * backOffCeilingMs(failures, backOff));
}

/** Equal jitter: between half the ceiling and the ceiling, for retries that must not start at once. */
export function equalJitterMs(failures: number, backOff: BackOff, random: () => number): number {
  return Math.round(backOffCeilingMs(failures, backOff) * (0.5 + random() / 2));
}
