/** Refusals that are remembered, as points to measure from. */
const MAX_MARKS = 6;
/** How far back it is measured: a limit may have changed since. */
const MEMORY_MS = 30_000;
/** A measure is worth something if somebody wanted more for this part of the time. */
const BUSY_SHARE = 0.8;
/** What a limit usually lets through at once is what it lets through in a second. */
const FIRST_MS = 1_000;
/** Fewer than this say nothing of the limit, but that it lets little through at once. */
const MIN_FIRST = 4;
/** The error where all that is known is how many got through at once. */
const ROUGH = 0.3;
/** Where a limit is counted by the second, the rest of that second is lost. */
const MAX_LOST_MS = 1_000;
const LONG_BLOCKED_MS = 2_000;

/** How many requests a second get through at most, and by which part that may be wrong. */
export interface Measure {
  readonly perSecond: number;
  readonly error: number;
  /** It spans seconds in which nothing got through: the limit is counted over a longer time, and is not met before. */
  readonly isWhole?: boolean;
}

/** A moment at which the provider had nothing left to give. */
interface Mark {
  readonly startedAtMs: number;
  readonly busyMs: number;
  readonly lostMs: number;
  readonly blockedMs: number;
  passed: number;
}

/**
 * Counts what the provider lets through between its refusals. At each of them its allowance is used up, so what passed
 * in between is what it allows in that time, one more or less: the limit can be measured, not only felt for.
 */
export class Throughput {
  #marks: Mark[] = [];
  #recent: number[] = [];
  #lostMs = 0;
  #blockedMs = 0;

  /** A request that began at this time was let through. */
  pass(startedAtMs: number): void {
    this.#recent = [...this.#recent.filter((atMs) => atMs > startedAtMs - FIRST_MS), startedAtMs];
    for (const mark of this.#marks) {
      if (startedAtMs > mark.startedAtMs) {
        mark.passed += 1;
      }
    }
  }

  /** Whether nothing at all was let through since the last refusal. */
  get isBlocked(): boolean {
    return this.#marks.at(-1)?.passed === 0;
  }

  /**
   * A request that began at this time was refused.
   *
   * @param busyMs for how long somebody wanted more, all in all
   * @param askedMs how long it asks to wait
   */
  refuse(startedAtMs: number, busyMs: number, askedMs = 0): Measure | undefined {
    const last = this.#marks.at(-1);
    const blockedMs = last?.passed === 0 ? startedAtMs - last.startedAtMs : 0;
    this.#blockedMs += blockedMs;
    this.#lostMs += Math.min(MAX_LOST_MS, blockedMs);
    const measured = this.#marks.length === 0 ? this.#first(startedAtMs) : this.#measure(startedAtMs, busyMs);
    this.#marks = this.#marks.filter((mark) => startedAtMs - mark.startedAtMs < MEMORY_MS).slice(-MAX_MARKS);
    this.#marks.push({ startedAtMs, busyMs, lostMs: this.#lostMs, blockedMs: this.#blockedMs, passed: 0 });
    this.#lostMs += Math.min(MAX_LOST_MS, askedMs) / 2;
    return measured;
  }

  /** What got through before the last refusal was less than might have: it is no measure of what comes. */
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
