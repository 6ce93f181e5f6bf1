import type {
  Answer,
  Failure,
  HistoryRow,
  InstanceList,
  InstanceSnapshot,
  Wallet,
  WalletList,
} from '../../../src/lifecycle/provider.ts';
import { Inventory } from '../../../src/accounts/instances/inventory.ts';
import type { Waiting } from '../../../src/accounts/instances/inventory.ts';
import type { WalletReport } from '../../../src/accounts/instances/wallet-lists.ts';
import { VirtualClock } from '../../kubernetes/support/virtual-clock.ts';
import { turn } from '../../kubernetes/support/until.ts';
import { aSnapshot, failure } from '../../support/builders/snapshots.ts';
import { QUIET_MS } from './lists.ts';

export const GAP_MS = 1_000;
/** Monotonic time at which each test begins. */
export const START_MS = 1_000;

/** An inventory whose provider answers what the test sets, at the time of the request. */
export class InventoryBench {
  readonly clock = new VirtualClock();
  /** What the list of each wallet shows, or why it fails. Others are empty. */
  readonly answers = new Map<Wallet, readonly InstanceSnapshot[] | Failure>();
  /** The lists of these wallets wait for their promise. */
  readonly hanging = new Map<Wallet, Promise<undefined>>();
  /** The answer to each GET. */
  get: Answer<InstanceSnapshot> = failure();
  history: readonly HistoryRow[] = [];
  isTrusted = true;

  /** The wallets of each list, and the number of instances that may vanish from it. */
  readonly lists: string[] = [];
  /** The IDs for which each history was read; `all` for the newest rows. */
  readonly histories: (readonly string[] | 'all')[] = [];
  readonly scheduled: number[] = [];
  readonly reports: WalletReport[] = [];
  /** What happened, in order: each list with its complete wallets and instances, and each notified GpuPod. */
  readonly events: string[] = [];
  /** When the list that shows an instance began, as recorded with the last list. */
  shownAtMs: ReadonlyMap<string, number> = new Map();
  readonly inventory: Inventory;

  constructor(teams: readonly string[] = []) {
    this.inventory = new Inventory({
      clock: this.clock,
      provider: {
        listPods: async (wallets, terminating = () => 0) => {
          this.lists.push(wallets.map((wallet) => `${wallet ?? 'own'}:${terminating(wallet)}`).join(' '));
          return await this.#list(wallets);
        },
        listHistory: async (wanted) => {
          this.histories.push(wanted === undefined ? 'all' : [...wanted]);
          return await Promise.resolve({ kind: 'ok', value: this.history });
        },
        getPod: async () => await Promise.resolve(this.get),
      },
      teamIds: () => teams,
      isBound: () => false,
      isTrusted: () => this.isTrusted,
      quietFailureMs: QUIET_MS,
      minGapMs: GAP_MS,
      onList: ({ instances, shownAtMs }, complete) => {
        this.shownAtMs = shownAtMs;
        const names = instances.map(({ podId, name }) => `${podId}=${name ?? '?'}`);
        const wallets = [...complete].map((wallet) => wallet ?? 'own');
        this.events.push(['list', ...wallets, ...names].join(' '));
      },
      onReady: (key) => this.events.push(key),
      schedule: (inMs) => this.scheduled.push(inMs),
      report: (report) => this.reports.push(report),
    });
  }

  /** Lets a GpuPod wait for a list of all wallets that begins after now. */
  want(key: string, waiting: Partial<Waiting> = {}): void {
    this.inventory.want(key, { afterMs: this.clock.monotonicMs(), wallets: 'all', ...waiting });
  }

  /** Takes the list after some time, and returns the GpuPods that were notified meanwhile. */
  async takeAfter(ms = 0): Promise<readonly string[]> {
    await this.clock.advance(ms);
    const before = this.events.length;
    await this.inventory.take();
    await turn();
    return this.events.slice(before).filter((event) => !event.startsWith('list'));
  }

  /** Shows instances with these IDs in the list of a wallet. */
  show(wallet: Wallet, podIds: readonly string[]): void {
    this.answers.set(
      wallet,
      podIds.map((podId) => aSnapshot({ podId })),
    );
  }

  /** As the provider does it: `failure` only where no list is complete. */
  async #list(wallets: readonly Wallet[]): Promise<Answer<InstanceList>> {
    const beganAtMs = this.clock.monotonicMs();
    const read = wallets.map((wallet) => ({ wallet, answer: this.answers.get(wallet) ?? [] }));
    await Promise.all(wallets.map(async (wallet) => await this.hanging.get(wallet)));
    const lists = read.map(({ wallet, answer }): WalletList => {
      const failed = 'kind' in answer ? { failure: answer } : {};
      return { wallet, podIds: shownIn(answer).map(({ podId }) => podId), unidentified: [], ...failed };
    });
    const failures = lists.flatMap((list) => list.failure ?? []);
    if (failures[0] !== undefined && failures.length === lists.length) {
      return failures[0];
    }
    const instances = read.flatMap(({ answer }) => shownIn(answer));
    return { kind: 'ok', value: { beganAtMs, instances, wallets: lists } };
  }
}

function shownIn(answer: readonly InstanceSnapshot[] | Failure): readonly InstanceSnapshot[] {
  return 'kind' in answer ? [] : answer;
}
