import type { Ask } from './turn-queue.ts';

/** The longest pause for DELETE and create requests. The circuit breakers hold back a team's creates for longer. */
const MAX_WRITE_PAUSE_MS = 30_000;
/** The longest of the limiter's own pauses that a DELETE waits for: the instance bills. */
const MAX_OWN_WRITE_PAUSE_MS = 2_000;
/** A read that would wait longer is refused at once, so that the caller can do other work. */
const LONG_MS = 5_000;

/** How long one 429 answer asks to wait. */
export interface PauseRequest {
  readonly nowMs: number;
  /** The limiter's own pause, in milliseconds. */
  readonly ownMs: number;
  /** The Retry-After of the answer, in milliseconds. */
  readonly askedMs: number | undefined;
  /** True if no request passed since the last 429, so the last pause was too short. */
  readonly isBlocked?: boolean;
  /** True if others passed since this very request was refused: then only its own kind has to wait. */
  readonly isOfKindOnly?: boolean;
}

/**
 * Which requests wait until when. A Retry-After applies to the kind of request that received it: reads of an
 * endpoint, creates, or DELETEs. In addition creates and all reads wait for the limiter's own short pause, because
 * the limit may be the account's. DELETEs wait only for their own answers.
 */
export class Pauses {
  readonly #endpointUntilMs = new Map<string, number>();
  #createUntilMs = Number.NEGATIVE_INFINITY;
  #deleteUntilMs = Number.NEGATIVE_INFINITY;
  #allUntilMs = Number.NEGATIVE_INFINITY;

  begin(ask: Ask, request: PauseRequest): void {
    const { nowMs, ownMs, askedMs, isBlocked = false, isOfKindOnly = false } = request;
    if (!isOfKindOnly) {
      const allMs = isBlocked ? ownMs : Math.min(askedMs ?? ownMs, ownMs);
      this.#allUntilMs = Math.max(this.#allUntilMs, nowMs + allMs);
    }
    const writeUntilMs = nowMs + writePauseMs(request);
    if (ask.priority === 'delete') {
      this.#deleteUntilMs = Math.max(this.#deleteUntilMs, writeUntilMs);
    } else if (ask.priority === 'create') {
      this.#createUntilMs = Math.max(this.#createUntilMs, writeUntilMs);
    } else {
      this.#beginRead(ask.endpoint, nowMs + Math.max(askedMs ?? 0, isOfKindOnly ? ownMs : 0));
    }
  }

  #beginRead(endpoint: string | undefined, untilMs: number): void {
    const key = endpoint ?? '';
    this.#endpointUntilMs.set(key, Math.max(this.#endpointMs(key), untilMs));
  }

  /** Milliseconds until this request may be sent; zero or less: now. */
  leftMs(ask: Ask, nowMs: number): number {
    return this.#untilMs(ask) - nowMs;
  }

  /** True if a Retry-After asks for a long pause. Requests wait for the limiter's own pauses. */
  isLong(ask: Ask, nowMs: number): boolean {
    return ask.priority === 'read' && this.#endpointMs(ask.endpoint ?? '') - nowMs > LONG_MS;
  }

  #untilMs(ask: Ask): number {
    switch (ask.priority) {
      case 'delete':
        return this.#deleteUntilMs;
      case 'create':
        return Math.max(this.#createUntilMs, this.#allUntilMs);
      case 'read':
        return Math.max(this.#endpointMs(ask.endpoint ?? ''), this.#allUntilMs);
    }
  }

  #endpointMs(endpoint: string): number {
    return this.#endpointUntilMs.get(endpoint) ?? Number.NEGATIVE_INFINITY;
  }
}

/** A Retry-After of 0 must not make a request return at once, again and again. */
function writePauseMs({ ownMs, askedMs, isOfKindOnly = false }: PauseRequest): number {
  const leastMs = Math.min(ownMs, MAX_OWN_WRITE_PAUSE_MS);
  const pauseMs = askedMs ?? (isOfKindOnly ? leastMs : ownMs);
  return Math.min(Math.max(pauseMs, leastMs), MAX_WRITE_PAUSE_MS);
}
