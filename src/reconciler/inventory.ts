import type { InventoryView } from '../lifecycle/observation.ts';
import type {
  Answer,
  Failure,
  InstanceList,
  InstanceSnapshot,
  Provider,
  Wallet,
} from '../lifecycle/provider.ts';
import { KnownInstances } from './known-instances.ts';
import type { InventoryScope, KnownInstancesOptions, Wallets } from './known-instances.ts';
import { NamelessInstances } from './nameless-instances.ts';

/** What a list showed, of all wallets that were listed together. */
export interface InventoryResult {
  readonly beganAtMs: number;
  readonly instances: readonly InstanceSnapshot[];
}

/** What an object waits for. */
export interface Waiting {
  /** A list that began after this (monotonic) time. */
  readonly afterMs: number;
  readonly wallets: Wallets;
  /** The instance whose end it waits for, once its DELETE was accepted. */
  readonly terminating?: string | undefined;
  /** The instance of which it waits to read more, and which was live when it was last seen. */
  readonly live?: string | undefined;
}

const PAGE_SIZE = 100;
/** The more pages a list has, and the more one list settles, the longer is it until the next: lists leave room for all else. */
const PAGE_GAP_MS = 150;

/** How the list of one wallet went. */
export interface WalletReport {
  readonly wallet: Wallet;
  readonly failure?: Failure;
  /** Ids of its instances without a readable name. */
  readonly nameless: readonly string[];
  /** Rows without a readable id. */
  readonly unidentified: number;
}

export interface InventoryOptions extends KnownInstancesOptions {
  readonly provider: Pick<Provider, 'listPods' | 'listHistory' | 'getPod'>;
  /** Whether the answers speak of our account; asked after the list, since the key may change during it. */
  readonly isTrusted: () => boolean;
  /** Called with each list before anybody is told of it, and with the wallets that it shows completely. */
  readonly onList: (result: InventoryResult, complete: ReadonlySet<Wallet>) => void;
  /** Called with the key of each object that waited for a list like this, or whose wallet turns out to fail. */
  readonly onReady: (key: string) => void;
  /** When the next list is wanted, in milliseconds from now. */
  readonly schedule: (inMs: number) => void;
  /** Told how the list of each wallet went. */
  readonly report?: ((report: WalletReport) => void) | undefined;
  /** Distance that lists keep from each other. */
  readonly minGapMs: number;
}

/**
 * Lists of all instances, shared by all objects that wait for one. Completeness is per wallet: a list says that an instance
 * is absent only from wallets that it was shown to hold completely, and a wallet that fails holds up only those whom it may
 * concern.
 */
export class Inventory {
  readonly #options: InventoryOptions;
  readonly #instances: KnownInstances;
  readonly #nameless: NamelessInstances;
  readonly #waiting = new Map<string, Waiting>();
  /** Wallets that failed and are being listed again, beside the others. */
  readonly #underWay = new Set<Wallet>();
  /** Wallets whose failure was told to those who wait for them, with its reason. */
  readonly #told = new Map<Wallet, string>();
  #lastBeganAtMs = -Infinity;
  #lastSize = 0;
  #hasFailed = false;

  constructor(options: InventoryOptions) {
    this.#options = options;
    this.#nameless = new NamelessInstances(options.provider);
    this.#instances = new KnownInstances(options, this.#nameless);
  }

  /** Wants a list that begins after `afterMs`; the object is looked at again once it is there. */
  want(key: string, waiting: Waiting): void {
    this.#waiting.set(key, waiting);
    this.#scheduleNext();
  }

  /** The object is gone, or waits for nothing any more. */
  forget(key: string): void {
    this.#waiting.delete(key);
  }

  /** What the lists say, as far as it concerns one object; undefined before the first. */
  view(scope: InventoryScope): InventoryView | undefined {
    return this.#instances.view(scope);
  }

  /**
   * Lists now. A wallet that failed is listed beside the others, in its time: one that hangs must not hold them up. After a
   * list that failed as a whole the caller takes the next, later and later.
   */
  async take(): Promise<InventoryResult | Failure> {
    const wallets = this.#instances.wallets();
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
    return this.#takeIn(listed, list);
  }

  /**
   * After the list: what it does not show any more has ended before, so the history can have it. Where all that is waited
   * for is the end of instances, it is read as far as it takes to show those that the list left out. Those who wait for an
   * instance that the list shows need no history: what is live has not ended.
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
    this.#takeIn([wallet], list);
  }

  /** Of this wallet, and not known to be gone from it before: those alone can vanish from the list. */
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

  #takeIn(wallets: readonly Wallet[], list: Answer<InstanceList>): InventoryResult | Failure {
    const { onList, report } = this.#options;
    if (list.kind === 'failure') {
      this.#instances.fail(wallets, list);
      for (const wallet of wallets) {
        report?.({ wallet, failure: list, nameless: [], unidentified: 0 });
      }
      this.#tell(wallets);
      return list;
    }
    const { beganAtMs, wallets: lists } = list.value;
    const instances = this.#instances.take(list.value);
    void this.#nameless.ask();
    const nameless = new Set(this.#nameless.open().map(({ podId }) => podId));
    for (const { wallet, failure, podIds, unidentified } of lists) {
      const unnamed = podIds.filter((podId) => nameless.has(podId));
      const problem = failure === undefined ? {} : { failure };
      report?.({ wallet, nameless: unnamed, unidentified: unidentified.length, ...problem });
    }
    const complete = lists.filter(({ failure }) => failure === undefined).map(({ wallet }) => wallet);
    onList({ instances, beganAtMs }, new Set(complete));
    this.#tell(wallets);
    return { beganAtMs, instances };
  }

  /** Those who have what they waited for, and those for whom it turns out that they wait for longer. */
  #tell(wallets: readonly Wallet[]): void {
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
    this.#scheduleNext();
  }

  #isNews(wallet: Wallet): boolean {
    const reason = this.#instances.failing(wallet)?.failure.reason;
    if (reason === undefined || !this.#instances.isTellable(wallet)) {
      this.#told.delete(wallet);
      return false;
    }
    const isNews = this.#told.get(wallet) !== reason;
    this.#told.set(wallet, reason);
    return isNews;
  }

  #scheduleNext(): void {
    if (this.#waiting.size === 0 || this.#hasFailed) {
      return;
    }
    const { clock, minGapMs, schedule } = this.#options;
    let earliestMs = Infinity;
    for (const { afterMs, wallets } of this.#waiting.values()) {
      earliestMs = Math.min(earliestMs, Math.max(afterMs, this.#askableAtMs(wallets)));
    }
    if (earliestMs < Infinity) {
      const crowd = 1 + Math.min(1, this.#waiting.size / PAGE_SIZE);
      const gapMs = minGapMs * crowd + Math.floor(this.#lastSize / PAGE_SIZE) * PAGE_GAP_MS;
      schedule(Math.max(0, Math.max(earliestMs, this.#lastBeganAtMs + gapMs) - clock.monotonicMs()));
    }
  }

  /** A wallet that fails is not asked for more often because somebody waits for it. */
  #askableAtMs(wallets: Wallets): number {
    const listed = this.#instances.wallets();
    const wanted = wallets === 'all' ? listed : wallets;
    // A wallet that is not listed never will be, and one that is being listed says so when it is done.
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
