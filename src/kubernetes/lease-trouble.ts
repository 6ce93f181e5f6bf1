import { apiErrorMessage } from './api-errors.ts';
import type { Log } from './log.ts';

/** What is the same is said again after this time: a standby looks every second. */
const REPEAT_MS = 60_000;

/** What keeps a standby from reading or taking the Lease: told in the log, and to whoever asks whether it is ready. */
export class LeaseTrouble {
  readonly #log: Log;
  #message: string | undefined;
  #sinceMs = 0;
  #toldAtMs = 0;

  constructor(log: Log) {
    this.#log = log;
  }

  /** One more try failed. */
  note(error: unknown, nowMs: number): void {
    const message = apiErrorMessage(error);
    if (this.#message === undefined) this.#sinceMs = nowMs;
    if (message !== this.#message || nowMs - this.#toldAtMs >= REPEAT_MS) {
      this.#toldAtMs = nowMs;
      this.#log.warn({ error: message }, 'failed to read or acquire the lease');
    }
    this.#message = message;
  }

  over(): void {
    this.#message = undefined;
  }

  /** A sentence, where it has lasted for so long. */
  problem(nowMs: number, quietMs: number): string | undefined {
    return this.#message === undefined || nowMs - this.#sinceMs < quietMs
      ? undefined
      : `This process can neither read nor acquire the Lease, so it does nothing: ${this.#message}`;
  }
}
