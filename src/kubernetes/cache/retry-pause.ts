import { fullJitterMs } from '../back-off.ts';

/**
 * A watch that breaks, is refused with 410 and is followed by one failed list recovers within a second: the first
 * retries are quick, later ones back off.
 */
const BACK_OFF = { baseMs: 100, maxMs: 10_000 };
/** Failures that still count after a list with changes, or after an opened watch. The next pause is at most 0.8 s. */
const FAILURES_AFTER_NEWS = 3;
/** A busy server asks for a few seconds. A longer request must not silence the operator. */
const MAX_RETRY_AFTER_MS = 15_000;

/** How long to wait before the next list or watch. */
export class RetryPause {
  readonly #random: () => number;
  #failures = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** The server delivered something. */
  reset(): void {
    this.#failures = 0;
  }

  /** The server works, but may fail again at once. */
  shorten(): void {
    this.#failures = Math.min(this.#failures, FAILURES_AFTER_NEWS);
  }

  /** Counts a failure, and returns the pause after it in milliseconds, never shorter than the server asked for. */
  nextMs(retryAfterMs = 0): number {
    const jitterMs = fullJitterMs(this.#failures, BACK_OFF, this.#random);
    this.#failures += 1;
    return Math.min(retryAfterMs, MAX_RETRY_AFTER_MS) + jitterMs;
  }
}
