import type { Clock } from '../../src/clock.ts';
import type { VirtualTime } from './virtual-time.ts';

/** Wall time at which every world begins. */
export const WALL_START_MS = Date.UTC(2026, 10, 23, 10);

/** Something that never comes: what a process that has died waits for. */
export function never<T>(): Promise<T> {
  return new Promise<T>(() => undefined);
}

/**
 * The clock of one simulated process, and whether it runs at all. A process that was killed wakes from no sleep
 * and hears no answer; one that is frozen does so when it goes on.
 */
export class ProcessClock implements Clock {
  readonly #time: VirtualTime;
  readonly #bootMs: number;
  readonly #thawing: (() => void)[] = [];
  readonly #rate: number;
  #wallOffsetMs = 0;
  #isDead = false;
  #frozenUntilMs = Number.NEGATIVE_INFINITY;

  /** @param rate how fast this clock goes, against the time of the world */
  constructor(time: VirtualTime, rate = 1) {
    this.#time = time;
    this.#rate = rate;
    this.#bootMs = time.nowMs;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  get isFrozen(): boolean {
    return this.#time.nowMs < this.#frozenUntilMs;
  }

  nowMs(): number {
    return WALL_START_MS + this.#time.nowMs + this.#wallOffsetMs;
  }

  /** Starts at nothing with each process: two of them cannot be compared. */
  monotonicMs(): number {
    return (this.#time.nowMs - this.#bootMs) * this.#rate;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(ABORTED);
        return;
      }
      const cancel = this.#time.schedule(ms / this.#rate, () => {
        this.whenRunning(() => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        });
      });
      const onAbort = (): void => {
        cancel();
        reject(ABORTED);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Does it now, when the process goes on, or never. */
  whenRunning(act: () => void): void {
    if (this.#isDead) return;
    if (this.#time.nowMs < this.#frozenUntilMs) this.#thawing.push(act);
    else act();
  }

  kill(): void {
    this.#isDead = true;
    this.#thawing.length = 0;
  }

  /** Stops the process for so long: SIGSTOP, a paused virtual machine. */
  freeze(forMs: number): void {
    this.#frozenUntilMs = this.#time.nowMs + forMs;
    this.#time.schedule(forMs, () => {
      for (const act of this.#thawing.splice(0)) this.whenRunning(act);
    });
  }

  jumpWall(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }
}

/** As the real clock says it; a DOMException takes a stack trace each time, and thousands are made. */
class AbortError extends Error {
  override name = 'AbortError';
}

const ABORTED = new AbortError('aborted');
