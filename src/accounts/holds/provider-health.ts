import type { Clock } from '../../clock.ts';
import type { Failure, FailureReason } from '../../lifecycle/provider.ts';
import type { KeyFailures } from '../identity/key-failures.ts';

/**
 * Whether the provider can be read. A failure shorter than `quietFailureMs` is ignored. A longer one is reported to
 * every GpuPod once, and so is its end.
 */
export class ProviderHealth {
  readonly #clock: Clock;
  readonly #quietFailureMs: number;
  readonly #onChange: () => void;
  readonly #keyFailures: KeyFailures | undefined;
  readonly #failing = new Map<string, { readonly failure: Failure; readonly sinceMs: number }>();
  #reported: Failure | undefined;
  /** Why the key cannot be read where it is kept. The one that was read last is in use, and rents nothing new. */
  unreadKey: string | undefined;

  constructor(clock: Clock, quietFailureMs: number, onChange: () => void, keyFailures?: KeyFailures) {
    this.#clock = clock;
    this.#quietFailureMs = quietFailureMs;
    this.#onChange = onChange;
    this.#keyFailures = keyFailures;
  }

  /** The failure, once it has lasted long enough to report. */
  get failure(): Failure | undefined {
    return this.#reported;
  }

  /** Why the provider does not accept the key, as soon as that is known. */
  get keyProblems(): readonly FailureReason[] {
    return this.#keyFailures?.reasons ?? [];
  }

  /** The provider refuses the key, or there is none. Another key of the same user may work. */
  get isKeyRefused(): boolean {
    return this.keyProblems.some((reason) => reason === 'Unauthorized' || reason === 'CredentialsMissing');
  }

  /** Another key is in use, so what was said about the last one no longer counts. */
  onKeyChanged(): void {
    this.#keyFailures?.forget();
  }

  /** Reports the result of asking for the account. GpuPods learn it from the account state instead of from here. */
  reportAccount(failure: Failure | undefined): void {
    this.#keyFailures?.report('account', failure);
  }

  /** Reports the result of one kind of shared read (status polls, complete lists); undefined: it succeeded. */
  report(source: string, failure: Failure | undefined): void {
    this.#keyFailures?.report(source, failure);
    const nowMs = this.#clock.monotonicMs();
    if (failure === undefined) {
      this.#failing.delete(source);
    } else {
      this.#failing.set(source, { failure, sinceMs: this.#failing.get(source)?.sinceMs ?? nowMs });
    }
    const lasting = [...this.#failing.values()].find(
      ({ sinceMs }) => nowMs - sinceMs >= this.#quietFailureMs,
    );
    const isNews = this.#reported?.reason !== lasting?.failure.reason;
    this.#reported = lasting?.failure;
    if (isNews) {
      this.#onChange();
    }
  }
}
