import { ExactTotals } from './exact-totals.ts';
import { isIn } from './sum-limits.ts';
import type { Counted, Scope } from './sum-limits.ts';

interface OfAccount {
  readonly all: ExactTotals;
  readonly byNamespace: Map<string, ExactTotals>;
}

/**
 * The totals of everything, of each account, and of each of its namespaces, kept up to date. What has no known owner
 * counts for several accounts, so each question reads all of it.
 */
export class RunningTotals {
  readonly #all = new ExactTotals();
  readonly #byAccount = new Map<string, OfAccount>();
  readonly #ownerless = new Set<Counted>();

  /** Counts this instead of what it was before, which must be the same value as then. */
  replace(before: Counted | undefined, after: Counted | undefined): void {
    if (before !== undefined) {
      this.#take(before);
    }
    if (after !== undefined) {
      this.#add(after);
    }
  }

  /** A copy, to which the caller may add, and from which it may take. */
  of(scope: Scope): ExactTotals {
    const { account, namespace } = scope;
    if (account === undefined) {
      return this.#all.copy();
    }
    const own = this.#byAccount.get(account);
    const totals = namespace === undefined ? own?.all : own?.byNamespace.get(namespace);
    const copy = totals?.copy() ?? new ExactTotals();
    for (const counted of this.#ownerless) {
      if (isIn(scope, counted)) {
        copy.add(counted);
      }
    }
    return copy;
  }

  /** The namespaces with something that counts for the account. */
  namespacesOf(account: string): readonly string[] {
    return [...(this.#byAccount.get(account)?.byNamespace.keys() ?? [])];
  }

  /** Whether something without a known owner counts for the account. */
  hasOwnerlessIn(scope: Scope): boolean {
    return [...this.#ownerless].some((counted) => isIn(scope, counted));
  }

  #add(counted: Counted): void {
    this.#all.add(counted);
    const { owner } = counted;
    if (owner === undefined) {
      this.#ownerless.add(counted);
      return;
    }
    const { account, namespace } = owner;
    const of = this.#byAccount.get(account) ?? newAccount();
    this.#byAccount.set(account, of);
    const inNamespace = of.byNamespace.get(namespace) ?? new ExactTotals();
    of.byNamespace.set(namespace, inNamespace);
    of.all.add(counted);
    inNamespace.add(counted);
  }

  #take(counted: Counted): void {
    this.#all.take(counted);
    const { owner } = counted;
    if (owner === undefined) {
      this.#ownerless.delete(counted);
      return;
    }
    const { account, namespace } = owner;
    const of = this.#byAccount.get(account);
    const inNamespace = of?.byNamespace.get(namespace);
    of?.all.take(counted);
    inNamespace?.take(counted);
    // Tenants choose names, so what is empty is forgotten.
    if (inNamespace?.size === 0) {
      of?.byNamespace.delete(namespace);
    }
    if (of?.all.size === 0) {
      this.#byAccount.delete(account);
    }
  }
}

function newAccount(): OfAccount {
  return { all: new ExactTotals(), byNamespace: new Map() };
}
