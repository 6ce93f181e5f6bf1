interface Place {
  readonly account: string;
  readonly number: number;
}

/** Keys that wait, each for an account. A key keeps its place when it is added again, for another account too. */
export class WaitingLine {
  readonly #places = new Map<string, Place>();
  /** The keys of each account, by their number. */
  readonly #byAccount = new Map<string, Map<string, number>>();
  #lastNumber = 0;

  add(key: string, account: string): void {
    const known = this.#places.get(key);
    if (known?.account === account) {
      return;
    }
    this.delete(key);
    const number = known?.number ?? (this.#lastNumber += 1);
    this.#places.set(key, { account, number });
    const ofAccount = this.#byAccount.get(account) ?? new Map<string, number>();
    ofAccount.set(key, number);
    // Only a key that waited for another account is not the last one.
    this.#byAccount.set(account, known === undefined ? ofAccount : byNumber(ofAccount));
  }

  delete(key: string): void {
    const place = this.#places.get(key);
    if (place === undefined) {
      return;
    }
    this.#places.delete(key);
    const ofAccount = this.#byAccount.get(place.account);
    ofAccount?.delete(key);
    if (ofAccount?.size === 0) {
      this.#byAccount.delete(place.account);
    }
  }

  /**
   * The key that has waited longest among those of accounts that may go on. It asks once for each account, because
   * thousands of keys may wait for one that may not.
   */
  first(mayGoOn: (account: string) => boolean): readonly [key: string, account: string] | undefined {
    let first: { readonly key: string; readonly account: string; readonly number: number } | undefined;
    for (const [account, keys] of this.#byAccount) {
      const [head] = keys;
      if (head !== undefined && head[1] < (first?.number ?? Infinity) && mayGoOn(account)) {
        first = { key: head[0], account, number: head[1] };
      }
    }
    return first === undefined ? undefined : [first.key, first.account];
  }
}

function byNumber(keys: ReadonlyMap<string, number>): Map<string, number> {
  return new Map([...keys].toSorted(([, a], [, b]) => a - b));
}
