import type { Measure } from './throughput.ts';

/** How long a rate must be fully used before it doubles, until a limit is met. */
const DOUBLING_MS = 1000;
/** The smallest share of the rate that a cut removes. */
const SMALL_CUT = 0.03;
/** The share while the limit is unknown, and the largest one. */
const LARGE_CUT = 0.5;
/**
 * If a limit is met again after less use than this, the last cut was too small: the next is twice as deep, else a
 * quarter.
 */
const SOON_USED_MS = 8000;
const SOON_MS = 60_000;
/**
 * After this much use the rate is back at the last limit and probes for a higher one. A deeper cut recovers sooner.
 */
const RECOVERY_MS = 40_000;
/** A rate this much above the measured one is not where the limit was met. */
const CLOSE = 1.05;
/** At this much above, the limit has to be found again: it rose, or a burst of saved requests passed. */
const FAR = 1.3;
const MIN_PER_SECOND = 0.2;

export interface AdaptiveRateOptions {
  readonly initialPerSecond: number;
  readonly maxPerSecond: number;
}

/** A request rate that finds an undocumented limit and stays close to it. */
export interface AdaptiveRate {
  perSecond(): number;
  /** The rate was fully used for this many milliseconds, and nothing was refused. */
  grow(usedMs: number): void;
  /**
   * A request was refused.
   *
   * @param atMs when, as a monotonic time
   * @param measured the measured rate of accepted requests, if any
   * @returns true if the refusal came soon, so that the requests since the last one measure the limit
   */
  cut(atMs: number, measured?: Measure): boolean;
}

/**
 * Until the first refusal the rate doubles. From then on it follows the cubic curve of TCP (RFC 9438): fast back
 * towards the limit, flat around it, and faster again beyond, where the limit may have risen.
 *
 * If the limit is met again soon, the measured rate is the new estimate, else the rate at which it was met. Close to
 * the limit a cut costs less than 1 % of it on average, and a refusal comes at most twice a minute. Only use changes
 * the rate, because idle time shows nothing.
 */
export function createAdaptiveRate({ initialPerSecond, maxPerSecond }: AdaptiveRateOptions): AdaptiveRate {
  let limitPerSecond: number | undefined;
  let cutShare = LARGE_CUT;
  let lastCutAtMs = Number.NEGATIVE_INFINITY;
  let usedMs = 0;

  function recoveryMs(): number {
    return RECOVERY_MS * Math.max(SMALL_CUT / LARGE_CUT, SMALL_CUT / cutShare);
  }

  function perSecond(): number {
    const wanted =
      limitPerSecond === undefined
        ? initialPerSecond * 2 ** (usedMs / DOUBLING_MS)
        : limitPerSecond * (1 + cutShare * (usedMs / recoveryMs() - 1) ** 3);
    return Math.min(maxPerSecond, Math.max(MIN_PER_SECOND, wanted));
  }

  /** The measure, if it says more than the rate at which the limit was met. */
  function betterThan(metAtPerSecond: number, measured: Measure | undefined): Measure | undefined {
    if (measured === undefined || metAtPerSecond <= measured.perSecond * CLOSE) {
      return undefined;
    }
    // After a long time below the limit, fewer requests passed than could have.
    const isBetter = measured.isWhole === true || (measured.error <= cutShare && usedMs <= recoveryMs());
    return limitPerSecond === undefined || isBetter ? measured : undefined;
  }

  function isUsedLittle(): boolean {
    return usedMs < Math.min(SOON_USED_MS, recoveryMs());
  }

  function nextShare(isSoon: boolean, better: Measure | undefined): number {
    if (better !== undefined) {
      return Math.min(LARGE_CUT, SMALL_CUT + better.error);
    }
    if (limitPerSecond === undefined) {
      return LARGE_CUT;
    }
    return isSoon ? Math.min(LARGE_CUT, cutShare * 2) : Math.max(SMALL_CUT, cutShare / 4);
  }

  return {
    perSecond,
    cut(atMs, measured) {
      const metAtPerSecond = perSecond();
      const isSoon = isUsedLittle() && atMs - lastCutAtMs < SOON_MS;
      const better = betterThan(metAtPerSecond, measured);
      const isFarAbove = !isSoon && metAtPerSecond > (measured?.perSecond ?? Infinity) * FAR;
      cutShare = better === undefined && isFarAbove ? LARGE_CUT : nextShare(isSoon, better);
      limitPerSecond = better?.perSecond ?? metAtPerSecond;
      lastCutAtMs = atMs;
      usedMs = 0;
      return isSoon;
    },
    grow(ms) {
      usedMs += ms;
    },
  };
}
