import type { Measure } from './throughput.ts';

/** How long a rate must be used to the full to double, while no limit was met yet. */
const DOUBLING_MS = 1000;
/** The smallest share of the rate that a cut takes back. */
const SMALL_CUT = 0.03;
/** The share while nothing is known about the limit, and the largest one. */
const LARGE_CUT = 0.5;
/** A limit that is met again after less use than this was not cut enough: twice as much then, else a quarter. */
const SOON_USED_MS = 8000;
const SOON_MS = 60_000;
/** After this much use the rate is back where the limit was met; then it looks for a higher one. The deeper the cut, the sooner. */
const RECOVERY_MS = 40_000;
/** A rate this much above what got through is not where the limit was met. */
const CLOSE = 1.05;
/** And this much above, it is to be found anew: it went up, or much got through at once that was saved before. */
const FAR = 1.3;
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
  /**
   * Something was refused.
   *
   * @param measured what got through, where that could be measured
   * @returns whether that came soon: what got through since the last time is what the limit lets through
   */
  cut(atMs: number, measured?: Measure): boolean;
}

/**
 * Until the first refusal the rate doubles. From there on it follows the cubic curve that TCP uses (RFC 9438): fast back
 * towards the limit, flat around it, and faster again beyond, where the limit may have gone up. A limit that is met again
 * soon is what was measured to get through, else it is the rate at which it was met. Close to the limit a cut costs less
 * than 1 % of it on average, and a refusal comes twice a minute at most. Only use moves the rate: time in which nobody
 * wanted more shows nothing.
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

  /** What was measured, where it says more than the rate at which the limit was met. */
  function betterThan(metAtPerSecond: number, measured: Measure | undefined): Measure | undefined {
    if (measured === undefined || metAtPerSecond <= measured.perSecond * CLOSE) {
      return undefined;
    }
    // Long below the limit, less got through than might have.
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
