import type { AwaitedList } from '../../lifecycle/observation.ts';
import type { Wallet } from '../../lifecycle/provider.ts';
import type { AwaitedWallet } from '../instances/wallet-lists.ts';
import type { Lister } from './live-instances.ts';

/** An account whose instances a sum counts, with the wallets whose lists show them. */
export interface CountedAccount extends Lister {
  readonly wallets: readonly AwaitedWallet[];
}

/** An account that may have instances. */
export interface ExpectedAccount extends CountedAccount {
  /** Its key is missing, refused, or another user's, or this version cannot read it, so it lists nothing now. */
  readonly isHeld?: boolean;
}

/** Wallets that a list no longer contains and that are remembered: whoever edits an account names any number of teams. */
const MAX_OTHER_WALLETS = 500;

/**
 * Which users were listed completely since this process started, wallet by wallet. Before that, a sum lacks what no
 * GpuPod names.
 *
 * Once every account was listed, a wallet that joins delays only the account that names it. A sum never included it, so
 * nothing that is known goes missing, and whoever may create an account must not be able to stop all others. What could
 * not be listed by then is still awaited as soon as it can be.
 */
export class AwaitedLists {
  readonly #expected: () => readonly ExpectedAccount[];
  readonly #listed = new Map<string, Set<Wallet>>();
  /** Users whose retained instances were read. */
  readonly #retainedRead = new Set<string>();
  /** The accounts when they were last compared, until all were listed. */
  #compared: readonly ExpectedAccount[] = [];
  /** By account, the wallets that could not be listed when all others were, if any; undefined before. */
  #owed: ReadonlyMap<string, ReadonlySet<Wallet>> | undefined;

  constructor(expected: () => readonly ExpectedAccount[]) {
    this.#expected = expected;
  }

  /** Takes the wallets of a list that are complete. */
  take(lister: Lister, complete: ReadonlySet<Wallet>): void {
    const user = listedAs(lister);
    const before = this.#listed.get(user) ?? new Set();
    const isRepeated = [...complete].every((wallet) => before.has(wallet));
    const others = [...before].filter((wallet) => !complete.has(wallet));
    this.#listed.set(user, new Set([...others.slice(-MAX_OTHER_WALLETS), ...complete]));
    this.#compare(isRepeated);
  }

  takeRetained(lister: Lister): void {
    this.#retainedRead.add(listedAs(lister));
    this.#compare(false);
  }

  /** True once all accounts were listed, whatever joined since. */
  hasListedAll(): boolean {
    return this.#owed !== undefined || this.ofAll() === undefined;
  }

  /** The first list that a sum over all accounts lacks. */
  ofAll(): AwaitedList | undefined {
    if (this.#owed !== undefined) {
      return this.#owed.size === 0 ? undefined : this.#find(owedOf(this.#expected(), this.#owed));
    }
    this.#compared = this.#expected();
    const missing = this.#find(this.#compared);
    this.#owed = missing === undefined ? unlistedOf(this.#compared) : undefined;
    return missing;
  }

  /** The first list that a sum over the instances of this account lacks. */
  of(account: CountedAccount): AwaitedList | undefined {
    return this.#find([account]);
  }

  /**
   * Called after each list, because while nothing is rented nobody asks. All accounts are read only if this list may be
   * the last awaited one, or if it is repeated: by then a key may be refused, or an account deleted.
   */
  #compare(isRepeated: boolean): void {
    if (this.#owed === undefined && (isRepeated || this.#find(this.#compared) === undefined)) {
      this.ofAll();
    }
  }

  /** Accounts with keys of one user list the same instances. */
  #find(accounts: readonly ExpectedAccount[]): AwaitedList | undefined {
    for (const account of accounts.filter(({ isHeld }) => isHeld !== true)) {
      const user = listedAs(account);
      const listed = this.#listed.get(user);
      const missing = account.wallets.find(
        ({ wallet, isRefused }) => isRefused !== true && listed?.has(wallet) !== true,
      );
      if (missing !== undefined) {
        const { wallet, reason } = missing;
        return {
          account: account.name,
          isTeam: wallet !== undefined,
          ...(reason === undefined ? {} : { reason }),
        };
      }
      if (!this.#retainedRead.has(user)) {
        return { account: account.name, isTeam: false };
      }
    }
    return undefined;
  }
}

function unlistedOf(accounts: readonly ExpectedAccount[]): ReadonlyMap<string, ReadonlySet<Wallet>> {
  return new Map(
    accounts.flatMap(({ name, wallets, isHeld }) => {
      const unlisted = wallets.filter(({ isRefused }) => isHeld === true || isRefused === true);
      return unlisted.length === 0 ? [] : [[name, new Set(unlisted.map(({ wallet }) => wallet))] as const];
    }),
  );
}

function owedOf(
  accounts: readonly ExpectedAccount[],
  owed: ReadonlyMap<string, ReadonlySet<Wallet>>,
): readonly ExpectedAccount[] {
  return accounts
    .map((account) => ({
      ...account,
      wallets: account.wallets.filter(({ wallet }) => owed.get(account.name)?.has(wallet) === true),
    }))
    .filter(({ wallets }) => wallets.length > 0);
}

function listedAs({ name, userId }: Lister): string {
  return userId === undefined ? `name ${name}` : `user ${userId}`;
}
