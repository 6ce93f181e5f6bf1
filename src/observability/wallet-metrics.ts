import { OTHER_ACCOUNTS } from './account-labels.ts';
import type { Instruments } from './instruments.ts';

/** What a list of one wallet showed. Compatible with `WalletReport`. */
export interface WalletListed {
  readonly account: string;
  readonly wallet: string | undefined;
  readonly failure?: unknown;
  readonly nameless: readonly string[];
  readonly unidentified: number;
  /** The wallet is not listed any more. */
  readonly isDropped?: boolean;
}

interface Listed {
  readonly isComplete: boolean;
  readonly unreadableRows: number;
}

/** The series of the lists of each wallet, by account and team. */
export class WalletMetrics {
  readonly #instruments: Pick<Instruments, 'listsComplete' | 'unreadableRows'>;
  /** By account, then by team; the own wallet is ''. */
  readonly #listed = new Map<string, Map<string, Listed>>();
  /** Accounts without series of their own. */
  readonly #others = new Set<string>();

  constructor(instruments: Pick<Instruments, 'listsComplete' | 'unreadableRows'>) {
    this.#instruments = instruments;
  }

  /** @param label the label of the account, or `OTHER_ACCOUNTS` */
  onListed({ account, wallet: team = '', ...report }: WalletListed, label: string): void {
    const teams = this.#listed.get(account) ?? new Map<string, Listed>();
    this.#listed.set(account, teams);
    if (report.isDropped === true) {
      teams.delete(team);
    } else {
      const unreadableRows = report.nameless.length + report.unidentified;
      teams.set(team, { isComplete: report.failure === undefined, unreadableRows });
    }
    if (label === OTHER_ACCOUNTS) {
      this.#others.add(account);
      this.#showOthers();
    } else {
      if (this.#others.delete(account)) {
        this.#showOthers();
      }
      this.#show(label, team, teams.get(team));
    }
  }

  /** Drops the series of all accounts but these. */
  keepOnly(accounts: ReadonlySet<string>): void {
    for (const [account, teams] of this.#listed) {
      if (accounts.has(account)) {
        continue;
      }
      this.#listed.delete(account);
      if (!this.#others.delete(account)) {
        for (const team of teams.keys()) {
          this.#show(account, team, undefined);
        }
      }
    }
    this.#showOthers();
  }

  /** One list that fails shows, however many others are complete. */
  #showOthers(): void {
    const all = [...this.#others].flatMap((account) => [...(this.#listed.get(account)?.values() ?? [])]);
    this.#show(
      OTHER_ACCOUNTS,
      '',
      all.length === 0
        ? undefined
        : {
            isComplete: all.every(({ isComplete }) => isComplete),
            unreadableRows: all.reduce((total, { unreadableRows }) => total + unreadableRows, 0),
          },
    );
  }

  #show(account: string, team: string, listed: Listed | undefined): void {
    const { listsComplete, unreadableRows } = this.#instruments;
    if (listed === undefined) {
      listsComplete.remove({ account, team });
      unreadableRows.remove({ account, team });
      return;
    }
    listsComplete.set({ account, team }, listed.isComplete ? 1 : 0);
    unreadableRows.set({ account, team }, listed.unreadableRows);
  }
}
