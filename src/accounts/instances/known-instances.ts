import type { Clock } from '../../clock.ts';
import type { ListDoubt, NamelessInstance, InventoryView } from '../../lifecycle/observation.ts';
import { prefixOfName } from '../../lifecycle/pod-name.ts';
import type {
  Failure,
  HistoryRow,
  InstanceList,
  InstanceSnapshot,
  Wallet,
} from '../../lifecycle/provider.ts';
import type { NamelessInstances } from './nameless-instances.ts';
import { allRows, withInstances } from './listed-rows.ts';
import type { ListedRow, ListedRows } from './listed-rows.ts';
import {
  afterFailure,
  afterList,
  bringUpToDate,
  completeSinceMs,
  isRefusedList,
  isWorthReporting,
  provingWallets,
  reportFailure,
  reportUnlisted,
  UNLISTED,
} from './wallet-lists.ts';
import type { AwaitedWallet, WalletFailure, WalletState } from './wallet-lists.ts';

/** The part of the lists that concerns one GpuPod. */
export interface InventoryScope {
  /** Name prefixes under which its instances may exist. */
  readonly namePrefixes: ReadonlySet<string>;
  readonly podId: string | undefined;
  /** Wallets that may hold its instances; `all` if unknown. */
  readonly wallets: Wallets;
}

export type Wallets = readonly Wallet[] | 'all';

export interface KnownInstancesOptions {
  readonly clock: Clock;
  /** Teams whose instances this operator may have rented. */
  readonly teamIds: () => readonly string[];
  /** Whether nothing proves that anything was rented in this team. */
  readonly isUnprovenTeam?: ((teamId: string) => boolean) | undefined;
  /** True if a GpuPod has this instance, so that it belongs to no other. */
  readonly isBound: (podId: string) => boolean;
  /** A failure shorter than this many milliseconds is not reported. */
  readonly quietFailureMs: number;
}

/** Number of ended instances to remember. */
const MAX_ENDED = 5_000;

/** All instances that lists have shown, by wallet, and indexed by name prefix and ID. */
export class KnownInstances {
  readonly #options: KnownInstancesOptions;
  readonly #nameless: NamelessInstances;
  #states = new Map<Wallet, WalletState>();
  readonly #teamsSeen = new Set<string>();
  #liveByPrefix = new Map<string, InstanceSnapshot[]>();
  #liveById = new Map<string, InstanceSnapshot>();
  #rows: ListedRows = new Map();
  #endedByPrefix = new Map<string, HistoryRow[]>();
  #endedById = new Map<string, HistoryRow>();

  constructor(options: KnownInstancesOptions, nameless: NamelessInstances) {
    this.#options = options;
    this.#nameless = nameless;
  }

