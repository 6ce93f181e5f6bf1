import { parseGpuPod } from '../../api/gpupod/gpu-pod.ts';
import type { GpuPod } from '../../api/gpupod/gpu-pod.ts';
import type { Intent } from '../../lifecycle/intent.ts';
import type { KubernetesObject } from '../../kubernetes/objects.ts';
import type { Wallet } from '../../lifecycle/provider.ts';
import type { MicroUsd } from '../../offers/money.ts';
import { chargedAtOnce } from '../../offers/upfront.ts';
import type { GpuPodList } from '../identity/account-evidence.ts';
import type { InventoryResult } from '../instances/inventory.ts';
import type { AwaitedList } from '../../lifecycle/observation.ts';
import { AwaitedLists } from './awaited-lists.ts';
import type { CountedAccount, ExpectedAccount } from './awaited-lists.ts';
import type { StatedPayers } from './stated-intent.ts';
import { costOf, countedLive, GpuPodCounts, HOUR_MS, take } from './gpu-pod-counts.ts';
import { LiveInstances } from './live-instances.ts';
import type { Lister, Live, LiveInstancesOptions, UnownedKind } from './live-instances.ts';
import { SentCreates } from './sent-creates.ts';
import type { SentCreate } from './sent-creates.ts';
import { fits, isIn, NOTHING, pricedFor, sumOf } from './sum-limits.ts';
import type { Counted, Scope, SumLimit, Totals } from './sum-limits.ts';
import { summarize } from './summary.ts';
import type { Summary } from './summary.ts';
import type { Owner, RetainedEntry } from './stated.ts';

export interface ReservationsOptions extends LiveInstancesOptions {
  readonly view: GpuPodList;
  /** What an instance with an unknown price counts. Undefined: it may cost anything, and fills every limit on prices. */
  readonly assumedPrice: MicroUsd | undefined;
  /** The accounts that may have instances. Before their first complete lists, no total is known. */
  readonly expected: () => readonly ExpectedAccount[];
  /** The accounts that create intents name. */
  readonly payers: StatedPayers;
}

/** What each GpuPod counts, the instances without one, and the create requests whose outcome no GpuPod shows. */
interface Sum {
  readonly byUid: ReadonlyMap<string, Counted>;
  readonly unowned: readonly Live[];
  readonly sent: readonly SentCreate[];
}

interface Charge {
  readonly uid: string;
  readonly owner: Owner;
  readonly micros: MicroUsd;
  readonly atMs: number;
}

const UNOWNED: readonly UnownedKind[] = ['retained', 'released', 'orphaned'];

/**
 * The sums behind all limits: what the instances of this installation cost per hour, on all accounts. An instance of
 * ours in a complete list counts until it is seen terminated, even if no GpuPod names it and its account is gone.
 * Pending creates and reservations count as well. Each instance counts once.
 */
export class Reservations {
  readonly #options: ReservationsOptions;
  readonly #sent: SentCreates;
  readonly #live: LiveInstances;
  readonly #counts: GpuPodCounts;
  /** What prepaid create requests charged, by instance name. It counts for an hour, even if the instance ends. */
  readonly #charges = new Map<string, Charge>();
  readonly #lists: AwaitedLists;

  constructor(options: ReservationsOptions) {
    this.#options = options;
    this.#live = new LiveInstances(options);
    this.#lists = new AwaitedLists(options.expected);
    this.#sent = new SentCreates(options);
    this.#counts = new GpuPodCounts({ ...options, live: this.#live, sent: this.#sent });
  }

  /** Takes the list of one session, with the wallets that it shows completely. */
  takeInventory(lister: Lister, result: InventoryResult, complete: ReadonlySet<Wallet>): void {
    this.#lists.take(lister, complete);
    this.#live.takeInventory(lister, result, complete);
    this.#sent.takeInventory(lister, result, complete);
    this.#replaceListed();
  }

  keep(podId: string, gpuPod: GpuPod, kind: UnownedKind): void {
    this.#live.keep(podId, gpuPod, kind);
  }

  markRetained(podId: string): void {
    this.#live.markRetained(podId);
  }

  /** Takes the retained instances that count, as read after a complete list of this session. */
  takeRetained(lister: Lister, entries: readonly RetainedEntry[]): void {
    this.#lists.takeRetained(lister);
    for (const entry of entries) {
      this.#live.enterRetained(entry);
    }
  }

  /** The teams with instances of this installation that were not seen terminated. */
  teamsWithInstances(): ReadonlySet<string> {
    return this.#live.teams();
  }

  /** The instance was seen terminated. */
  ended(podId: string): void {
    this.#live.ended(podId);
  }

  /** Updates the sums from one GpuPod: adds its instance, and drops those that it saw terminated. */
  note(gpuPod: GpuPod): void {
    const { podId = '' } = gpuPod.status;
    const live = this.#live.get(podId);
    const isAlive = (): boolean => true;
    this.#counts.of(gpuPod, { live: new Map(live === undefined ? [] : [[podId, live]]), isAlive });
  }

  /**
   * The list that a total over all accounts still waits for: the first complete one of each wallet, with the retained
   * instances.
   */
  awaited(): AwaitedList | undefined {
    return this.#lists.ofAll();
  }

  /** Whether the total was known once since this process started. What joins later adds to it when it is listed. */
  get isTotalKnown(): boolean {
    return this.#lists.hasListedAll();
  }

  /** The list that this account waits for before it rents under limits on sums. */
  awaitedBy(account: CountedAccount, isTotalLimited: boolean): AwaitedList | undefined {
    return (isTotalLimited ? this.awaited() : undefined) ?? this.#lists.of(account);
  }

