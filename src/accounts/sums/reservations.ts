import { hasFinalizer, isDeleting, parseGpuPod } from '../../api/gpupod/gpu-pod.ts';
import type { GpuPod } from '../../api/gpupod/gpu-pod.ts';
import { unresolvedIntent } from '../../lifecycle/intent.ts';
import type { Intent } from '../../lifecycle/intent.ts';
import { namePrefixOf, parsePodName, podNamePrefixes } from '../../lifecycle/pod-name.ts';
import type { Wallet } from '../../lifecycle/provider.ts';
import { attemptsOf } from '../../lifecycle/status/attempts.ts';
import type { MicroUsd } from '../../offers/money.ts';
import { chargedAtOnce } from '../../offers/upfront.ts';
import type { GpuPodList } from '../identity/account-evidence.ts';
import type { InventoryResult } from '../instances/inventory.ts';
import type { AwaitedList } from '../../lifecycle/observation.ts';
import { AwaitedLists } from './awaited-lists.ts';
import type { CountedAccount, ExpectedAccount } from './awaited-lists.ts';
import { attemptOf, LiveInstances } from './live-instances.ts';
import type { Lister, Live, LiveInstancesOptions, UnownedKind } from './live-instances.ts';
import { fits, isIn, larger, NOTHING, pricedFor, sumOf } from './sum-limits.ts';
import type { Cost, Counted, Scope, SumLimit, Totals } from './sum-limits.ts';
import { summarize } from './summary.ts';
import type { Summary } from './summary.ts';
import { attemptKey, gpusOf, intentOf, ownerOf, saidPrice } from './stated.ts';
import type { Owner, RetainedEntry } from './stated.ts';

export interface ReservationsOptions extends LiveInstancesOptions {
  readonly view: GpuPodList;
  /** What an instance with an unknown price counts. Undefined: it may cost anything, and fills every limit on prices. */
  readonly assumedPrice: MicroUsd | undefined;
  /** The accounts that may have instances. Before their first complete lists, no total is known. */
  readonly expected: () => readonly ExpectedAccount[];
}

/** What each GpuPod counts, and the instances without one. */
interface Sum {
  readonly byUid: ReadonlyMap<string, Counted>;
  readonly unowned: readonly Live[];
}

interface Charge {
  readonly uid: string;
  readonly owner: Owner;
  readonly micros: MicroUsd;
  readonly atMs: number;
}

const UNOWNED: readonly UnownedKind[] = ['retained', 'released', 'orphaned'];
const HOUR_MS = 3_600_000;

/**
 * The sums behind all limits: what the instances of this installation cost per hour, on all accounts. An instance of
 * ours in a complete list counts until it is seen terminated, even if no GpuPod names it and its account is gone.
 * Pending creates and reservations count as well. Each instance counts once.
 */
export class Reservations {
  readonly #options: ReservationsOptions;
  /** Reservations of this process whose create intents may not be on the GpuPods yet. */
  readonly #reserved = new Map<string, Counted>();
  readonly #live: LiveInstances;
  /** What prepaid create requests charged, by instance name. It counts for an hour, even if the instance ends. */
  readonly #charges = new Map<string, Charge>();
  readonly #lists: AwaitedLists;

  constructor(options: ReservationsOptions) {
    this.#options = options;
    this.#live = new LiveInstances(options);
    this.#lists = new AwaitedLists(options.expected);
  }

