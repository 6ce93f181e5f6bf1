/** The label of all accounts beyond the limits. */
export const OTHER_ACCOUNTS = 'other';

export interface AccountLabelLimits {
  /** GpuAccounts of all namespaces. */
  readonly max: number;
  readonly maxPerNamespace: number;
}

/**
 * Limits the GpuAccounts with series of their own, because whoever may write a namespace chooses their names and number:
 * no namespace takes the series of others. The operator's own key and each ClusterGpuAccount are of the platform, and
 * always have series. An account that no longer exists makes room for another.
 */
export class AccountLabels {
  readonly #platform = new Set<string>();
  readonly #byNamespace = new Map<string, Set<string>>();
  readonly #limits: AccountLabelLimits;

  constructor(limits: AccountLabelLimits) {
    this.#limits = limits;
  }

  of(account: string): string {
    const namespace = namespaceOf(account);
    if (namespace === undefined) {
      this.#platform.add(account);
      return account;
    }
    const known = this.#byNamespace.get(namespace) ?? new Set<string>();
    const isFull = known.size >= this.#limits.maxPerNamespace || this.#size() >= this.#limits.max;
    if (!known.has(account) && isFull) {
      return OTHER_ACCOUNTS;
    }
    this.#byNamespace.set(namespace, known.add(account));
    return account;
  }

  /** Forgets all accounts but these, and returns those that it forgot. */
  keepOnly(accounts: ReadonlySet<string>): readonly string[] {
    const groups = [this.#platform, ...this.#byNamespace.values()];
    const gone = groups.flatMap((group) => [...group].filter((account) => !accounts.has(account)));
    for (const group of groups) {
      for (const account of gone) {
        group.delete(account);
      }
    }
    for (const [namespace, { size }] of this.#byNamespace) {
      if (size === 0) {
        this.#byNamespace.delete(namespace);
      }
    }
    return gone;
  }

  #size(): number {
    return [...this.#byNamespace.values()].reduce((total, { size }) => total + size, 0);
  }
}

/** The namespace in `GpuAccount/<namespace>/<name>`; undefined for an account of the platform. */
function namespaceOf(account: string): string | undefined {
  const [kind, namespace] = account.split('/');
  return kind === 'GpuAccount' ? namespace : undefined;
}
