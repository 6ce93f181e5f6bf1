import type { Clock } from '../clock.ts';
import type { Failure } from '../lifecycle/provider.ts';

/**
 * Whether the provider can be read. A failure shorter than `quietFailureMs` is nobody's concern; a longer
 * one is told to every GpuPod, once, and so is its end.
 */
export class ProviderHealth {
  readonly #clock: Clock;
  readonly #quietFailureMs: number;
  readonly #onChange: () => void;
  #failing: { readonly failure: Failure; readonly sinceMs: number } | undefined;
  #isTold = false;

  constructor(clock: Clock, quietFailureMs: number, onChange: () => void) {
    this.#clock = clock;
    this.#quietFailureMs = quietFailureMs;
    this.#onChange = onChange;
  }

  /** The failure, once it has lasted long enough to be told. */
  get failure(): Failure | undefined {
    return this.#isTold ? this.#failing?.failure : undefined;
  }

  /** Reports a shared read of the provider: undefined for a good one. */
  report(failure: Failure | undefined): void {
    if (failure === undefined) {
      this.#failing = undefined;
      if (this.#isTold) {
        this.#isTold = false;
        this.#onChange();
      }
      return;
    }
    const nowMs = this.#clock.monotonicMs();
    this.#failing = { failure, sinceMs: this.#failing?.sinceMs ?? nowMs };
    if (!this.#isTold && nowMs - this.#failing.sinceMs >= this.#quietFailureMs) {
      this.#isTold = true;
      this.#onChange();
    }
  }
}
