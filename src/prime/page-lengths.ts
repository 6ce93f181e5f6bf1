import type { Clock } from '../clock.ts';

/** How long an empty second page proves that first pages of this length are complete. */
const RETENTION_MS = 10 * 60_000;
const PAGE_SIZE = 100;
/** No known server cuts pages shorter than this. */
const SHORTEST_CUT = 20;

/** The pages of one query that were read so far. */
export interface PagesRead {
  readonly page: number;
  /** Rows of the first page, and of this one. */
  readonly firstLength: number;
  readonly length: number;
  /** Rows of this page that no earlier page had, and rows of all pages. */
  readonly fresh: number;
  readonly all: number;
  readonly total: number | undefined;
}

/**
 * Decides which page of offers is the last. A full page is never the last one, whatever the total says. A
 * server may cut pages shorter than requested, so a first page that may be cut, or that contradicts its
 * total, causes a request for a second one from time to time.
 */
export class PageLengths {
  readonly #clock: Clock;
  /** First pages up to this length were complete. */
  #uncut = 0;
  #untilMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  isLast({ page, firstLength, length, fresh, all, total = 0 }: PagesRead): boolean {
    if (fresh === 0) {
      this.#learn(page, firstLength);
      return true;
    }
    const isFull = length >= PAGE_SIZE || (page > 1 && length >= firstLength);
    const isTrusted = page > 1 || (all === total && length < SHORTEST_CUT) || length <= this.#knownUncut();
    return !isFull && all >= total && isTrusted;
  }

  #learn(page: number, firstLength: number): void {
    if (page === 2 && firstLength < PAGE_SIZE) {
      this.#uncut = Math.max(this.#knownUncut(), firstLength);
      this.#untilMs = this.#clock.monotonicMs() + RETENTION_MS;
    }
  }

  #knownUncut(): number {
    return this.#clock.monotonicMs() < this.#untilMs ? this.#uncut : 0;
  }
}
