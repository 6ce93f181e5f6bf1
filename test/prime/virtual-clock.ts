import type { Clock } from '../../src/clock.ts';

/** A clock that advances only on demand. */
export interface VirtualClock extends Clock {
  /** Advances the time, wakes every sleeper at its time, and waits until it has run. */
  advance(ms: number): Promise<void>;
}

interface Sleeper {
  readonly atMs: number;
  readonly wake: () => void;
}

const START_OF_TIME_MS = Date.UTC(2026, 10, 23, 10);

export function createVirtualClock(): VirtualClock {
  let nowMs = 0;
  const sleepers: Sleeper[] = [];

  function nextBefore(endMs: number): Sleeper | undefined {
    let first = sleepers[0];
    for (const sleeper of sleepers) {
      if (first === undefined || sleeper.atMs < first.atMs) {
        first = sleeper;
      }
    }
    if (first === undefined || first.atMs > endMs) {
      return undefined;
    }
    sleepers.splice(sleepers.indexOf(first), 1);
    return first;
  }

  return {
    nowMs: () => START_OF_TIME_MS + nowMs,
    monotonicMs: () => nowMs,
    sleep: (ms, signal) =>
      new Promise((wake, reject) => {
        const sleeper = { atMs: nowMs + Math.max(0, ms), wake };
        sleepers.push(sleeper);
        signal?.addEventListener('abort', () => {
          sleepers.splice(sleepers.indexOf(sleeper), 1);
          reject(new Error('the sleep was cancelled'));
        });
      }),
    async advance(ms) {
      const endMs = nowMs + ms;
      await settle();
      for (let sleeper = nextBefore(endMs); sleeper !== undefined; sleeper = nextBefore(endMs)) {
        nowMs = Math.max(nowMs, sleeper.atMs);
        sleeper.wake();
        await settle();
      }
      nowMs = endMs;
    },
  };
}

/** Runs everything that needs no time. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
