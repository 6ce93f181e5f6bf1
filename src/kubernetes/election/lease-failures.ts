import { apiErrorMessage } from '../client/api-errors.ts';
import type { Log } from '../log.ts';

/** An unchanged problem is logged again after this time, because a standby reads every second. */
const REPEAT_MS = 60_000;

/** What keeps a standby from reading or taking the Lease, for the log and the readiness check. */
export class LeaseFailures {
  readonly #log: Log;
  #message: string | undefined;
  #sinceMs = 0;
  #loggedAtMs = 0;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Notes one more failed try. */
  note(error: unknown, nowMs: number): void {
    const message = apiErrorMessage(error);
    if (this.#message === undefined) this.#sinceMs = nowMs;
    if (message !== this.#message || nowMs - this.#loggedAtMs >= REPEAT_MS) {
      this.#loggedAtMs = nowMs;
      this.#log.warn({ error: message }, 'failed to read or acquire the lease');
    }
    this.#message = message;
  }

  over(): void {
    this.#message = undefined;
  }

  /** The problem as a sentence; undefined until it has lasted `quietMs`. */
  problem(nowMs: number, quietMs: number): string | undefined {
    return this.#message === undefined || nowMs - this.#sinceMs < quietMs
      ? undefined
      : `This process can neither read nor acquire the Lease, so it does nothing: ${this.#message}`;
  }
}