  /** The wallets to list: the key's own, and those of the teams. */
  wallets(): readonly Wallet[] {
    return [undefined, ...this.#options.teamIds()];
  }

  /** Whether a wallet was never listed, such as that of a team that an account names since the last list. */
  get hasUnlisted(): boolean {
    return this.wallets().some((wallet) => !this.#states.has(wallet));
  }

  /**
   * The wallets whose complete lists a sum over all instances needs. A team that refuses the key is marked, because it
   * holds nobody up: any account may name one. A team whose instances the key's own list shows is left out, and so is
   * one that nothing proves: anybody can make up a team whose list fails.
   */
  awaited(): readonly AwaitedWallet[] {
    const covered = this.#states.get(undefined)?.teams;
    return this.wallets().flatMap((wallet) => {
      const state = this.#states.get(wallet) ?? UNLISTED;
      if (wallet !== undefined && (covered?.has(wallet) === true || this.#isUnproven(wallet))) {
        return [];
      }
      const { failing } = state;
      const isRefused = wallet !== undefined && isRefusedList(state);
      return [
        {
          wallet,
          ...(failing === undefined ? {} : { reason: failing.failure.reason }),
          ...(isRefused ? { isRefused } : {}),
        },
      ];
    });
  }

  #isUnproven(teamId: string): boolean {
    return this.#options.isUnprovenTeam?.(teamId) === true;
  }

  /** The part of the lists that concerns one GpuPod; undefined before the first list. */
  view({ namePrefixes, podId, wallets }: InventoryScope): InventoryView | undefined {
    if (this.#states.size === 0) {
      return undefined;
    }
    const concerned = this.#resolve(wallets);
    const doubt = this.#doubt(concerned);
    const proving = [...new Set(concerned.flatMap((wallet) => provingWallets(this.#states, wallet)))];
    return {
      beganAtMs: this.completeSinceMs(wallets),
      live: pick(this.#liveByPrefix, this.#liveById, namePrefixes, podId),
      ended: pick(this.#endedByPrefix, this.#endedById, namePrefixes, podId),
      teamsSeen: this.#teamsSeen,
      nameless: this.#namelessIn(proving),
      unidentified: this.#countUnidentified(proving, namePrefixes),
      ...(doubt === undefined ? {} : { doubt }),
    };
  }

  /** Monotonic time from which the lists prove an absence from all of these wallets; -Infinity if they do not. */
  completeSinceMs(wallets: Wallets): number {
    return Math.min(...this.#resolve(wallets).map((wallet) => completeSinceMs(this.#states, wallet)));
  }

  /** Why this wallet cannot be listed; undefined if its last list was complete, or there was none. */
  failing(wallet: Wallet): WalletFailure | undefined {
    return this.#states.get(wallet)?.failing;
  }

  /** True if the wallet cannot be listed, and the failure has lasted or will last. */
  isReportable(wallet: Wallet): boolean {
    const failing = this.failing(wallet);
    const { clock, quietFailureMs } = this.#options;
    return failing !== undefined && isWorthReporting(failing, clock.monotonicMs(), quietFailureMs);
  }

  concerns(wallets: Wallets, wallet: Wallet): boolean {
    return wallets === 'all' || wallets.includes(wallet);
  }

  /**
   * Forgets all wallets but these.
   *
   * @returns those that it forgot
   */
  keepOnly(wallets: readonly Wallet[]): readonly Wallet[] {
    const kept = new Set(wallets);
    const dropped = [...this.#states.keys()].filter((wallet) => !kept.has(wallet));
    for (const wallet of dropped) {
      this.#states.delete(wallet);
    }
    return dropped;
  }

  /** Records that listing these wallets failed. */
  fail(wallets: readonly Wallet[], failure: Failure): void {
    const nowMs = this.#options.clock.monotonicMs();
    for (const wallet of wallets) {
      this.#states.set(wallet, afterFailure(this.#states.get(wallet) ?? UNLISTED, failure, nowMs));
    }
  }

  /**
   * Takes the list of some wallets.
   *
   * @returns the instances, as the latest list shows each, with all names that are known
   */
  take(list: InstanceList): readonly ListedRow[] {
    const nowMs = this.#options.clock.monotonicMs();
    for (const wallet of list.wallets) {
      const state = this.#states.get(wallet.wallet) ?? UNLISTED;
      this.#states.set(wallet.wallet, afterList(state, list, wallet, nowMs));
    }
    this.#states = new Map(bringUpToDate(this.#states));
    this.#index(list.beganAtMs);
    return list.instances.map(
      (instance) =>
        this.#rows.get(instance.podId) ?? { instance, beganAtMs: list.beganAtMs, readAtMs: nowMs },
    );
  }

  /** An ended instance stays ended, so later parts of the history only add to the known ones. */
  takeHistory(rows: readonly HistoryRow[]): void {
    for (const row of rows.filter(({ terminatedAt }) => terminatedAt !== undefined).toReversed()) {
      this.#endedById.delete(row.podId);
      this.#endedById.set(row.podId, row);
    }
    const known = [...this.#endedById].slice(-MAX_ENDED);
    this.#endedById = new Map(known);
    this.#endedByPrefix = groupByPrefix(known.map(([, row]) => row));
  }

  /** True if the last list of its wallet shows it. */
  isShown(podId: string): boolean {
    return this.#liveById.has(podId);
  }

  hasEnded(podId: string): boolean {
    return this.#endedById.has(podId);
  }

  #index(beganAtMs: number): void {
    const rows = allRows([...this.#states.values()]);
    const unnamed = [...rows.values()].map(({ instance }) => instance);
    const named = this.#nameless.fill(unnamed, beganAtMs);
    const renamed = named.filter((instance, index) => instance !== unnamed[index]);
    this.#rows = renamed.length === 0 ? rows : withInstances(rows, renamed);
    const live = named.filter(({ status }) => status !== 'TERMINATED');
    this.#liveById = new Map(live.map((instance) => [instance.podId, instance]));
    this.#liveByPrefix = groupByPrefix(live);
    for (const { teamId } of named) {
      if (teamId !== undefined) {
        this.#teamsSeen.add(teamId);
      }
    }
  }

  #resolve(wallets: Wallets): readonly Wallet[] {
    return wallets === 'all' ? this.wallets() : wallets;
  }

  #doubt(wallets: readonly Wallet[]): ListDoubt | undefined {
    const listed = this.wallets();
    for (const wallet of wallets) {
      if (wallet !== undefined && !listed.includes(wallet)) {
        return reportUnlisted(wallet);
      }
      const failing = this.failing(wallet);
      if (failing !== undefined && this.isReportable(wallet)) {
        return reportFailure(wallet, failing);
      }
    }
    return undefined;
  }

  #namelessIn(wallets: readonly Wallet[]): readonly NamelessInstance[] {
    const { isBound } = this.#options;
    const open = this.#nameless.open().filter(({ podId }) => !isBound(podId));
    return open.filter(({ podId }) =>
      wallets.some((wallet) => this.#states.get(wallet)?.rows.has(podId) === true),
    );
  }

  /** A row with a readable name concerns only the GpuPod that it names. */
  #countUnidentified(wallets: readonly Wallet[], namePrefixes: ReadonlySet<string>): number {
    const rows = wallets.flatMap((wallet) => this.#states.get(wallet)?.unidentified ?? []);
    return rows.filter(({ name }) => name === undefined || namePrefixes.has(prefixOfName(name) ?? '')).length;
  }
}

function groupByPrefix<T extends { readonly name?: string }>(instances: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const instance of instances) {
    const namePrefix = prefixOfName(instance.name);
    const group = namePrefix === undefined ? undefined : groups.get(namePrefix);
    if (group !== undefined) {
      group.push(instance);
    } else if (namePrefix !== undefined) {
      groups.set(namePrefix, [instance]);
    }
  }
  return groups;
}

function pick<T extends { readonly podId: string }>(
  byPrefix: ReadonlyMap<string, readonly T[]>,
  byId: ReadonlyMap<string, T>,
  namePrefixes: ReadonlySet<string>,
  podId: string | undefined,
): readonly T[] {
  const found = new Map<string, T>();
  for (const namePrefix of namePrefixes) {
    for (const instance of byPrefix.get(namePrefix) ?? []) {
      found.set(instance.podId, instance);
    }
  }
  const own = podId === undefined ? undefined : byId.get(podId);
  if (own !== undefined) {
    found.set(own.podId, own);
  }
  return [...found.values()];
}
