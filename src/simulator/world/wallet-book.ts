import type { Ledger } from './ledger.ts';
import type { PodBook } from './pod-book.ts';
import type { Settings } from './settings.ts';

/** Money by owner: a user's own wallet, or a team's. The owner of a pod is its team, else its user. */
export class WalletBook {
  readonly #settings: Settings;
  readonly #pods: PodBook;
  readonly #ledger: Ledger;

  constructor(settings: Settings, pods: PodBook, ledger: Ledger) {
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

  /** What is left, or null for a wallet without limit. */
  balanceUsd(ownerId: string): number | null {
    const startUsd = this.#settings.walletUsd[ownerId];
    if (startUsd === undefined) return null;
    return startUsd - this.billingsOf(ownerId).reduce((sum, billing) => sum + billing.usd, 0);
  }

  /** Ends the pods of every empty wallet. Called with each request: the world has no timers of its own. */
  settle(): void {
    if (!this.#settings.emptyWalletEndsPods) return;
    for (const ownerId of Object.keys(this.#settings.walletUsd)) {
      if ((this.balanceUsd(ownerId) ?? 1) > 0) continue;
      for (const pod of this.#pods.live()) {
        if ((pod.teamId ?? pod.userId) === ownerId) this.#pods.end(pod.id, 'EmptyWallet');
      }
    }
  }
}
