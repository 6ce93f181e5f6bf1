import { uptime } from 'node:os';

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

/** What a host tells of the time, in milliseconds. */
export interface HostTimes {
  readonly nowMs: () => number;
  /** Stands still while the host is suspended, as Node's monotonic time does on Linux. */
  readonly runningMs: () => number;
  /** Goes on while the host is suspended, in steps of up to a second. Undefined if the host does not tell it. */
  readonly uptimeMs: () => number | undefined;
}

/** Longer than the steps of the uptime. */
const SHORTEST_SUSPENSION_MS = 2_000;
/** How often to compare without a jump of the wall clock, which every suspension usually causes. */
const COMPARE_MS = 60_000;

/**
 * Monotonic time that goes on while the host is suspended. A laptop or a node sleeps, and the provider bills
 * on: without that time, a lifetime would end hours late, and a Lease would seem fresh that another process has taken.
 *
 * Only time that both the uptime and the wall clock show counts, because either may jump alone: somebody sets the clock,
 * and the uptime of a container becomes that of its host when what emulates it (lxcfs) fails. Days that never passed
 * would end every lifetime at once.
 */
export function monotonicTime({ nowMs, runningMs, uptimeMs }: HostTimes): () => number {
  const suspendedMs = (): number => (uptimeMs() ?? NaN) - runningMs();
  const beforeMs = suspendedMs();
  const firstAheadMs = nowMs() - runningMs();
  let countedMs = 0;
  let aheadMs = firstAheadMs;
  let compareAtMs = runningMs() + COMPARE_MS;
  return () => {
    const atMs = runningMs();
    const nowAheadMs = nowMs() - atMs;
    if (atMs >= compareAtMs || nowAheadMs - aheadMs >= SHORTEST_SUSPENSION_MS) {
      const sinceMs = Math.min(suspendedMs() - beforeMs, nowAheadMs - firstAheadMs);
      // An uptime that cannot be read is NaN, and compares as false.
      countedMs = sinceMs - countedMs >= SHORTEST_SUSPENSION_MS ? sinceMs : countedMs;
      compareAtMs = atMs + COMPARE_MS;
    }
    aheadMs = nowAheadMs;
    return atMs + countedMs;
  };
}

function readUptimeMs(): number | undefined {
  try {
    return uptime() * 1_000;
  } catch {
    return undefined;
  }
}

/** The clock of this host. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: monotonicTime({
    nowMs: () => Date.now(),
    runningMs: () => performance.now(),
    uptimeMs: readUptimeMs,
  }),
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
