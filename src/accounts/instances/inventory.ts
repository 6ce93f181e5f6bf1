import type { InventoryView } from '../../lifecycle/observation.ts';
import type { Answer, Failure, InstanceList, Provider, Wallet } from '../../lifecycle/provider.ts';
import type { AwaitedWallet, WalletReport } from './wallet-lists.ts';
import { KnownInstances } from './known-instances.ts';
import type { InventoryScope, KnownInstancesOptions, Wallets } from './known-instances.ts';
import { datedResult } from './listed-rows.ts';
import type { DatedInventoryResult, InventoryResult } from './listed-rows.ts';
import { NamelessInstances } from './nameless-instances.ts';

/** What a GpuPod waits for. */
export interface Waiting {
  /** A list that began after this (monotonic) time. */
  readonly afterMs: number;
  readonly wallets: Wallets;
  /** The instance whose termination it waits for, once the provider accepted the DELETE. */
  readonly terminating?: string | undefined;
  /** The live instance about which it waits to learn more. */
  readonly live?: string | undefined;
}

const PAGE_SIZE = 100;
/** Added to the gap for each full page of the last list, so that long lists leave room for other requests. */
const PAGE_GAP_MS = 150;

export interface InventoryOptions extends KnownInstancesOptions {
  readonly provider: Pick<Provider, 'listPods' | 'listHistory' | 'getPod'>;
  /** True if the answers describe our account. Checked after the list, because the key may change during it. */
  readonly isTrusted: () => boolean;
  /** Called with each list, and with the wallets that it shows completely, before any GpuPod is notified. */
  readonly onList: (result: DatedInventoryResult, complete: ReadonlySet<Wallet>) => void;
  /** Called with the key of each GpuPod that waited for this list, or whose wallet fails. */
  readonly onReady: (key: string) => void;
  /** Requests the next list, in milliseconds from now. */
  readonly schedule: (inMs: number) => void;
  /** Called after each list of a wallet. */
  readonly report?: ((report: WalletReport) => void) | undefined;
  /** Shortest gap between lists, in milliseconds. */
  readonly minGapMs: number;
}

/**
 * The inventory that all waiting GpuPods share. Completeness is per wallet: a list proves an absence only for wallets
 * that it shows completely. A wallet that fails delays only the GpuPods that it may concern.
 */
export class Inventory {
  readonly #options: InventoryOptions;
  readonly #instances: KnownInstances;
  readonly #nameless: NamelessInstances;
  readonly #waiting = new Map<string, Waiting>();
  /** Wallets that failed and are being listed again, in parallel with the others. */
  readonly #underWay = new Set<Wallet>();
  /** Wallets whose failure the waiting GpuPods already know, with its reason. */
  readonly #reported = new Map<Wallet, string>();
  #lastBeganAtMs = -Infinity;
  #lastSize = 0;
  #hasFailed = false;
  #underWayCount = 0;

  constructor(options: InventoryOptions) {
    this.#options = options;
    this.#nameless = new NamelessInstances(options.provider);
    this.#instances = new KnownInstances(options, this.#nameless);
  }

  /** Requests a list that begins after `afterMs`, and requeues the GpuPod when it is complete. */
  want(key: string, waiting: Waiting): void {
    this.#waiting.set(key, waiting);
    // The lists that the others wait for are scheduled already, and the earliest time counts.
    this.#scheduleFor([waiting]);
  }

  /** The GpuPod is deleted, or no longer waits. */
  forget(key: string): void {
    this.#waiting.delete(key);
  }

  /** The wallets whose complete lists a sum over all instances needs. */
  awaited(): readonly AwaitedWallet[] {
    return this.#instances.awaited();
  }

  /** What the lists say about one GpuPod; undefined before the first list. */
  view(scope: InventoryScope): InventoryView | undefined {
    return this.#instances.view(scope);
  }

  /**
   * Lists now. A failed wallet is listed separately at its own retry time, so that one that hangs does not delay the
   * others. After a list that failed as a whole, the caller takes the next one with back-off.
   */
  async take(): Promise<InventoryResult | Failure> {
    this.#underWayCount += 1;
    try {
      return await this.#take();
    } finally {
      this.#underWayCount -= 1;
    }
  }

