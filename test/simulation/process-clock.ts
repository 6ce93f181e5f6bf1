import type { Clock } from '../../src/clock.ts';
import type { VirtualTime } from './virtual-time.ts';

/** The wall clock time at which every simulation begins. */
export const WALL_START_MS = Date.UTC(2026, 10, 23, 10);

/** A promise that never settles: what a dead process waits for. */
export function never<T>(): Promise<T> {
  return new Promise<T>(() => undefined);
}

/**
 * The clock of one simulated process. A killed process never wakes from a sleep and receives no response. A
 * frozen one does so when it resumes.
 */
export class ProcessClock implements Clock {
  readonly #time: VirtualTime;
  readonly #bootMs: number;
  readonly #thawing: (() => void)[] = [];
  readonly #rate: number;
  #wallOffsetMs = 0;
  #largestErrorMs = 0;
  #isDead = false;
  #frozenUntilMs = Number.NEGATIVE_INFINITY;

  /** @param rate how fast this clock runs, relative to the time of the simulation */
  constructor(time: VirtualTime, rate = 1) {
    this.#time = time;
    this.#rate = rate;
    this.#bootMs = time.nowMs;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  /** The most by which its wall clock was ever wrong. */
  get largestErrorMs(): number {
    return this.#largestErrorMs;
  }

  get isFrozen(): boolean {
    return this.#time.nowMs < this.#frozenUntilMs;
  }

  nowMs(): number {
    return WALL_START_MS + this.#time.nowMs + this.#wallOffsetMs;
  }

  /** Starts at zero with each process, so values of two processes cannot be compared. */
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

  /** Acts now, when the process resumes, or never. */
  whenRunning(act: () => void): void {
    if (this.#isDead) return;
    if (this.#time.nowMs < this.#frozenUntilMs) this.#thawing.push(act);
    else act();
  }

  kill(): void {
    this.#isDead = true;
    this.#thawing.length = 0;
  }

  /** Freezes the process for this time, as SIGSTOP or a paused VM does. */
  freeze(forMs: number): void {
    this.#frozenUntilMs = this.#time.nowMs + forMs;
    this.#time.schedule(forMs, () => {
      for (const act of this.#thawing.splice(0)) this.whenRunning(act);
    });
  }

  jumpWall(byMs: number): void {
    this.#wallOffsetMs += byMs;
    this.#largestErrorMs = Math.max(this.#largestErrorMs, Math.abs(this.#wallOffsetMs));
  }
}

/**
 * Named as the real clock names it. A DOMException would take a stack trace each time, and thousands are
 * created.
 */
class AbortError extends Error {
  override name = 'AbortError';
}

const ABORTED = new AbortError('aborted');
