import type { Log } from '../../kubernetes/log.ts';
import type { Failure, FailureReason } from '../../lifecycle/provider.ts';

/**
 * What to do if the provider does not accept the key. Other failures pass by themselves or are reported elsewhere.
 */
const WAYS_OUT: Readonly<Partial<Record<FailureReason, string>>> = {
  CredentialsMissing: 'write the API key into its file or Secret; it is picked up within seconds',
  Unauthorized:
    'replace the API key, or give it Instances (read and write) and Availability (read); it is picked up within seconds',
  PaymentRequired: 'top up the wallet that pays; the provider may terminate running instances',
};

/**
 * Logs once when the provider begins to refuse the key, once for each other reason, and once when it accepts the key
 * again.
 */
export class KeyFailures {
  readonly #log: Pick<Log, 'info' | 'warn'>;
  readonly #failing = new Map<string, Failure>();
  readonly #onChange: () => void;
  #reported: FailureReason | undefined;

  /** @param onChange called when the provider begins or stops refusing the key, or gives another reason */
  constructor(log: Pick<Log, 'info' | 'warn'>, onChange: () => void = () => undefined) {
    this.#log = log;
    this.#onChange = onChange;
  }

  /** Why the provider does not accept the key. */
  get reasons(): readonly FailureReason[] {
    return this.#reported === undefined ? [] : [this.#reported];
  }

  /** Forgets what was reported about the last key. */
  forget(): void {
    this.#failing.clear();
    this.#reported = undefined;
  }

  /** Reports the result of one kind of shared request; undefined: it was answered. */
  report(source: string, failure: Failure | undefined): void {
    if (failure === undefined) {
      this.#failing.delete(source);
    } else if (WAYS_OUT[failure.reason] !== undefined) {
      this.#failing.delete(source);
      this.#failing.set(source, failure);
    }
    // Of several failing kinds, the latest failure is the current one.
    const latest = [...this.#failing.values()].at(-1);
    if (latest?.reason === this.#reported) {
      return;
    }
    this.#reported = latest?.reason;
    if (latest === undefined) {
      this.#log.info({}, 'provider accepts the API key again');
    } else {
      const { reason, message } = latest;
      this.#log.warn(
        { reason, problem: message, wayOut: WAYS_OUT[reason] },
        'provider does not accept the API key; nothing is rented or terminated, and running instances keep billing',
      );
    }
    this.#onChange();
  }
}
