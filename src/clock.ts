import { setTimeout as delay } from 'node:timers/promises';

/**
 * Time as a parameter. Everything that waits or compares times takes a clock, so that tests control time.
 *
 * `nowMs` is wall time, for people and for data that leaves the process. `monotonicMs` never jumps; deadlines and
 * timings of this process use nothing else.
 */
export interface Clock {
  nowMs(): number;
  monotonicMs(): number;
  /** Resolves after `ms` milliseconds. Rejects with an AbortError as soon as the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The clock of this host. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  async sleep(ms, signal) {
    await delay(ms, undefined, signal === undefined ? {} : { signal });
  },
};
