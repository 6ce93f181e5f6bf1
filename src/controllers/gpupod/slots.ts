interface SlotsOptions {
  /** Receives the key that was refused first, whenever a slot becomes free. */
  readonly onFree?: (key: string) => void;
  /** The most that one account holds: one whose requests hang leaves the rest to others. @default all */
  readonly perAccount?: number;
  /** Slots that an account takes only if it holds no other, so that several that hang leave some. @default 0 */
  readonly spared?: number;
}

/** A number of slots. Nobody waits for one: a caller that finds none free is notified when one is. */
export class Slots {
  #free: number;
  readonly #size: number;
  readonly #onFree: (key: string) => void;
  readonly #perAccount: number;
  readonly #spared: number;
  readonly #takenBy = new Map<string, number>();
  /** The account of each key that was refused. */
  readonly #waiting = new Map<string, string>();

  constructor(size: number, { onFree = () => undefined, perAccount = size, spared = 0 }: SlotsOptions = {}) {
    this.#size = size;
    this.#free = size;
    this.#onFree = onFree;
    this.#perAccount = perAccount;
    this.#spared = Math.min(spared, Math.max(0, size - 1));
  }

  /**
   * @param account whose requests hold the slot
   * @returns false if no slot is free; the key is notified later, and may find the slot taken again
   */
  take({ namespace, name }: { readonly namespace: string; readonly name: string }, account: string): boolean {
    const key = `${namespace}/${name}`;
    if (!this.#mayTake(account)) {
      if (!this.#waiting.has(key)) {
        this.#waiting.set(key, account);
      }
      return false;
    }
    this.#waiting.delete(key);
    this.#free -= 1;
    this.#takenBy.set(account, this.#held(account) + 1);
    return true;
  }

  giveBack(account: string): void {
    this.#free += 1;
    const held = this.#held(account) - 1;
    if (held > 0) {
      this.#takenBy.set(account, held);
    } else {
      this.#takenBy.delete(account);
    }
    const next = this.#next();
    if (next !== undefined) {
      this.#waiting.delete(next);
      this.#onFree(next);
    }
  }

  /** Stops at the first one, because thousands may wait. */
  #next(): string | undefined {
    for (const [key, account] of this.#waiting) {
      if (this.#mayTake(account)) {
        return key;
      }
    }
    return undefined;
  }

  get taken(): number {
    return this.#size - this.#free;
  }

  #mayTake(account: string): boolean {
    const held = this.#held(account);
    return held < this.#perAccount && this.#free > (held === 0 ? 0 : this.#spared);
  }

  #held(account: string): number {
    return this.#takenBy.get(account) ?? 0;
  }
}
