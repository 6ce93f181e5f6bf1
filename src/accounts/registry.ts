import { identityOf, isSameAccount } from '../lifecycle/account.ts';
import type { AccountIdentity } from '../lifecycle/account-identity.ts';
import type { AccountSession } from './session.ts';

type Session = Pick<AccountSession, 'name'> & {
  readonly account: Pick<AccountSession['account'], 'state'>;
  readonly health: Pick<AccountSession['health'], 'isKeyRefused' | 'unreadKey'>;
};

/**
 * The sessions of this process. The first is that of the operator's own key. Accounts with keys of one user share the
 * first session of that user whose key works, because its instances and reservations count together.
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

  /**
   * The session whose key belongs to this user. One whose account expects that user comes first, among those one whose
   * key the provider accepts, and among those one whose Secret the operator may still read.
   */
  find(recorded: AccountIdentity): T | undefined {
    const ofUser = this.all().filter(({ account }) => {
      const identity = identityOf(account.state);
      return identity !== undefined && isSameAccount(identity, recorded);
    });
    const fitting = ofUser.filter(({ account }) => account.state.kind === 'fits');
    const accepted = fitting.filter(({ health }) => !health.isKeyRefused);
    return (
      accepted.find(({ health }) => health.unreadKey === undefined) ?? accepted[0] ?? fitting[0] ?? ofUser[0]
    );
  }

  /**
   * The session that rents for an account: its own, or the first one with a key of the same user. Whoever revokes the
   * key of an account ends its renting, so no other key rents for it.
   */
  shared(name: string): T | undefined {
    const session = this.get(name);
    const mayShare = session?.account.state.kind === 'fits' && !session.health.isKeyRefused;
    const identity = mayShare ? identityOf(session.account.state) : undefined;
    return identity === undefined ? session : this.find(identity);
  }
}
