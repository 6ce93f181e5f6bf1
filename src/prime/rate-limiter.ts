import type { Clock } from '../clock.ts';
import { createAdaptiveRate } from './adaptive-rate.ts';
import { Pauses } from './pauses.ts';
import { Throughput } from './throughput.ts';
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
  /** A request that began at this (monotonic) time was answered, with anything but 429. */
  reportPassed(startedAtMs: number): void;
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
/** The pause after a 429 without Retry-After; doubled while nothing is let through between them. */
const PAUSE_MS = { first: 250, maximum: 30_000 };
/** Without a reason each abort makes a DOMException, which is dear. */
const CALLED_OFF = new Error('somebody came who may go at once');
/**
 * An instance that is not wanted bills. A DELETE takes its turn ahead of the rate; where the rate is low it goes all the
 * same, one each `everyMs`, until DELETEs themselves are refused: it may be another endpoint's limit that made it low.
 */
const DELETES = { credit: 1, everyMs: 200, untrustedMs: 30_000 };
/** The most that may be owed for DELETEs: what else there is to do goes on soon after them. */
const MAX_DEBT = 5;

/**
 * A token bucket whose rate adapts itself: the provider documents no limit, and its 429 carries none. Any 429 lowers the
 * rate, to what is measured to get through. What a 429 asks to wait holds for the kind of request that it answered, see {@link Pauses}.
 */
export function createRateLimiter(options: RateLimiterOptions): RateLimiter {
  const { clock, random = Math.random } = options;
  const rate = createAdaptiveRate({
    initialPerSecond: options.initialRequestsPerSecond ?? DEFAULT_INITIAL_REQUESTS_PER_SECOND,
    maxPerSecond: options.maxRequestsPerSecond ?? DEFAULT_MAX_REQUESTS_PER_SECOND,
  });
  const waiting = new TurnQueue();
  const pauses = new Pauses();
  const throughput = new Throughput();
  let tokens: number = BURST.minimum;
  let refilledAtMs = clock.monotonicMs();
  let lastLimitedAtMs = Number.NEGATIVE_INFINITY;
  let lastDeleteAtMs = Number.NEGATIVE_INFINITY;
  let lastDeleteLimitedAtMs = Number.NEGATIVE_INFINITY;
  let pauseLengthMs = PAUSE_MS.first;
  let busyMs = 0;
  let isPumping = false;
  let sleeping: AbortController | undefined;

  function refill(): void {
    const nowMs = clock.monotonicMs();
    const perSecond = rate.perSecond();
    const capacity = Math.max(BURST.minimum, Math.min(BURST.maximum, perSecond * BURST.seconds));
    tokens = Math.min(capacity, tokens + ((nowMs - refilledAtMs) * perSecond) / 1000);
    refilledAtMs = nowMs;
  }

  /** How long such a request waits for the rate. */
  function tokenMs({ priority }: Ask, nowMs: number): number {
    const need = priority === 'delete' ? 1 - DELETES.credit : 1;
    const rateMs = ((need - tokens) / rate.perSecond()) * 1000;
    const isTrusted = nowMs - lastDeleteLimitedAtMs > DELETES.untrustedMs;
    return priority === 'delete' && isTrusted
      ? Math.min(rateMs, lastDeleteAtMs + DELETES.everyMs - nowMs)
      : rateMs;
  }

  function sendAway(): void {
    const nowMs = clock.monotonicMs();
    for (const { ask, answer } of waiting.takeAll((each) => pauses.isLong(each, nowMs))) {
      answer(pauses.leftMs(ask, nowMs));
    }
  }

  function giveTurn(): boolean {
    const nowMs = clock.monotonicMs();
    const next = waiting.next((ask) => pauses.leftMs(ask, nowMs) <= 0 && tokenMs(ask, nowMs) <= 0);
    if (next === undefined) {
      return false;
    }
    tokens = Math.max(1 - MAX_DEBT, tokens) - 1;
    if (next.ask.priority === 'delete') {
      lastDeleteAtMs = nowMs;
    }
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
    const waitMs = waiting.least((ask) => Math.max(pauses.leftMs(ask, nowMs), tokenMs(ask, nowMs)));
    const isPaused = waiting.least((ask) => pauses.leftMs(ask, nowMs)) > 0;
    sleeping = new AbortController();
    await clock.sleep(Math.max(1, Math.ceil(waitMs)), sleeping.signal).catch(() => undefined);
    sleeping = undefined;
    const sleptMs = clock.monotonicMs() - nowMs;
    busyMs += sleptMs;
    if (isPaused) {
      // To make up for the pause at once would run into the next one.
      refill();
      tokens = Math.min(tokens, 1);
      return;
    }
    // Only time in which somebody waits shows whether the provider takes this rate.
    rate.grow(sleptMs);
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
    reportPassed(startedAtMs) {
      throughput.pass(startedAtMs);
    },
    reportLimited(ask, startedAtMs, retryAfterMs) {
      const nowMs = clock.monotonicMs();
      let isBlocked = false;
      if (ask.priority === 'delete') {
        lastDeleteLimitedAtMs = nowMs;
      }
      // The rest of a burst that was under way at the last cut says nothing new.
      if (startedAtMs > lastLimitedAtMs) {
        lastLimitedAtMs = nowMs;
        isBlocked = throughput.isBlocked;
        const measured = throughput.refuse(startedAtMs, busyMs, retryAfterMs);
        pauseLengthMs = isBlocked ? Math.min(pauseLengthMs * 2, PAUSE_MS.maximum) : PAUSE_MS.first;
        // Where nothing gets through, no rate would: only time helps.
        if (!isBlocked) {
          if (!rate.cut(nowMs, measured)) {
            throughput.forgetBefore();
          }
        }
      }
      pauses.begin(ask, { nowMs, ownMs: pauseLengthMs * (0.5 + random()), askedMs: retryAfterMs, isBlocked });
    },
  };
}
