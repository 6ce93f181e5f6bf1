/** Number of refusals to remember, as points to measure from. */
const MAX_MARKS = 6;
/** How far back to measure, because the limit may have changed. */
const RETENTION_MS = 30_000;
/** A measure counts if requests waited for this share of the time. */
const BUSY_SHARE = 0.8;
/** A limit usually allows as many requests at once as in a second. */
const FIRST_MS = 1_000;
/** Fewer requests than this say nothing about the limit, except that it allows few at once. */
const MIN_FIRST = 4;
/** The relative error if only the number of requests at once is known. */
const ROUGH = 0.3;
/** If the provider counts by the second, the rest of that second is lost. */
const MAX_LOST_MS = 1_000;
const LONG_BLOCKED_MS = 2_000;

/** The maximum rate of accepted requests per second, and its relative error. */
export interface Measure {
  readonly perSecond: number;
  readonly error: number;
  /**
   * True if it spans seconds without an accepted request: the limit applies to a longer period, and is not met
   * before.
   */
  readonly isWhole?: boolean;
}

/** A moment at which the provider's allowance was used up. */
interface Mark {
  readonly startedAtMs: number;
  readonly busyMs: number;
  readonly lostMs: number;
  readonly blockedMs: number;
  passed: number;
}

/**
 * Counts the requests that the provider accepts between its refusals. At each refusal its allowance is used up, so
 * the accepted requests in between are what it allows in that time, give or take one. The limit can therefore be
 * measured.
 */
export class Throughput {
  #marks: Mark[] = [];
  #recent: number[] = [];
  #lostMs = 0;
  #blockedMs = 0;

  /** The provider accepted a request that began at this time. */
  pass(startedAtMs: number): void {
    this.#recent = [...this.#recent.filter((atMs) => atMs > startedAtMs - FIRST_MS), startedAtMs];
    for (const mark of this.#marks) {
      if (startedAtMs > mark.startedAtMs) {
        mark.passed += 1;
      }
    }
  }

  /** True if no request was accepted since the last refusal. */
  get isBlocked(): boolean {
    return this.#marks.at(-1)?.passed === 0;
  }

  /**
   * The provider refused a request that began at this time.
   *
   * @param busyMs total time in which requests waited
   * @param askedMs how long the answer asks to wait
   * @returns the measured rate, if there is one
   */
  refuse(startedAtMs: number, busyMs: number, askedMs = 0): Measure | undefined {
    const last = this.#marks.at(-1);
    const blockedMs = last?.passed === 0 ? startedAtMs - last.startedAtMs : 0;
    this.#blockedMs += blockedMs;
    this.#lostMs += Math.min(MAX_LOST_MS, blockedMs);
    const measured = this.#marks.length === 0 ? this.#first(startedAtMs) : this.#measure(startedAtMs, busyMs);
    this.#marks = this.#marks
      .filter((mark) => startedAtMs - mark.startedAtMs < RETENTION_MS)
      .slice(-MAX_MARKS);
    this.#marks.push({ startedAtMs, busyMs, lostMs: this.#lostMs, blockedMs: this.#blockedMs, passed: 0 });
    this.#lostMs += Math.min(MAX_LOST_MS, askedMs) / 2;
    return measured;
  }

  /**
   * Drops the refusals before the last one: less was sent than could have passed, so the counts are no measure of the
   * limit.
   */
  forgetBefore(): void {
    this.#marks = this.#marks.slice(-1);
  }

  #first(startedAtMs: number): Measure | undefined {
    const counted = this.#recent.filter((atMs) => atMs > startedAtMs - FIRST_MS);
    const sinceMs = startedAtMs - (counted[0] ?? startedAtMs);
    return counted.length < MIN_FIRST
      ? undefined
      : { perSecond: (counted.length * 1000) / (FIRST_MS + sinceMs), error: ROUGH };
  }

  #measure(startedAtMs: number, busyMs: number): Measure | undefined {
    const measures = this.#marks.flatMap((mark) => {
      const ms = startedAtMs - mark.startedAtMs;
      const count = mark.passed + 1;
      const isBusy = mark.passed > 0 && busyMs - mark.busyMs >= ms * BUSY_SHARE;
      const activeMs = Math.max(1, ms - (this.#lostMs - mark.lostMs));
      const isWhole = this.#blockedMs - mark.blockedMs > LONG_BLOCKED_MS;
      return isBusy ? [{ perSecond: (count / activeMs) * 1000, error: 1 / count, isWhole }] : [];
    });
    return measures.toSorted((a, b) => a.perSecond - b.perSecond)[0];
  }
}
