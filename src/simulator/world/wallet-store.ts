import type { Ledger } from './ledger.ts';
import type { PodStore } from './pod-store.ts';
import type { Settings } from './settings.ts';

/** Balances by owner: a user or a team. The team of an instance owns it, else its user. */
export class WalletStore {
  readonly #settings: Settings;
  readonly #pods: PodStore;
  readonly #ledger: Ledger;

  constructor(settings: Settings, pods: PodStore, ledger: Ledger) {
    this.#settings = settings;
    this.#pods = pods;
    this.#ledger = ledger;
  }

  billingsOf(ownerId: string): { podId: string; createdAtMs: number; usd: number }[] {
    return this.#ledger
      .entries()
      .filter((entry) => (entry.teamId ?? entry.userId) === ownerId)
      .map((entry) => ({ podId: entry.id, createdAtMs: entry.createdAtMs, usd: entry.costUsd }));
  }

  /** The balance in USD, or null for an unlimited wallet. */
  balanceUsd(ownerId: string): number | null {
    const startUsd = this.#settings.walletUsd[ownerId];
    if (startUsd === undefined) {
      return null;
    }
    return startUsd - this.billingsOf(ownerId).reduce((sum, billing) => sum + billing.usd, 0);
  }

  /**
   * Terminates the instances of every empty wallet. Each request calls it, because the simulator has no
   * timers.
   */
  settle(): void {
    if (!this.#settings.emptyWalletEndsPods) {
      return;
    }
    for (const ownerId of Object.keys(this.#settings.walletUsd)) {
      if ((this.balanceUsd(ownerId) ?? 1) > 0) {
        continue;
      }
      for (const pod of this.#pods.live()) {
        if ((pod.teamId ?? pod.userId) === ownerId) {
          this.#pods.end(pod.id, 'EmptyWallet');
        }
      }
    }
  }
}
