import type { ProtocolTimings } from '../../lifecycle/settings.ts';

/**
 * The longest time that an intent may ask for: a write that the API server gives up after a minute, and time to send.
 */
const MAX_SEND_WITHIN_MS = 120_000;

/**
 * How long after its write a create intent may still be sent. Every reader of an intent waits that long before it
 * treats the request as never sent, so the intent itself must carry a longer time. The time grows only if the last
 * write took longer than usual, as through slow webhooks. Otherwise the operator could never rent there.
 */
export class CreateFence {
  readonly #usualMs: number;
  #lastWriteMs = 0;

  constructor({ createFenceMs }: Pick<ProtocolTimings, 'createFenceMs'>) {
    this.#usualMs = createFenceMs;
  }

  /** The time for the next write in milliseconds; undefined: the usual time. */
  sendWithinMs(): number | undefined {
    return this.#lastWriteMs <= this.#usualMs
      ? undefined
      : Math.min(MAX_SEND_WITHIN_MS, Math.ceil(1.5 * this.#lastWriteMs) + this.#usualMs);
  }

  /** Notes how long a write took, whatever its result. */
  note(writeMs: number): void {
    this.#lastWriteMs = writeMs;
  }
}
