import type { AwaitedList } from '../../lifecycle/observation.ts';
import type { Wallet } from '../../lifecycle/provider.ts';
import type { AwaitedWallet } from '../instances/wallet-lists.ts';
import type { Lister } from './live-instances.ts';

/** An account whose instances a sum counts, with the wallets whose lists show them. */
export interface CountedAccount extends Lister {
  readonly wallets: readonly AwaitedWallet[];
}

/**
 * Which users were listed completely since this process started, wallet by wallet. Before that, a sum lacks what no
 * GpuPod names.
 */
export class AwaitedLists {
  readonly #listed = new Map<string, Set<Wallet>>();
  /** Users whose retained instances were read. */
  readonly #retainedRead = new Set<string>();

  /** Takes the wallets of a list that are complete. */
  take(lister: Lister, complete: ReadonlySet<Wallet>): void {
    const user = listedAs(lister);
    this.#listed.set(user, new Set([...(this.#listed.get(user) ?? []), ...complete]));
  }

  takeRetained(lister: Lister): void {
    this.#retainedRead.add(listedAs(lister));
  }

  /** The first list that is missing. Accounts with keys of one user list the same instances. */
  find(accounts: readonly CountedAccount[]): AwaitedList | undefined {
    for (const account of accounts) {
      const user = listedAs(account);
      const listed = this.#listed.get(user);
      const missing = account.wallets.find(({ wallet }) => listed?.has(wallet) !== true);
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

function listedAs({ name, userId }: Lister): string {
  return userId === undefined ? `name ${name}` : `user ${userId}`;
}
