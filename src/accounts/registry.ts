import { identityOf, isSameAccount } from '../lifecycle/account.ts';
import type { AccountIdentity } from '../lifecycle/account-identity.ts';
import type { AccountSession } from './session.ts';

type Session = Pick<AccountSession, 'name'> & { readonly account: Pick<AccountSession['account'], 'state'> };

/** The sessions of this process. The first is that of the operator's own key. */
export class AccountRegistry<T extends Session = AccountSession> {
  readonly #own: T;
  readonly #others: readonly T[];

  constructor(own: T, ...others: readonly T[]) {
    this.#own = own;
    this.#others = others;
  }

  all(): readonly T[] {
    return [this.#own, ...this.#others];
  }

  /**
   * The session that speaks for the recorded account. Without a record, or if no key belongs to that account, it is the
   * operator's own; the rules then see that the account is another one, and leave the instance alone.
   */
  of(recorded: AccountIdentity | undefined): T {
    if (recorded === undefined) {
      return this.#own;
    }
    const isOf = ({ account }: T): boolean => {
      const identity = identityOf(account.state);
      return identity !== undefined && isSameAccount(identity, recorded);
    };
    return this.all().find(isOf) ?? this.#own;
  }
}
