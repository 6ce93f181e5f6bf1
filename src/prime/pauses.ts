import type { Ask } from './turn-queue.ts';

/** No DELETE waits longer, and no create: how long a team's creates are held back is decided elsewhere. */
const MAX_WRITE_PAUSE_MS = 30_000;
/** A read that would wait longer is told so at once: whoever asks has something better to do. */
const LONG_MS = 5_000;

/** How long one 429 asks to wait. */
export interface PauseRequest {
  readonly nowMs: number;
  /** What the limiter waits by itself. */
  readonly ownMs: number;
  /** Its Retry-After. */
  readonly askedMs: number | undefined;
  /** Nothing was let through since the last one: what was asked for then was too short. */
  readonly isBlocked?: boolean;
}

/**
 * Until when which requests wait. A Retry-After holds for the kind of request that was answered so: an endpoint's
 * reads, creates, or DELETEs. Beside it creates and reads of any kind wait for the limiter's own short time, since the
 * limit may be the account's; DELETEs wait for nothing but their own answers.
 */
export class Pauses {
  readonly #endpointUntilMs = new Map<string, number>();
  #createUntilMs = Number.NEGATIVE_INFINITY;
  #deleteUntilMs = Number.NEGATIVE_INFINITY;
  #allUntilMs = Number.NEGATIVE_INFINITY;

  begin(ask: Ask, request: PauseRequest): void {
    const { nowMs, ownMs, askedMs = ownMs, isBlocked = false } = request;
    const writeUntilMs = nowMs + Math.min(askedMs, MAX_WRITE_PAUSE_MS);
    this.#allUntilMs = Math.max(this.#allUntilMs, nowMs + (isBlocked ? ownMs : Math.min(askedMs, ownMs)));
    if (ask.priority === 'delete') {
      this.#deleteUntilMs = Math.max(this.#deleteUntilMs, writeUntilMs);
    } else if (ask.priority === 'create') {
      this.#createUntilMs = Math.max(this.#createUntilMs, writeUntilMs);
    } else {
      this.#beginRead(ask.endpoint, nowMs + (request.askedMs ?? 0));
    }
  }

  #beginRead(endpoint: string | undefined, untilMs: number): void {
    const key = endpoint ?? '';
    this.#endpointUntilMs.set(key, Math.max(this.#endpointMs(key), untilMs));
  }

  /** Zero or less: such a request may go. */
  leftMs(ask: Ask, nowMs: number): number {
    return this.#untilMs(ask) - nowMs;
  }

  /** Only what was asked for is long: the limiter's own pauses are waited for. */
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
