import { identityOf, isSameAccount } from '../lifecycle/account.ts';
import type { AccountIdentity } from '../lifecycle/account-identity.ts';
import type { AccountSession } from './session.ts';

type Session = Pick<AccountSession, 'name'> & { readonly account: Pick<AccountSession['account'], 'state'> };

/**
 * The sessions of this process. The first is that of the operator's own key. Accounts with keys of one user share the
 * first session of that user, because its instances and reservations count together.
 */
export class AccountRegistry<T extends Session = AccountSession> {
  readonly #own: T;
  readonly #others: Map<string, T>;

  constructor(own: T, ...others: readonly T[]) {
    this.#own = own;
    this.#others = new Map(others.map((session) => [session.name, session]));
  }

  get own(): T {
    return this.#own;
  }

  all(): readonly T[] {
    return [this.#own, ...this.#others.values()];
  }

  add(session: T): void {
    this.#others.set(session.name, session);
  }

  remove(name: string): void {
    this.#others.delete(name);
  }

  /** The session of the account's own key, whether or not it is shared. */
  get(name: string): T | undefined {
    return name === this.#own.name ? this.#own : this.#others.get(name);
  }

  /**
   * The session that speaks for the recorded account. Without a record, or if no key belongs to that account, it is the
   * operator's own; the rules then see that the account is another one, and leave the instance alone.
   */
  of(recorded: AccountIdentity | undefined): T {
    return recorded === undefined ? this.#own : (this.find(recorded) ?? this.#own);
  }

  /** The session whose key belongs to this user; one whose account expects that user comes first. */
  find(recorded: AccountIdentity): T | undefined {
    const ofUser = this.all().filter(({ account }) => {
      const identity = identityOf(account.state);
      return identity !== undefined && isSameAccount(identity, recorded);
    });
    return ofUser.find(({ account }) => account.state.kind === 'fits') ?? ofUser[0];
  }

  /** The session that acts for an account: its own, or the first one with a key of the same user. */
  shared(name: string): T | undefined {
    const session = this.get(name);
    const identity = session?.account.state.kind === 'fits' ? identityOf(session.account.state) : undefined;
    return identity === undefined ? session : this.find(identity);
  }
}
