/** The label of all accounts beyond the limit. */
export const OTHER_ACCOUNTS = 'other';

/**
 * Limits the accounts with series of their own, because whoever may create accounts chooses their names. An account that
 * no longer exists makes room for another.
 */
export class AccountLabels {
  readonly #known = new Set<string>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  of(account: string): string {
    if (!this.#known.has(account) && this.#known.size >= this.#max) {
      return OTHER_ACCOUNTS;
    }
    this.#known.add(account);
    return account;
  }

  /** Forgets all accounts but these, and returns those that it forgot. */
  keepOnly(accounts: ReadonlySet<string>): readonly string[] {
    const gone = [...this.#known].filter((account) => !accounts.has(account));
    for (const account of gone) {
      this.#known.delete(account);
    }
    return gone;
  }
}
