import type { AccountState } from '../lifecycle/knowledge.ts';
import type { Failure, Provider } from '../lifecycle/provider.ts';

export interface AccountWatchOptions {
  readonly provider: Pick<Provider, 'whoami'>;
  /** Changes whenever the API key does. */
  readonly keyVersion: () => number;
  /** Origin of the provider's API: the same user id elsewhere is another account. */
  readonly origin: string;
  readonly recorded: string | undefined;
  /** Uid of another cluster, if this one is a copy of it that nobody has confirmed. */
  readonly clonedFrom: string | undefined;
  /** A user id that a person confirmed with `--accept-account`. */
  readonly acceptAccount: string | undefined;
  readonly record: (account: string) => Promise<void>;
  /** Called when the state changed: every object is to be looked at again. */
  readonly onChange: () => void;
}

/** Statuses with which a server says that it has no such endpoint. */
const NO_SUCH_ENDPOINT: ReadonlySet<number> = new Set([404, 405, 501]);

/**
 * Whose API key this is. Asked at start and on each change of the key: another account's empty list must not
 * look as if all pods were gone.
 */
export class AccountWatch {
  readonly #options: AccountWatchOptions;
  #recorded: string | undefined;
  #askedVersion: number | undefined;
  #state: AccountState = { kind: 'unknown' };

  constructor(options: AccountWatchOptions) {
    this.#options = options;
    this.#recorded = options.recorded;
  }

  get state(): AccountState {
    // A key that was not asked about is nobody's.
    return this.#askedVersion === this.#options.keyVersion() ? this.#state : { kind: 'unknown' };
  }

  /** Asks where there is something to ask. Returns whether the account is known. */
  async check(): Promise<boolean> {
    const version = this.#options.keyVersion();
    if (this.#askedVersion === version && this.#state.kind !== 'unknown') {
      return true;
    }
    const answer = await this.#options.provider.whoami();
    if (this.#options.keyVersion() !== version) {
      return false;
    }
    const before = JSON.stringify(this.state);
    this.#state = answer.kind === 'ok' ? await this.#judge(answer.value.userId) : this.#judgeFailure(answer);
    this.#askedVersion = version;
    if (JSON.stringify(this.#state) !== before) {
      this.#options.onChange();
    }
    return this.#state.kind !== 'unknown';
  }

  async #judge(userId: string): Promise<AccountState> {
    const { origin, acceptAccount, record, clonedFrom } = this.#options;
    if (clonedFrom !== undefined) {
      return {
        kind: 'changed',
        message:
          `The record of this installation was made in cluster ${clonedFrom}. If that cluster lives on, its operator rents and ` +
          'ends the same machines: nothing is done here until this cluster is confirmed with --accept-cluster=<uid of namespace kube-system>.',
      };
    }
    const account = `${origin} ${userId}`;
    if (this.#recorded === account) {
      return { kind: 'fits', userId };
    }
    if (this.#recorded === undefined || acceptAccount === userId) {
      await record(account);
      this.#recorded = account;
      return { kind: 'fits', userId };
    }
    return { kind: 'changed', message: this.#strangerMessage(userId, this.#recorded) };
  }

  /** Short enough for a condition with ids of any usual length: the way out stands at its end. */
  #strangerMessage(userId: string, recorded: string): string {
    const here = `${this.#options.origin} `;
    const isSameServer = recorded.startsWith(here);
    const [theirs, ours] = isSameServer ? [userId, recorded.slice(here.length)] : [here + userId, recorded];
    return (
      `The API key is of account ${theirs}, the machines are of ${ours}. Nothing is created, ended or let go, and ` +
      `what runs bills, until the key fits again or the operator runs with --accept-account=${userId}.`
    );
  }

  /** A server that has no such endpoint cannot say whose key it is; nothing was recorded then, either. */
  #judgeFailure(failure: Failure): AccountState {
    const isUnsupported = failure.httpStatus !== undefined && NO_SUCH_ENDPOINT.has(failure.httpStatus);
    return isUnsupported && this.#recorded === undefined ? { kind: 'fits' } : { kind: 'unknown', failure };
  }
}
