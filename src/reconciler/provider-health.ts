import type { Clock } from '../clock.ts';
import type { Failure } from '../lifecycle/provider.ts';
import type { KeyTrouble } from './key-trouble.ts';

/**
 * Whether the provider can be read. A failure shorter than `quietFailureMs` is nobody's concern; a longer
 * one is told to every GpuPod, once, and so is its end.
 */
export class ProviderHealth {
  readonly #clock: Clock;
  readonly #quietFailureMs: number;
  readonly #onChange: () => void;
  readonly #keyTrouble: KeyTrouble | undefined;
  readonly #failing = new Map<string, { readonly failure: Failure; readonly sinceMs: number }>();
  #told: Failure | undefined;

  constructor(clock: Clock, quietFailureMs: number, onChange: () => void, keyTrouble?: KeyTrouble) {
    this.#clock = clock;
    this.#quietFailureMs = quietFailureMs;
    this.#onChange = onChange;
    this.#keyTrouble = keyTrouble;
  }

  /** The failure, once it has lasted long enough to be told. */
  get failure(): Failure | undefined {
    return this.#told;
  }

  /** Reports the question whose key it is: GpuPods hear of it by the account, not from here. */
  reportAccount(failure: Failure | undefined): void {
    this.#keyTrouble?.report('account', failure);
  }

  /** Reports one kind of shared read (status polls, complete lists): undefined for a good one. */
  report(source: string, failure: Failure | undefined): void {
    this.#keyTrouble?.report(source, failure);
    const nowMs = this.#clock.monotonicMs();
    if (failure === undefined) {
      this.#failing.delete(source);
    } else {
      this.#failing.set(source, { failure, sinceMs: this.#failing.get(source)?.sinceMs ?? nowMs });
    }
    const lasting = [...this.#failing.values()].find(
      ({ sinceMs }) => nowMs - sinceMs >= this.#quietFailureMs,
    );
    const isNews = this.#told?.reason !== lasting?.failure.reason;
    this.#told = lasting?.failure;
    if (isNews) {
      this.#onChange();
    }
  }
}
