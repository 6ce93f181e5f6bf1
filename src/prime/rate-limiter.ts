import type { Clock } from '../clock.ts';
import type { BookedTurn } from '../lifecycle/provider.ts';
import { createAdaptiveRate } from './adaptive-rate.ts';
import { BookedTurns } from './booked-turns.ts';
import type { Booked } from './booked-turns.ts';
import { Pauses } from './pauses.ts';
import { Throughput } from './throughput.ts';
import { TurnQueue } from './turn-queue.ts';
import type { Ask, Priority } from './turn-queue.ts';

export type { Ask, Priority } from './turn-queue.ts';

/** Keeps the requests of one account below the provider's limit. */
export interface RateLimiter {
  /**
   * Waits for a turn: DELETE before POST before reads, which get one turn in 8.
   *
   * @returns 0 when the request may be sent; else, for a read whose endpoint asks for a long pause, the milliseconds
   * to wait
   */
  acquire(ask: Ask): Promise<number>;
  /** Waits until a create request would get its turn within a second, so that its preparation may begin. */
  bookCreate(): Promise<BookedTurn>;
  /** The provider answered a request that began at this (monotonic) time, with anything but 429. */
  reportPassed(startedAtMs: number): void;
  /** The provider answered 429 to such a request that began at this (monotonic) time. */
  reportLimited(ask: Ask, startedAtMs: number, refusal?: LimitedAnswer): void;
  /** The current state, for metrics. */
  state(): RateLimiterState;
}

/** What a 429 answer tells. */
export interface LimitedAnswer {
  /** Its Retry-After, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** How often this very request was refused before, and sent again. @default 0 */
  readonly resends?: number;
}

export interface RateLimiterState {
  /** The current maximum rate. */
  readonly requestsPerSecond: number;
  /** Requests that may be sent at once. */
  readonly tokens: number;
  /** Requests that wait for a turn. */
  readonly waiting: Readonly<Record<Priority, number>>;
}

export interface RateLimiterOptions {
  readonly clock: Clock;
  /** Upper bound of the rate, whatever the provider accepts. @default 100 */
  readonly maxRequestsPerSecond?: number;
  /** The rate at start, before the limit is known. @default 20 */
  readonly initialRequestsPerSecond?: number;
  /** Called for each turn, with the time that the request waited. */
  readonly onTurn?: (priority: Priority, waitedMs: number) => void;
  /** A number from 0 to below 1, so that many operators do not resume at once. @default Math.random */
  readonly random?: () => number;
}

const DEFAULT_MAX_REQUESTS_PER_SECOND = 100;
const DEFAULT_INITIAL_REQUESTS_PER_SECOND = 20;
/**
 * Requests that may be sent at once after idle time. More than one, because timers fire late. They are fewer until the
 * first refusal, because a provider that allows fewer refuses all others of them.
 */
const BURST = { minimum: 2, maximum: 10, seconds: 0.5, secondsAtFirst: 0.1 };
/** The pause after a 429 without Retry-After. It doubles while no request passes in between. */
const PAUSE_MS = { first: 250, maximum: 30_000 };
/** Doublings of the pause of one kind of request that is refused again while others pass. */
const MAX_RESEND_DOUBLINGS = 6;
/** Without a reason each abort makes a DOMException, which is expensive. */
const CALLED_OFF = new Error('somebody came who may go at once');
const CREATE: Ask = { priority: 'create' };
/** Answers a request whose turn would come too late. */
const TOO_LATE_MS = 1;
/**
 * An unwanted instance keeps billing, so DELETEs go ahead of the rate. At a low rate one is sent every `everyMs`
 * nevertheless, because the limit of another endpoint may have lowered it, until DELETEs themselves are refused.
 */
const DELETES = { credit: 1, everyMs: 200, untrustedMs: 30_000 };
/** The largest debt from DELETEs, so that other requests resume soon afterwards. */
const MAX_DEBT = 5;

/**
 * A token bucket with an adaptive rate: the provider documents no limit, and its 429 carries none. Any 429 lowers the
 * rate to what was measured to pass. The pause that a 429 asks for applies to the kind of request that received it,
 * see {@link Pauses}.
 */
