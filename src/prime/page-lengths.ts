import type { Clock } from '../clock.ts';

/** How long an empty page says that pages of this length are not cut. */
const MEMORY_MS = 10 * 60_000;
const PAGE_SIZE = 100;
/** No server cuts its pages shorter. */
const SHORTEST_CUT = 20;

/** Pages of one question as far as they were read. */
export interface PagesRead {
  readonly page: number;
  /** Rows of the first page, and of this one. */
  readonly firstLength: number;
  readonly length: number;
  /** Rows of this page that no earlier one had, and of all pages. */
  readonly fresh: number;
  readonly all: number;
  readonly total: number | undefined;
}

/**
 * Where the pages of offers end. A full page is never the last, whatever the total says; and a server may cut shorter than
 * it is asked to, so a first page that may be cut, or that its total contradicts, is followed by another one now and then.
 */
export class PageLengths {
  readonly #clock: Clock;
  /** First pages up to this length were followed by nothing. */
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
      this.#untilMs = this.#clock.monotonicMs() + MEMORY_MS;
    }
  }

  #knownUncut(): number {
    return this.#clock.monotonicMs() < this.#untilMs ? this.#uncut : 0;
  }
}