  /**
   * When a list is due, in milliseconds from now: one that somebody waits for, or the first one of a wallet. Undefined if
   * none is. A sweep may have brought what was due when it was scheduled, and one that is under way may do so.
   */
  dueInMs(): number | undefined {
    if (this.#hasFailed) {
      return 0;
    }
    if (this.#underWayCount > 0) {
      return this.#options.minGapMs;
    }
    const unlisted = this.#instances.hasUnlisted ? [{ afterMs: 0, wallets: [] }] : [];
    return this.#untilDueMs([...unlisted, ...this.#waiting.values()]);
  }

  async #take(): Promise<InventoryResult | Failure> {
    const wallets = this.#instances.wallets();
    for (const wallet of this.#instances.keepOnly(wallets)) {
      this.#reported.delete(wallet);
      this.#options.report?.({ wallet, isDropped: true, nameless: [], unidentified: 0 });
    }
    const sound = wallets.filter((wallet) => this.#instances.failing(wallet) === undefined);
    const listed = sound.length === 0 ? wallets : sound;
    for (const wallet of wallets.filter((one) => !listed.includes(one))) {
      void this.#retry(wallet);
    }
    const list = await this.#ask(listed);
    this.#hasFailed = list.kind === 'failure' && list.isUnstable !== true;
    if (list.kind === 'ok') {
      this.#lastSize = list.value.instances.length;
      await this.#askHistory(list.value);
    }
    return this.#accept(listed, list);
  }

  /**
   * Reads the history after the list: an instance that the list no longer shows ended before, so the history can
   * contain it. If GpuPods only wait for terminations, the history is read just until it shows those that the list
   * lacks. A GpuPod that waits for an instance in the list needs no history, because a live instance has not ended.
   */
  async #askHistory({ instances }: InstanceList): Promise<void> {
    const shown = new Set(instances.map(({ podId }) => podId));
    const all = [...this.#waiting.values()];
    const waiting = all.filter(({ live }) => live === undefined || !shown.has(live));
    if (waiting.length === 0 && all.length > 0) {
      return;
    }
    const isAboutEnds = waiting.length > 0 && waiting.every(({ terminating }) => terminating !== undefined);
    const wanted = new Set(
      waiting.flatMap(({ terminating }) =>
        terminating === undefined || shown.has(terminating) || this.#instances.hasEnded(terminating)
          ? []
          : [terminating],
      ),
    );
    if (isAboutEnds && wanted.size === 0) {
      return;
    }
    const { provider, isTrusted } = this.#options;
    const history = await provider.listHistory(isAboutEnds ? wanted : undefined);
    if (history.kind === 'ok' && isTrusted()) {
      this.#instances.takeHistory(history.value);
    }
  }