export function createRateLimiter(options: RateLimiterOptions): RateLimiter {
  const { clock, random = Math.random } = options;
  const rate = createAdaptiveRate({
    initialPerSecond: options.initialRequestsPerSecond ?? DEFAULT_INITIAL_REQUESTS_PER_SECOND,
    maxPerSecond: options.maxRequestsPerSecond ?? DEFAULT_MAX_REQUESTS_PER_SECOND,
  });
  const waiting = new TurnQueue();
  const bookings = new BookedTurns();
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
    const seconds = Number.isFinite(lastLimitedAtMs) ? BURST.seconds : BURST.secondsAtFirst;
    const capacity = Math.max(BURST.minimum, Math.min(BURST.maximum, perSecond * seconds));
    tokens = Math.min(capacity, tokens + ((nowMs - refilledAtMs) * perSecond) / 1000);
    refilledAtMs = nowMs;
  }

  /** How long such a request waits for the rate, in milliseconds. */
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
    for (const { ask, answer } of waiting.takeAll('read', (each) => pauses.isLong(each.ask, nowMs))) {
      answer(pauses.leftMs(ask, nowMs));
    }
    const createMs = nowMs + Math.max(0, pauses.leftMs(CREATE, nowMs));
    for (const { answer } of waiting.takeAll('create', ({ untilMs = createMs }) => untilMs < createMs)) {
      answer(TOO_LATE_MS);
    }
  }

  /** Milliseconds until a turn may be booked. */
  function bookingMs(nowMs: number): number {
    const { create, delete: deletes } = waiting.counts();
    return bookings.leftMs(nowMs, (booked) => {
      const need = deletes + create + booked + 1;
      return Math.max(pauses.leftMs(CREATE, nowMs), ((need - tokens) / rate.perSecond()) * 1000);
    });
  }

  function giveBooking(): boolean {
    const nowMs = clock.monotonicMs();
    const isNear = bookingMs(nowMs) <= 0;
    if (isNear) {
      bookings.book(nowMs);
    }
    return isNear;
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
      // The new request may be allowed at once.
      sleeping?.abort(CALLED_OFF);
      return;
    }
    isPumping = true;
    while (waiting.size + bookings.waiting > 0) {
      refill();
      sendAway();
      if (!giveTurn() && !giveBooking() && waiting.size + bookings.waiting > 0) {
        await sleepUntilNext();
      }
    }
    isPumping = false;
  }

  async function sleepUntilNext(): Promise<void> {
    const nowMs = clock.monotonicMs();
    const turnMs = waiting.least((ask) => Math.max(pauses.leftMs(ask, nowMs), tokenMs(ask, nowMs)));
    const waitMs = Math.min(turnMs, waiting.firstUntilMs() - nowMs, bookingMs(nowMs));
    const bookingPauseMs = bookings.waiting > 0 ? pauses.leftMs(CREATE, nowMs) : Number.POSITIVE_INFINITY;
    const isPaused =
      Math.min(
        waiting.least((ask) => pauses.leftMs(ask, nowMs)),
        bookingPauseMs,
      ) > 0;
    const isTurnAwaited = waiting.size > 0;
    sleeping = new AbortController();
    await clock.sleep(Math.max(1, Math.ceil(waitMs)), sleeping.signal).catch(() => undefined);
    sleeping = undefined;
    if (!isPaused && !isTurnAwaited) {
      return;
    }
    const sleptMs = clock.monotonicMs() - nowMs;
    busyMs += sleptMs;
    if (isPaused) {
      // Making up for the pause at once would cause the next one.
      refill();
      tokens = Math.min(tokens, 1);
      return;
    }
    // Only time in which a request waits shows whether the provider accepts this rate.
    rate.grow(sleptMs);
  }

  async function waitForTurn(ask: Ask, untilMs?: number, waitedMs = 0): Promise<number> {
    const askedAtMs = clock.monotonicMs();
    const turn = new Promise<number>((answer) => {
      waiting.add({ ask, answer, ...(untilMs === undefined ? {} : { untilMs }) });
    });
    void pump();
    const pausedForMs = await turn;
    options.onTurn?.(ask.priority, waitedMs + clock.monotonicMs() - askedAtMs);
    return pausedForMs;
  }

  return {
    state() {
      refill();
      const { create, ...others } = waiting.counts();
      const counts = { ...others, create: create + bookings.waiting };
      return { requestsPerSecond: rate.perSecond(), tokens: Math.max(0, tokens), waiting: counts };
    },
    acquire: waitForTurn,
    async bookCreate() {
      const askedAtMs = clock.monotonicMs();
      const booking = new Promise<Booked>((answer) => {
        bookings.apply({ askedAtMs, answer });
      });
      void pump();
      const booked = await booking;
      return {
        take: async (untilMs) => {
          bookings.end(booked);
          return (await waitForTurn(CREATE, untilMs, booked.waitedMs)) === 0;
        },
        giveUp: () => {
          bookings.end(booked);
          void pump();
        },
      };
    },
    reportPassed(startedAtMs) {
      throughput.pass(startedAtMs);
    },
    reportLimited(ask, startedAtMs, { retryAfterMs, resends = 0 } = {}) {
      const nowMs = clock.monotonicMs();
      let isBlocked = false;
      if (ask.priority === 'delete') {
        lastDeleteLimitedAtMs = nowMs;
      }
      // Others passed and this request is refused once more: the limit is that of its kind, not the account's.
      if (resends > 0 && !throughput.isBlocked) {
        const ownMs = PAUSE_MS.first * 2 ** Math.min(resends, MAX_RESEND_DOUBLINGS) * (0.5 + random());
        pauses.begin(ask, { nowMs, ownMs, askedMs: retryAfterMs, isOfKindOnly: true });
        return;
      }
      // The rest of a burst that was sent before the last cut adds nothing.
      if (startedAtMs > lastLimitedAtMs) {
        lastLimitedAtMs = nowMs;
        isBlocked = throughput.isBlocked;
        const measured = throughput.refuse(startedAtMs, busyMs, retryAfterMs);
        pauseLengthMs = isBlocked ? Math.min(pauseLengthMs * 2, PAUSE_MS.maximum) : PAUSE_MS.first;
        // While every request is refused no rate helps, only time.
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
