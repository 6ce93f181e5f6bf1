import type { Clock } from '../../clock.ts';

/** How long work without waits may run before timers and sockets get their turn. */
const TIME_SLICE_MS = 8;

/**
 * Keeps a loop that starts work from blocking the event loop. Work that ends without waiting would otherwise run as
 * thousands of microtasks in sequence, while sockets and timers starve.
 */
export class TimeSlice {
  readonly #clock: Clock;
  readonly #resume: () => void;
  #startMs: number | undefined;
  #isOverdue = false;

  /** @param resume called on a later turn of the event loop, if `isOver()` returned true */
  constructor(clock: Clock, resume: () => void) {
    this.#clock = clock;
    this.#resume = resume;
  }

  /** True when it is time to pause. The first call starts the slice. */
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
