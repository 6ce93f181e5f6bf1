import type { Clock } from '../clock.ts';
import { createAdaptiveRate } from './adaptive-rate.ts';

/** What a request does: ending rentals saves money, renting is what people wait for, looking can wait. */
export type Priority = 'delete' | 'create' | 'read';

/** Keeps the requests of one account below what the provider lets through. */
export interface RateLimiter {
  /** Resolves when a request of this kind may be sent: DELETE before POST before reads, which get one turn in 8. */
  acquire(priority: Priority): Promise<void>;
  /** A request that began at this (monotonic) time was answered 429. */
  reportLimited(startedAtMs: number, retryAfterMs?: number): void;
  /** How it stands, for metrics. */
  state(): RateLimiterState;
}

export interface RateLimiterState {
  /** What it lets through at most at the moment. */
  readonly requestsPerSecond: number;
  /** What it would let through at once. */
  readonly tokens: number;
  /** Requests that wait for their turn. */
  readonly waiting: Readonly<Record<Priority, number>>;
}

export interface RateLimiterOptions {
  readonly clock: Clock;
  /** Never more than this, whatever the provider would take. @default 100 */
  readonly maxRequestsPerSecond?: number;
  /** Where it begins, before it knows what the provider takes. @default 20 */
  readonly initialRequestsPerSecond?: number;
  /** Told of each turn that was given, with how long it was waited for. */
  readonly onTurn?: (priority: Priority, waitedMs: number) => void;
  /** A number from 0 to below 1, so that many operators do not come back at once. @default Math.random */
  readonly random?: () => number;
}

const DEFAULT_MAX_REQUESTS_PER_SECOND = 100;
const DEFAULT_INITIAL_REQUESTS_PER_SECOND = 20;
/** Requests that may go at once after a quiet time. More than one, because timers fire late. */
const BURST = { minimum: 2, maximum: 10, seconds: 0.5 };
/** The pause after a 429 without Retry-After; doubled while they go on. */
const PAUSE_MS = { first: 250, maximum: 30_000 };
/** One turn of so many goes to the least urgent kind that waits, so that looking never stops. */
const FAIR_TURN = 8;
const PRIORITIES: readonly Priority[] = ['delete', 'create', 'read'];

/**
 * A token bucket whose rate adapts itself: the provider documents no limit, and its 429 carries none. A
 * 429 pauses everything, for as long as the provider asks or for a doubling time, and lowers the rate.
 */
export function createRateLimiter(options: RateLimiterOptions): RateLimiter {
  const { clock, random = Math.random } = options;
  const rate = createAdaptiveRate({
    initialPerSecond: options.initialRequestsPerSecond ?? DEFAULT_INITIAL_REQUESTS_PER_SECOND,
    maxPerSecond: options.maxRequestsPerSecond ?? DEFAULT_MAX_REQUESTS_PER_SECOND,
  });
  const waiting = createTurnQueue();
  let tokens: number = BURST.minimum;
  let refilledAtMs = clock.monotonicMs();
  let pausedUntilMs = Number.NEGATIVE_INFINITY;
  let lastLimitedAtMs = Number.NEGATIVE_INFINITY;
  let pauseLengthMs = PAUSE_MS.first;
  let isPumping = false;

  function refill(): void {
    const nowMs = clock.monotonicMs();
    const perSecond = rate.perSecond();
    const capacity = Math.max(BURST.minimum, Math.min(BURST.maximum, perSecond * BURST.seconds));
    tokens = Math.min(capacity, tokens + ((nowMs - refilledAtMs) * perSecond) / 1000);
    refilledAtMs = nowMs;
  }

  async function pump(): Promise<void> {
    if (isPumping) {
      return;
    }
    isPumping = true;
    while (waiting.size() > 0) {
      const pauseMs = pausedUntilMs - clock.monotonicMs();
      if (pauseMs > 0) {
        await clock.sleep(Math.ceil(pauseMs));
        // To make up for the pause at once would run into the next one.
        refill();
        tokens = Math.min(tokens, 1);
        continue;
      }
      refill();
      if (tokens >= 1) {
        tokens -= 1;
        waiting.next();
        continue;
      }
      const waitMs = ((1 - tokens) / rate.perSecond()) * 1000;
      await clock.sleep(Math.ceil(waitMs));
      // Only time in which somebody waits shows whether the provider takes this rate.
      rate.grow(waitMs);
    }
    isPumping = false;
  }

  return {
    state() {
      refill();
      return { requestsPerSecond: rate.perSecond(), tokens, waiting: waiting.counts() };
    },
    async acquire(priority) {
      const askedAtMs = clock.monotonicMs();
      const turn = waiting.add(priority);
      void pump();
      await turn;
      options.onTurn?.(priority, clock.monotonicMs() - askedAtMs);
    },
    reportLimited(startedAtMs, retryAfterMs) {
      const nowMs = clock.monotonicMs();
      // The rest of a burst that was under way at the last cut says nothing new.
      if (startedAtMs > lastLimitedAtMs) {
        lastLimitedAtMs = nowMs;
        pauseLengthMs = rate.cut(nowMs) ? Math.min(pauseLengthMs * 2, PAUSE_MS.maximum) : PAUSE_MS.first;
      }
      const pauseMs = retryAfterMs ?? pauseLengthMs * (0.5 + random());
      pausedUntilMs = Math.max(pausedUntilMs, nowMs + pauseMs);
    },
  };
}

interface TurnQueue {
  add(priority: Priority): Promise<void>;
  next(): void;
  size(): number;
  counts(): Record<Priority, number>;
}

function createTurnQueue(): TurnQueue {
  const queues: Record<Priority, (() => void)[]> = { delete: [], create: [], read: [] };
  let given = 0;

  return {
    size: () => PRIORITIES.reduce((sum, priority) => sum + queues[priority].length, 0),
    counts: () => ({
      delete: queues.delete.length,
      create: queues.create.length,
      read: queues.read.length,
    }),
    add: (priority) => new Promise((resolve) => queues[priority].push(resolve)),
    next() {
      given += 1;
      const waiting = PRIORITIES.map((priority) => queues[priority]).filter((queue) => queue.length > 0);
      const queue = given % FAIR_TURN === 0 ? waiting.at(-1) : waiting[0];
      queue?.shift()?.();
    },
  };
}
