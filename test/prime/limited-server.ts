import type { Ask, RateLimiter } from '../../src/prime/rate-limiter.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** Whether a request that arrives now is accepted. */
export type Gate = () => boolean;

/** A server that accepts `perSecond` requests, and a burst of them at once. */
export function tokenBucket(clock: VirtualClock, perSecond: () => number, burst: number): Gate {
  let tokens = burst;
  let atMs = 0;
  return () => {
    const nowMs = clock.monotonicMs();
    tokens = Math.min(burst, tokens + ((nowMs - atMs) * perSecond()) / 1000);
    atMs = nowMs;
    const isAllowed = tokens >= 1;
    tokens -= isAllowed ? 1 : 0;
    return isAllowed;
  };
}

/** A server that counts the requests of each window. */
export function fixedWindow(clock: VirtualClock, perWindow: number, windowMs: number): Gate {
  let window = -1;
  let count = 0;
  return () => {
    const now = Math.floor(clock.monotonicMs() / windowMs);
    if (now !== window) {
      window = now;
      count = 0;
    }
    count += 1;
    return count <= perWindow;
  };
}

/** A server that counts the requests that it accepted in the last `windowMs`, at any moment. */
export function slidingWindow(clock: VirtualClock, perWindow: number, windowMs: number): Gate {
  let acceptedAtMs: number[] = [];
  return () => {
    const nowMs = clock.monotonicMs();
    acceptedAtMs = acceptedAtMs.filter((atMs) => atMs > nowMs - windowMs);
    const isAllowed = acceptedAtMs.length < perWindow;
    if (isAllowed) acceptedAtMs.push(nowMs);
    return isAllowed;
  };
}

export interface Measured {
  accepted: number;
  refused: number;
}

export interface Clients {
  readonly clock: VirtualClock;
  readonly limiter: RateLimiter;
  readonly allows: Gate;
  readonly random: () => number;
  readonly retryAfterMs?: number | undefined;
}

const CLIENTS = 30;
const READ: Ask = { priority: 'read', endpoint: '/pods/' };

/** Clients that always have another request, with a latency of 10 to 40 ms to the server. */
export function startClients({ clock, limiter, allows, random, retryAfterMs }: Clients): {
  readonly measured: Readonly<Measured>;
  readonly stop: () => void;
} {
  const measured = { accepted: 0, refused: 0 };
  const running = new AbortController();
  const client = async (): Promise<void> => {
    while (!running.signal.aborted) {
      await limiter.acquire(READ);
      const startedAtMs = clock.monotonicMs();
      await clock.sleep(10 + random() * 30);
      const isAllowed = allows();
      await clock.sleep(20);
      measured[isAllowed ? 'accepted' : 'refused'] += 1;
      if (isAllowed) limiter.reportPassed(startedAtMs);
      else limiter.reportLimited(READ, startedAtMs, { retryAfterMs });
    }
  };
  for (let index = 0; index < CLIENTS; index += 1) void client();
  return {
    measured,
    stop: () => {
      running.abort();
    },
  };
}

/** Numbers from 0 to below 1, determined by the seed. */
export function seeded(seed: number): () => number {
  let state = seed % 2_147_483_648;
  return () => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
}
