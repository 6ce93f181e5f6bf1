/**
 * Time as a parameter. Everything that waits or compares times takes a clock, so that tests control time.
 *
 * `nowMs` is wall time, for people and for data that leaves the process. `monotonicMs` never jumps; deadlines and
 * timings of this process use nothing else.
 */
export interface Clock {
  nowMs(): number;
  monotonicMs(): number;
  /** Resolves after `ms` milliseconds. Rejects as soon as the signal aborts, with its reason. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The clock of this host. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  async sleep(ms, signal) {
    signal?.throwIfAborted();
    // Node's own sleep makes an error with a stack for each one that is called off, as the timeout of each request is.
    await new Promise<void>((resolve, reject) => {
      const onAbort = (): void => {
        clearTimeout(timer);
        // Callers may abort with any value, and get it back.
        reject(signal?.reason as Error);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      }, ms);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  },
};
