import type { Clock } from '../clock.ts';
import { createAdaptiveRate } from './adaptive-rate.ts';
import { Pauses } from './pauses.ts';
import { TurnQueue } from './turn-queue.ts';
import type { Ask, Priority } from './turn-queue.ts';

export type { Ask, Priority } from './turn-queue.ts';

/** Keeps the requests of one account below what the provider lets through. */
export interface RateLimiter {
  /**
   * Resolves with 0 when the request may be sent: DELETE before POST before reads, which get one turn in 8. A read whose
   * endpoint is to be left alone for long is not kept waiting: it gets for how many milliseconds.
   */
  acquire(ask: Ask): Promise<number>;
  /** A request like this that began at this (monotonic) time was answered 429. */
  reportLimited(ask: Ask, startedAtMs: number, retryAfterMs?: number): void;
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
/** Without a reason each abort makes a DOMException, which is dear. */
const CALLED_OFF = new Error('somebody came who may go at once');
/** How many turns DELETEs may take ahead of the rate: an instance that is not wanted bills. */
const DELETE_CREDIT = 5;

/**
 * A token bucket whose rate adapts itself: the provider documents no limit, and its 429 carries none. Any 429 lowers the
 * rate. What a 429 asks to wait holds for the kind of request that it answered, see {@link Pauses}.
 */
export function createRateLimiter(options: RateLimiterOptions): RateLimiter {
  const { clock, random = Math.random } = options;
  const rate = createAdaptiveRate({
    initialPerSecond: options.initialRequestsPerSecond ?? DEFAULT_INITIAL_REQUESTS_PER_SECOND,
    maxPerSecond: options.maxRequestsPerSecond ?? DEFAULT_MAX_REQUESTS_PER_SECOND,
  });
  const waiting = new TurnQueue();
  const pauses = new Pauses();
  let tokens: number = BURST.minimum;
  let refilledAtMs = clock.monotonicMs();
  let lastLimitedAtMs = Number.NEGATIVE_INFINITY;
  let pauseLengthMs = PAUSE_MS.first;
  let isPumping = false;
  let sleeping: AbortController | undefined;

  function refill(): void {
    const nowMs = clock.monotonicMs();
    const perSecond = rate.perSecond();
    const capacity = Math.max(BURST.minimum, Math.min(BURST.maximum, perSecond * BURST.seconds));
    tokens = Math.min(capacity, tokens + ((nowMs - refilledAtMs) * perSecond) / 1000);
    refilledAtMs = nowMs;
  }

  /** Tokens that must be there before such a request may go. */
  function need({ priority }: Ask): number {
    return priority === 'delete' ? 1 - DELETE_CREDIT : 1;
  }

  function sendAway(): void {
    const nowMs = clock.monotonicMs();
    for (const { ask, answer } of waiting.takeAll((each) => pauses.isLong(each, nowMs))) {
      answer(pauses.leftMs(ask, nowMs));
    }
  }

  function giveTurn(): boolean {
    const nowMs = clock.monotonicMs();
    const next = waiting.next((ask) => pauses.leftMs(ask, nowMs) <= 0 && tokens >= need(ask));
    if (next === undefined) {
      return false;
    }
    tokens -= 1;
    next.answer(0);
    return true;
  }

  async function pump(): Promise<void> {
    if (isPumping) {
      // Somebody came for whom the way may be free.
      sleeping?.abort(CALLED_OFF);
      return;
    }
    isPumping = true;
    while (waiting.size > 0) {
      refill();
      sendAway();
      if (!giveTurn() && waiting.size > 0) {
        await sleepUntilNext();
      }
    }
    isPumping = false;
  }

  async function sleepUntilNext(): Promise<void> {
    const nowMs = clock.monotonicMs();
    const tokenMs = (ask: Ask): number => ((need(ask) - tokens) / rate.perSecond()) * 1000;
    const waitMs = waiting.least((ask) => Math.max(pauses.leftMs(ask, nowMs), tokenMs(ask)));
    const isPaused = waiting.least((ask) => pauses.leftMs(ask, nowMs)) > 0;
    sleeping = new AbortController();
    await clock.sleep(Math.max(1, Math.ceil(waitMs)), sleeping.signal).catch(() => undefined);
    sleeping = undefined;
    if (isPaused) {
      // To make up for the pause at once would run into the next one.
      refill();
      tokens = Math.min(tokens, 1);
      return;
    }
    // Only time in which somebody waits shows whether the provider takes this rate.
    rate.grow(clock.monotonicMs() - nowMs);
  }

  return {
    state() {
      refill();
      return { requestsPerSecond: rate.perSecond(), tokens: Math.max(0, tokens), waiting: waiting.counts() };
    },
    async acquire(ask) {
      const askedAtMs = clock.monotonicMs();
      const turn = new Promise<number>((answer) => {
        waiting.add({ ask, answer });
      });
      void pump();
      const pausedForMs = await turn;
      options.onTurn?.(ask.priority, clock.monotonicMs() - askedAtMs);
      return pausedForMs;
    },
    reportLimited(ask, startedAtMs, retryAfterMs) {
      const nowMs = clock.monotonicMs();
      // The rest of a burst that was under way at the last cut says nothing new.
      if (startedAtMs > lastLimitedAtMs) {
        lastLimitedAtMs = nowMs;
        pauseLengthMs = rate.cut(nowMs) ? Math.min(pauseLengthMs * 2, PAUSE_MS.maximum) : PAUSE_MS.first;
      }
      pauses.begin(ask, { nowMs, ownMs: pauseLengthMs * (0.5 + random()), askedMs: retryAfterMs });
    },
  };
}
