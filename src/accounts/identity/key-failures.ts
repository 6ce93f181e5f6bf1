import type { Log } from '../../kubernetes/log.ts';
import type { Failure, FailureReason } from '../../lifecycle/provider.ts';

interface Report {
  readonly message: string;
  /** What to do. */
  readonly wayOut: string;
}

const NOT_ACCEPTED =
  'provider does not accept the API key; nothing is rented or terminated, and running instances keep billing';

/** What the log says about an account that the provider refuses. Other failures pass by themselves or are reported elsewhere. */
const REPORTS: Readonly<Partial<Record<FailureReason, Report>>> = {
  CredentialsMissing: {
    message: 'there is no API key; nothing is rented or terminated, and running instances keep billing',
    wayOut: 'write the API key into its file or Secret; it is picked up within seconds',
  },
  Unauthorized: {
    message: NOT_ACCEPTED,
    wayOut:
      'replace the API key, or give it Instances (read and write) and Availability (read); it is picked up within seconds',
  },
  PaymentRequired: {
    message: 'provider asks for payment; nothing is rented, and the provider may terminate running instances',
    wayOut: 'top up the wallet that pays',
  },
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
    } else if (REPORTS[failure.reason] !== undefined) {
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
      const { reason } = latest;
      const { message = NOT_ACCEPTED, wayOut } = REPORTS[reason] ?? {};
      this.#log.warn({ reason, problem: latest.message, wayOut }, message);
    }
    this.#onChange();
  }
}
