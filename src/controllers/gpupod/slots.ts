import { tenantOf } from '../../lifecycle/account-identity.ts';

interface SlotsOptions {
  /** Receives the key that was refused first, whenever a slot becomes free. */
  readonly onFree?: (key: string) => void;
  /**
   * The most that one account holds: one whose requests hang leaves the rest to others. All GpuAccounts of a namespace
   * together hold one more, for an account that holds none. @default all
   */
  readonly perAccount?: number;
  /**
   * Slots that a tenant takes only if it holds no other, so that several that hang leave some. One half is for the
   * operator's own key and ClusterGpuAccounts, which no number of GpuAccounts can take. @default 0
   */
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
  readonly #takenByTenant = new Map<string, number>();
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
    this.#count(account, 1);
    return true;
  }

  giveBack(account: string): void {
    this.#count(account, -1);
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
    const { tenant, isOfPlatform } = tenantOf(account);
    const held = this.#takenBy.get(account) ?? 0;
    const ofTenant = this.#takenByTenant.get(tenant) ?? 0;
    const isWithin = held < this.#perAccount && ofTenant < this.#perAccount + (held === 0 ? 1 : 0);
    const isFirst = ofTenant === 0;
    const left = isFirst ? (isOfPlatform ? 0 : Math.ceil(this.#spared / 2)) : this.#spared;
    return isWithin && this.#free > left;
  }

  #count(account: string, change: 1 | -1): void {
    this.#free -= change;
    add(this.#takenBy, account, change);
    add(this.#takenByTenant, tenantOf(account).tenant, change);
  }
}

function add(counts: Map<string, number>, key: string, change: number): void {
  const count = (counts.get(key) ?? 0) + change;
  if (count > 0) {
    counts.set(key, count);
  } else {
    counts.delete(key);
  }
}
