/** How long to wait after failures in a row: the ceiling doubles from `baseMs` up to `maxMs`. */
export interface BackOff {
  baseMs: number;
  maxMs: number;
}

/** Doubling more often than this only overflows; every sensible maximum is reached long before. */
const MAX_DOUBLINGS = 30;

/** The ceiling after `failures` failures in a row (0 = the first). */
function backOffCeilingMs(failures: number, { baseMs, maxMs }: BackOff): number {
  return Math.min(maxMs, baseMs * 2 ** Math.min(failures, MAX_DOUBLINGS));
}

/** Full jitter: anywhere between nothing and the ceiling. Spreads many clients of one server best. */
export function fullJitterMs(failures: number, backOff: BackOff, random: () => number): number {
  return Math.round(random() * backOffCeilingMs(failures, backOff));
}

/** Equal jitter: between half the ceiling and the ceiling. For retries that must not come at once. */
export function equalJitterMs(failures: number, backOff: BackOff, random: () => number): number {
  return Math.round(backOffCeilingMs(failures, backOff) * (0.5 + random() / 2));
}