  /** Takes the list of one session, with the wallets that it shows completely. */
  takeInventory(lister: Lister, result: InventoryResult, complete: ReadonlySet<Wallet>): void {
    this.#lists.take(lister, complete);
    this.#live.takeInventory(lister, result, complete);
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

  /** The instance was seen terminated. */
  ended(podId: string): void {
    this.#live.ended(podId);
  }

  /** Updates the sums from one GpuPod: adds its instance, and drops those that it saw terminated. */
  note(gpuPod: GpuPod): void {
    const { podId = '' } = gpuPod.status;
    const live = this.#live.get(podId);
    this.#countedFor(gpuPod, new Map(live === undefined ? [] : [[podId, live]]));
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

  #allBut(uid: string, { byUid, unowned }: Sum): readonly Counted[] {
    const counted = new Map(byUid);
    for (const [owner, reserved] of this.#reserved) {
      const known = counted.get(owner);
      counted.set(owner, known === undefined ? reserved : larger(known, reserved));
    }
    const charges = this.#openCharges(counted, uid);
    counted.delete(uid);
    return [...counted.values(), ...unowned.map((live) => this.#countedLive(live)), ...charges];
  }

  #countedLive({ price, gpus = 1, owner, userId, podName }: Live): Counted {
    return { ...this.#costOf(price), instances: 1, gpus, owner, userId, podName };
  }

  #costOf(price: MicroUsd | undefined): Cost {
    const known = price ?? this.#options.assumedPrice;
    return known === undefined ? { micros: 0, isPriceUnknown: true } : { micros: known };
  }

  /** Everything that counts now. It reads all GpuPods, once for all sums. */
  summary(): Summary {
    const sum = this.#sum();
    const unowned = new Map<UnownedKind, MicroUsd>(UNOWNED.map((kind) => [kind, 0]));
    for (const { kind = 'orphaned', price } of sum.unowned) {
      unowned.set(kind, (unowned.get(kind) ?? 0) + this.#costOf(price).micros);
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
    this.#reserved.set(uid, { ...added, owner });
    if (charged > intent.cost.total) {
      const atMs = this.#options.clock.monotonicMs();
      this.#charges.set(intent.name, { uid, owner, micros: charged, atMs });
    }
    return true;
  }

  /** Drops the reservation: the intent is on the GpuPod, or nothing was created and therefore nothing charged. */
  release(uid: string, create?: { readonly name: string; readonly isCharged: boolean }): void {
    this.#reserved.delete(uid);
    if (create?.isCharged === false) {
      this.#charges.delete(create.name);
    }
  }

  /** Charges of the last hour's prepaid create requests that the sums do not include, this GpuPod's included. */
  #openCharges(counted: ReadonlyMap<string, Counted>, uid: string): readonly Counted[] {
    const nowMs = this.#options.clock.monotonicMs();
    const open: Counted[] = [];
    for (const [name, { uid: of, micros, owner, atMs }] of this.#charges) {
      if (nowMs - atMs >= HOUR_MS) {
        this.#charges.delete(name);
      } else {
        const included = of === uid ? 0 : (counted.get(of)?.micros ?? 0);
        open.push({ ...NOTHING, micros: Math.max(0, micros - included), owner });
      }
    }
    return open;
  }

  #sum(): Sum {
    const byUid = new Map<string, Counted>();
    const rest = this.#live.all();
    for (const raw of this.#options.view.list()) {
      const parsed = parseGpuPod(raw);
      if (parsed.kind === 'ok' && !byUid.has(parsed.gpuPod.metadata.uid)) {
        byUid.set(parsed.gpuPod.metadata.uid, this.#countedFor(parsed.gpuPod, rest));
      }
    }
    return { byUid, unowned: [...rest.values()] };
  }

  /** What one GpuPod counts. Removes the instances that it counts from `rest`. */
  #countedFor(gpuPod: GpuPod, rest: Map<string, Live>): Counted {
    const cost = this.#costFor(gpuPod, rest);
    return cost === undefined
      ? { ...NOTHING, owner: undefined }
      : { ...cost, instances: 1, gpus: gpusOf(gpuPod), owner: ownerOf(gpuPod) };
  }

  #costFor(gpuPod: GpuPod, rest: Map<string, Live>): Cost | undefined {
    const { status } = gpuPod;
    const endedIds = endedIdsOf(gpuPod);
    // Anybody may write a foreign ID into a status. What is not named for this GpuPod counts until lists show its end.
    for (const podId of endedIds.filter((id) => this.#isNamedFor(gpuPod, id))) {
      this.#live.ended(podId);
      rest.delete(podId);
    }
    // Without the finalizer it is released. An instance that was not seen terminated counts separately.
    if (isDeleting(gpuPod) && !hasFinalizer(gpuPod)) {
      return undefined;
    }
    return status.podId === undefined
      ? pending(gpuPod, rest)
      : endedIds.includes(status.podId)
        ? undefined
        : this.#rented(gpuPod, status.podId, rest);
  }

  #isNamedFor({ metadata }: GpuPod, podId: string): boolean {
    const parts = parsePodName(this.#live.get(podId)?.podName);
    const { installation } = this.#options;
    return parts !== undefined && podNamePrefixes(installation, metadata).includes(namePrefixOf(parts));
  }

  #rented(gpuPod: GpuPod, podId: string, rest: Map<string, Live>): Cost {
    const { offer, createdAt } = gpuPod.status;
    const live = rest.get(podId);
    rest.delete(podId);
    const known = Math.max(saidPrice(gpuPod), live?.price ?? 0);
    const price = known === 0 ? intentOf(gpuPod)?.cost.total : known;
    if (live === undefined) {
      this.#live.enter(podId, gpuPod, price ?? this.#options.assumedPrice);
    } else {
      this.#live.own(podId, gpuPod);
    }
    const isOfThisHour = !(this.#options.clock.nowMs() - Date.parse(createdAt ?? '') >= HOUR_MS);
    const cost = this.#costOf(price);
    return isOfThisHour ? { ...cost, micros: chargedAtOnce(cost.micros, offer?.prepaidHours) } : cost;
  }
}

function endedIdsOf({ status }: GpuPod): readonly string[] {
  const gone = attemptsOf(status).filter(({ outcome }) => outcome !== undefined && outcome !== 'Released');
  return [
    ...gone.map(({ podId }) => podId),
    ...(status.terminatedAt === undefined ? [] : [status.podId]),
  ].filter((podId) => podId !== undefined);
}

function pending(gpuPod: GpuPod, rest: Map<string, Live>): Cost | undefined {
  const intent = unresolvedIntent(gpuPod);
  if (intent === undefined) {
    return undefined;
  }
  let listed = 0;
  const attempt = attemptKey(intent.name);
  for (const [podId, live] of rest) {
    if (attemptOf(live) === attempt) {
      rest.delete(podId);
      listed += live.price ?? intent.cost.total;
    }
  }
  return { micros: Math.max(chargedAtOnce(intent.cost.total, intent.offer.prepaidHours), listed) };
}
