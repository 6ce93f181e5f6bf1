import { tenantOf } from '../../lifecycle/account-identity.ts';
import { WaitingLine } from './waiting-line.ts';

interface SlotsOptions {
  /** Receives a key that was refused, oldest first, as soon as a slot is kept for it. */
  readonly onCalled?: (key: string) => void;
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

/** A slot that is kept for a key that was refused. */
export interface Call {
  readonly account: string;
}

/**
 * A number of slots. Nobody waits for one: a caller that finds none free is called when one is. That slot is kept for it
 * until a reconcile of it ends, so that nobody who comes later gets ahead of it.
 */
export class Slots {
  #free: number;
  readonly #size: number;
  readonly #onCalled: (key: string) => void;
  readonly #perAccount: number;
  readonly #spared: number;
  readonly #takenBy = new Map<string, number>();
  readonly #takenByTenant = new Map<string, number>();
  /** The keys that were refused. */
  readonly #waiting = new WaitingLine();
  /** By the key that the slot is kept for. */
  readonly #called = new Map<string, Call>();

  constructor(
    size: number,
    { onCalled = () => undefined, perAccount = size, spared = 0 }: SlotsOptions = {},
  ) {
    this.#size = size;
    this.#free = size;
    this.#onCalled = onCalled;
    this.#perAccount = perAccount;
    this.#spared = Math.min(spared, Math.max(0, size - 1));
  }

  /**
   * @param account whose requests hold the slot
   * @returns false if no slot is free; the key is called later
   */
  take({ namespace, name }: { readonly namespace: string; readonly name: string }, account: string): boolean {
    const key = `${namespace}/${name}`;
    const kept = this.#called.get(key)?.account;
    this.#called.delete(key);
    if (kept === account) {
      return true;
    }
    // A slot that is kept for an earlier account would never be given back once another is kept for the key.
    if (kept !== undefined) {
      this.#count(kept, -1);
    }
    const isGranted = this.#mayTake(account);
    if (isGranted) {
      this.#waiting.delete(key);
      this.#count(account, 1);
    } else {
      this.#waiting.add(key, account);
    }
    if (kept !== undefined) {
      this.#callNext();
    }
    return isGranted;
  }

  giveBack(account: string): void {
    this.#count(account, -1);
    this.#callNext();
  }

  /** A key that waits has no slot that is kept for it. */
  #callNext(): void {
    const next = this.#waiting.first((each) => this.#mayTake(each));
    if (next !== undefined) {
      const [key, payer] = next;
      this.#waiting.delete(key);
      this.#called.set(key, { account: payer });
      this.#count(payer, 1);
      this.#onCalled(key);
    }
  }

  /** Whether a slot is kept for the key. */
  isCalled(key: string): boolean {
    return this.#called.has(key);
  }

  /** The slot that is kept for the key by now. */
  callOf(key: string): Call | undefined {
    return this.#called.get(key);
  }

  /** The key goes on without a slot of this kind. */
  withdraw(key: string): void {
    this.#waiting.delete(key);
    this.passOn(key, this.callOf(key));
  }

  /**
   * A reconcile of the key has ended. If it did not take the slot that was kept for the key when it began, the next key
   * gets it. A slot that was kept while the reconcile ran stays for the next one: it was refused before, and two keys
   * that each lose the slot in this way would call each other without end.
   */
  passOn(key: string, call: Call | undefined): void {
    if (call !== undefined && this.#called.get(key) === call) {
      this.#called.delete(key);
      this.giveBack(call.account);
    }
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
