import type { Clock } from '../clock.ts';

/** How long work that never waits may run on before timers and sockets get their turn. */
const TIME_SLICE_MS = 8;

/**
 * Keeps a loop that starts work from holding the event loop: pieces that end without ever waiting would otherwise
 * follow each other as microtasks, thousands of them, while sockets and timers starve.
 */
export class TimeSlice {
  readonly #clock: Clock;
  readonly #resume: () => void;
  #startMs: number | undefined;
  #isOverdue = false;

  /** @param resume called on a later turn of the event loop, if `isOver()` said true */
  constructor(clock: Clock, resume: () => void) {
    this.#clock = clock;
    this.#resume = resume;
  }

  /** True when it is time to pause. The first question opens the slice. */
  isOver(): boolean {
    const nowMs = this.#clock.monotonicMs();
    if (this.#startMs === undefined) {
      this.#startMs = nowMs;
      setImmediate(() => {
        this.#close();
      });
      return false;
    }
    this.#isOverdue = nowMs - this.#startMs >= TIME_SLICE_MS;
    return this.#isOverdue;
  }

  #close(): void {
    this.#startMs = undefined;
    if (!this.#isOverdue) return;
    this.#isOverdue = false;
    this.#resume();
  }
}