  /** What all others in this scope count, as far as it is known. */
  elsewhere(uid: string, scope: Scope = {}): Totals {
    return this.#elsewhere(uid, scope, this.#sum());
  }

  /** The same for several scopes, from one pass over all GpuPods. */
  elsewhereIn(uid: string, scopes: readonly Scope[]): readonly Totals[] {
    const sum = this.#sum();
    return scopes.map((scope) => this.#elsewhere(uid, scope, sum));
  }

  #elsewhere(uid: string, scope: Scope, sum: Sum): Totals {
    return sumOf(
      this.#allBut(uid, sum)
        .filter((one) => isIn(scope, one))
        .map((one) => pricedFor(scope, one)),
    );
  }

  /** A request that ended counts for its own GpuPod as well, which rents again only after the outcome is recorded. */
  #allBut(uid: string, { byUid, unowned, sent }: Sum): readonly Counted[] {
    const counted = new Map(byUid);
    counted.delete(uid);
    const others = sent.filter((one) => one.uid !== uid || one.answeredAtMs !== undefined);
    return [
      ...counted.values(),
      ...others,
      ...unowned.map((live) => countedLive(live, this.#options.assumedPrice)),
      ...this.#openCharges(counted, others),
    ];
  }

  /** Everything that counts now. It reads all GpuPods, once for all sums. */
  summary(): Summary {
    const sum = this.#sum();
    const unowned = new Map<UnownedKind, MicroUsd>(UNOWNED.map((kind) => [kind, 0]));
    for (const { kind = 'orphaned', price } of sum.unowned) {
      unowned.set(kind, (unowned.get(kind) ?? 0) + costOf(price, this.#options.assumedPrice).micros);
    }
    return summarize(this.#allBut('', sum), unowned);
  }

  /** Reserves the price if it is known to fit under every limit. Check and reservation are one synchronous step. */
  reserve(uid: string, intent: Intent, owner: Owner, limits: readonly SumLimit[]): boolean {
    const charged = chargedAtOnce(intent.cost.total, intent.offer.prepaidHours);
    const added = { micros: charged, instances: 1, gpus: intent.offer.gpuCount };
    const sum = limits.length === 0 ? undefined : this.#sum();
    const isWithin =
      sum === undefined ||
      limits.every(
        (limit) =>
          this.awaitedBy(limit.session, limit.scope.account === undefined) === undefined &&
          fits(limit, this.#elsewhere(uid, limit.scope, sum), added),
      );
    if (!isWithin) {
      return false;
    }
    this.#sent.add(uid, intent, owner, added);
    if (charged > intent.cost.total) {
      const atMs = this.#options.clock.monotonicMs();
      this.#charges.set(intent.name, { uid, owner, micros: charged, atMs });
    }
    return true;
  }

  /** The create request ended. Nothing counts any more if it surely created nothing, and therefore charged nothing. */
  release({ name, isCharged }: { readonly name: string; readonly isCharged: boolean }): void {
    if (isCharged) {
      this.#sent.answer(name);
    } else {
      this.#sent.drop(name);
      this.#charges.delete(name);
    }
    this.#replaceListed();
  }

  /** The outcome of the create request is recorded on its GpuPod, or its instance was seen terminated. */
  settle(name: string): void {
    this.#sent.drop(name);
  }

  /**
   * The account that an open create request or create intent of the GpuPod may have an instance with. A copy of an
   * intent counts, which the sums leave out, because only a pass over all GpuPods shows that it is one.
   */
  openAccountOf(gpuPod: GpuPod): string | undefined {
    const { uid } = gpuPod.metadata;
    const sent = this.#sent.all().find((one) => one.uid === uid);
    return sent?.owner.account ?? this.#counts.neededAccountOf(gpuPod, this.#lists.hasListedAll());
  }

  /** An instance that a list shows counts in place of its create request, and for the same account. */
  #replaceListed(): void {
    for (const sent of this.#sent.all().filter(({ answeredAtMs }) => answeredAtMs !== undefined)) {
      if (this.#live.takeOver(sent)) {
        this.#sent.drop(sent.name);
      }
    }
  }

  /** Charges of the last hour's prepaid create requests that the sums do not include. */
  #openCharges(counted: ReadonlyMap<string, Counted>, sent: readonly SentCreate[]): readonly Counted[] {
    const nowMs = this.#options.clock.monotonicMs();
    const open: Counted[] = [];
    for (const [name, { uid: of, micros, owner, atMs }] of this.#charges) {
      if (nowMs - atMs >= HOUR_MS) {
        this.#charges.delete(name);
      } else {
        const request = sent.find((one) => one.name === name);
        const included = (request ?? counted.get(of))?.micros ?? 0;
        open.push({ ...NOTHING, micros: Math.max(0, micros - included), owner });
      }
    }
    return open;
  }

  #sum(): Sum {
    const byUid = new Map<string, Counted>();
    const objects = this.#options.view.list();
    const rest = { live: this.#live.all(), isAlive: isAmong(objects) };
    for (const raw of objects) {
      const parsed = parseGpuPod(raw);
      if (parsed.kind === 'ok' && !byUid.has(parsed.gpuPod.metadata.uid)) {
        byUid.set(parsed.gpuPod.metadata.uid, this.#counts.of(parsed.gpuPod, rest));
      }
    }
    this.#replaceListed();
    const sent = this.#sent.all();
    for (const { name } of sent) {
      take(name, rest.live);
    }
    return { byUid, unowned: [...rest.live.values()], sent };
  }
}

function isAmong(objects: readonly KubernetesObject[]): (uid: string) => boolean {
  let uids: ReadonlySet<string> | undefined;
  return (uid) => (uids ??= new Set(objects.map(({ metadata }) => metadata.uid))).has(uid);
}