  async #retry(wallet: Wallet): Promise<void> {
    const retryAtMs = this.#instances.failing(wallet)?.retryAtMs ?? -Infinity;
    if (this.#underWay.has(wallet) || this.#options.clock.monotonicMs() < retryAtMs) {
      return;
    }
    this.#underWay.add(wallet);
    const list = await this.#ask([wallet]);
    this.#underWay.delete(wallet);
    this.#accept([wallet], list);
  }

  /**
   * Number of awaited terminations that can remove an instance from the list of this wallet. An instance that the
   * last list lacked cannot vanish.
   */
  #terminatingIn(wallet: Wallet): number {
    const isFirst = this.#instances.completeSinceMs([wallet]) === -Infinity;
    return [...this.#waiting.values()].filter(
      ({ terminating, wallets }) =>
        terminating !== undefined &&
        this.#instances.concerns(wallets, wallet) &&
        (isFirst || this.#instances.isShown(terminating)),
    ).length;
  }

  async #ask(wallets: readonly Wallet[]): Promise<Answer<InstanceList>> {
    const { provider, clock, isTrusted } = this.#options;
    this.#lastBeganAtMs = clock.monotonicMs();
    const list = await provider.listPods(wallets, (wallet) => this.#terminatingIn(wallet));
    return list.kind === 'failure' || isTrusted() ? list : UNTRUSTED;
  }

  #accept(wallets: readonly Wallet[], list: Answer<InstanceList>): InventoryResult | Failure {
    const { onList, report } = this.#options;
    if (list.kind === 'failure') {
      this.#instances.fail(wallets, list);
      for (const wallet of wallets) {
        report?.({ wallet, failure: list, nameless: [], unidentified: 0 });
      }
      this.#notify(wallets);
      return list;
    }
    const { beganAtMs, wallets: lists } = list.value;
    const rows = this.#instances.take(list.value);
    const result = datedResult(rows, beganAtMs);
    void this.#nameless.ask();
    const nameless = new Set(this.#nameless.open().map(({ podId }) => podId));
    for (const { wallet, failure, podIds, unidentified } of lists) {
      const unnamed = podIds.filter((podId) => nameless.has(podId));
      const problem = failure === undefined ? {} : { failure };
      report?.({ wallet, nameless: unnamed, unidentified: unidentified.length, ...problem });
    }
    const complete = lists.filter(({ failure }) => failure === undefined).map(({ wallet }) => wallet);
    onList(result, new Set(complete));
    this.#notify(wallets);
    return result;
  }

  /** Notifies the GpuPods that have their list now, and those whose wallet turns out to fail. */
  #notify(wallets: readonly Wallet[]): void {
    const news = wallets.filter((wallet) => this.#isNews(wallet));
    for (const [key, { afterMs, wallets: wanted }] of this.#waiting) {
      const isThere = afterMs <= this.#instances.completeSinceMs(wanted);
      if (isThere) {
        this.#waiting.delete(key);
      }
      if (isThere || news.some((wallet) => this.#instances.concerns(wanted, wallet))) {
        this.#options.onReady(key);
      }
    }
    this.#scheduleFor(this.#waiting.values());
  }

  #isNews(wallet: Wallet): boolean {
    const reason = this.#instances.failing(wallet)?.failure.reason;
    if (reason === undefined || !this.#instances.isReportable(wallet)) {
      this.#reported.delete(wallet);
      return false;
    }
    const isNews = this.#reported.get(wallet) !== reason;
    this.#reported.set(wallet, reason);
    return isNews;
  }

  #scheduleFor(waiting: Iterable<Waiting>): void {
    const inMs = this.#hasFailed ? undefined : this.#untilDueMs(waiting);
    if (inMs !== undefined) {
      this.#options.schedule(inMs);
    }
  }

  #untilDueMs(waiting: Iterable<Waiting>): number | undefined {
    const { clock, minGapMs } = this.#options;
    let earliestMs = Infinity;
    for (const { afterMs, wallets } of waiting) {
      earliestMs = Math.min(earliestMs, Math.max(afterMs, this.#askableAtMs(wallets)));
    }
    if (earliestMs === Infinity) {
      return undefined;
    }
    const crowd = 1 + Math.min(1, this.#waiting.size / PAGE_SIZE);
    const gapMs = minGapMs * crowd + Math.floor(this.#lastSize / PAGE_SIZE) * PAGE_GAP_MS;
    return Math.max(0, Math.max(earliestMs, this.#lastBeganAtMs + gapMs) - clock.monotonicMs());
  }

  /** When these wallets may be listed, as a monotonic time. A waiting GpuPod does not hurry a failing wallet. */
  #askableAtMs(wallets: Wallets): number {
    const listed = this.#instances.wallets();
    const wanted = wallets === 'all' ? listed : wallets;
    // A wallet that is not listed never will be. One that is being listed notifies when it is done.
    const times = wanted.map((wallet) =>
      this.#underWay.has(wallet) || !listed.includes(wallet)
        ? Infinity
        : (this.#instances.failing(wallet)?.retryAtMs ?? -Infinity),
    );
    return Math.max(...times);
  }
}

const UNTRUSTED: Failure = {
  kind: 'failure',
  reason: 'UnexpectedResponse',
  message: 'The API key changed while the operator listed the instances.',
};
