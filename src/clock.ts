import { setTimeout as delay } from 'node:timers/promises';

/**
 * Time, passed in: everything that waits or compares times takes a clock, so that tests own time.
 *
 * `nowMs` is wall time, for people and for what leaves the process. `monotonicMs` never jumps and is the
 * only one that deadlines and windows of this process are measured with.
 */
export interface Clock {
  nowMs(): number;
  monotonicMs(): number;
  /** Resolves after `ms`; rejects with an AbortError as soon as the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The clock of this machine. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  async sleep(ms, signal) {
    await delay(ms, undefined, signal === undefined ? {} : { signal });
  },
};
