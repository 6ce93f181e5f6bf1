import type { Clock } from '../../../src/clock.ts';
import { turn } from './until.ts';

interface Sleeper {
  atMs: number;
  order: number;
  resolve: () => void;
}

/** A clock that moves only when the test advances it. Wall time starts at `WALL_START_MS`, monotonic time at 1000. */
export class VirtualClock implements Clock {
  readonly #wallStartMs: number;
  #nowMs = 1000;
  #order = 0;
  #sleepers: Sleeper[] = [];
  /** The number of sleeps since the start. */
  sleepsBegun = 0;

  constructor(wallStartMs: number = Date.UTC(2030, 0, 1)) {
    this.#wallStartMs = wallStartMs;
  }

  nowMs(): number {
    return this.#wallStartMs + this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  /** The number of current sleepers. */
  get sleepers(): number {
    return this.#sleepers.length;
  }

  /** The remaining times of the sleepers, earliest first. */
  wakeTimesMs(): number[] {
    return this.#sleepers.map(({ atMs }) => atMs - this.#nowMs).sort((a, b) => a - b);
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.sleepsBegun += 1;
    await new Promise<void>((resolve, reject) => {
      const sleeper = { atMs: this.#nowMs + ms, order: (this.#order += 1), resolve };
      const onAbort = (): void => {
        this.#remove(sleeper);
        reject(new DOMException('aborted', 'AbortError'));
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      sleeper.resolve = () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      };
      this.#sleepers.push(sleeper);
    });
  }

  /** Moves time forward. It wakes sleepers in order, and gives each one a turn of the event loop. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    for (let next = this.#nextUntil(endMs); next !== undefined; next = this.#nextUntil(endMs)) {
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      this.#remove(next);
      next.resolve();
      await turn();
    }
    this.#nowMs = Math.max(this.#nowMs, endMs);
    await turn();
  }

  /** Moves time forward without waking sleepers, as in a process that was frozen. */
  jump(ms: number): void {
    this.#nowMs += ms;
  }

  #nextUntil(endMs: number): Sleeper | undefined {
    const due = this.#sleepers.filter(({ atMs }) => atMs <= endMs);
    return due.sort((a, b) => a.atMs - b.atMs || a.order - b.order)[0];
  }

  #remove(sleeper: Sleeper): void {
    this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
  }
}
