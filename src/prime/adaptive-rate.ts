/** How long a rate must be used to the full to double, while no limit was met yet. */
const DOUBLING_MS = 1000;
/** The smallest share of the rate that a cut takes back. */
const SMALL_CUT = 0.03;
/** The share while nothing is known about the limit, and the largest one. */
const LARGE_CUT = 0.5;
/** A limit that is met again after less use than this was not cut enough: twice as much then, else a quarter. */
const SOON_USED_MS = 8000;
const SOON_MS = 60_000;
/** After this much use the rate is back where the limit was met; then it looks for a higher one. */
const RECOVERY_MS = 40_000;
const MIN_PER_SECOND = 0.2;

export interface AdaptiveRateOptions {
  readonly initialPerSecond: number;
  readonly maxPerSecond: number;
}

/** A rate of requests that finds a limit which nobody tells, and stays close to it. */
export interface AdaptiveRate {
  perSecond(): number;
  /** The rate was used to the full for this long, and nothing was refused. */
  grow(usedMs: number): void;
  /** Something was refused. True if that came soon after the last time. */
  cut(atMs: number): boolean;
}

/**
 * Until the first refusal the rate doubles, then it is halved. From there on it follows the cubic curve
 * that TCP uses (RFC 9438): fast back towards the rate at which the limit was met, flat around it, and
 * faster again beyond, where the limit may have gone up. Close to the limit a cut costs less than 1 % of it
 * on average, and a refusal comes twice a minute at most. Only use moves the rate: time in which nobody wanted more shows nothing.
 */
export function createAdaptiveRate({ initialPerSecond, maxPerSecond }: AdaptiveRateOptions): AdaptiveRate {
  let limitPerSecond: number | undefined;
  let cutShare = LARGE_CUT;
  let lastCutAtMs = Number.NEGATIVE_INFINITY;
  let usedMs = 0;

  function perSecond(): number {
    const wanted =
      limitPerSecond === undefined
        ? initialPerSecond * 2 ** (usedMs / DOUBLING_MS)
        : limitPerSecond * (1 + cutShare * (usedMs / RECOVERY_MS - 1) ** 3);
    return Math.min(maxPerSecond, Math.max(MIN_PER_SECOND, wanted));
  }

  function cut(atMs: number): boolean {
    const isSoon = usedMs < SOON_USED_MS && atMs - lastCutAtMs < SOON_MS;
    const metAtPerSecond = perSecond();
    if (limitPerSecond !== undefined) {
      cutShare = isSoon ? Math.min(LARGE_CUT, cutShare * 2) : Math.max(SMALL_CUT, cutShare / 4);
    }
    limitPerSecond = metAtPerSecond;
    lastCutAtMs = atMs;
    usedMs = 0;
    return isSoon;
  }

  return {
    perSecond,
    cut,
    grow(ms) {
      usedMs += ms;
    },
  };
}
