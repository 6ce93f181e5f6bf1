import type { Log } from '../log.ts';

/** The times of an election while writes of the Lease are fast, in milliseconds. */
export interface LeaseTiming {
  readonly leaseDurationMs: number;
  readonly renewDeadlineMs: number;
}

/** At eight times its length a request may take 40 s by default. A server gives up its slowest webhook after 30 s. */
const MAX_STRETCH = 8;

/**
 * The times of an election, longer while writes of the Lease are slow, as through admission webhooks. Two renewals
 * must fit into the deadline, or this process never takes the Lease or loses it repeatedly. The deadline grows only
 * with the write that carries the longer duration, because nothing may rely on what the Lease does not say.
 */
export class LeaseTimes {
  readonly #timing: LeaseTiming;
  readonly #log: Log;
  #stretch = 1;
  #recordedStretch = 1;

  constructor(timing: LeaseTiming, log: Log) {
    this.#timing = timing;
    this.#log = log;
  }

  /** Lease duration for the next write, in milliseconds. */
  get durationMs(): number {
    return this.#timing.leaseDurationMs * this.#stretch;
  }

  get requestTimeoutMs(): number {
    return (this.#timing.renewDeadlineMs * this.#stretch) / 2;
  }

  /** Lease duration that others read on the Lease, in milliseconds. */
  get recordedDurationMs(): number {
    return this.#timing.leaseDurationMs * this.#recordedStretch;
  }

  /** True if the next write carries a longer duration than the last. */
  get isLonger(): boolean {
    return this.#stretch > this.#recordedStretch;
  }

  get renewDeadlineMs(): number {
    return this.#timing.renewDeadlineMs * this.#recordedStretch;
  }

  /** A write with `durationMs` took this long. */
  noteWritten(tookMs: number): void {
    this.#recordedStretch = this.#stretch;
    if (tookMs > this.requestTimeoutMs / 2) this.#grow(tookMs);
  }

  /** A write got no answer within this time. */
  noteTimeout(afterMs: number): void {
    this.#grow(afterMs);
  }

  #grow(tookMs: number): void {
    if (this.#stretch >= MAX_STRETCH) return;
    this.#stretch *= 2;
    this.#log.warn(
      { tookMs, leaseDurationMs: this.durationMs },
      'writes of the lease are slow, so this process holds it for longer; look for slow admission webhooks on leases',
    );
  }
}
