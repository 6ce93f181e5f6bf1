import type { ProtocolTimings } from '../lifecycle/settings.ts';

/** What an intent may ask for at most: a write that a server gives up after a minute, and time to send. */
const MAX_SEND_WITHIN_MS = 120_000;

/**
 * How long after its write a create intent may still be sent on. Everybody who reads an intent waits for that time
 * before it counts as surely not sent, so that a longer one must stand in the intent itself. It is longer only where
 * the last write took longer than the usual time, as one through slow webhooks does: nothing would ever be rented else.
 */
export class CreateFence {
  readonly #usualMs: number;
  #lastWriteMs = 0;

  constructor({ createFenceMs }: Pick<ProtocolTimings, 'createFenceMs'>) {
    this.#usualMs = createFenceMs;
  }

  /** For the next write; undefined: the usual time. */
  sendWithinMs(): number | undefined {
    return this.#lastWriteMs <= this.#usualMs
      ? undefined
      : Math.min(MAX_SEND_WITHIN_MS, Math.ceil(1.5 * this.#lastWriteMs) + this.#usualMs);
  }

  /** A write took this long, whatever came of it. */
  note(writeMs: number): void {
    this.#lastWriteMs = writeMs;
  }
}
