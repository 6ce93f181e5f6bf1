import type { Clock } from '../clock.ts';
import { hasFinalizer, isDeleting } from '../api/gpu-pod.ts';
import type { GpuPod } from '../api/gpu-pod.ts';
import { unresolvedIntent } from '../lifecycle/intent.ts';
import type { Intent } from '../lifecycle/intent.ts';
import { parsePodName } from '../lifecycle/pod-name.ts';
import type { InstanceSnapshot, Wallet } from '../lifecycle/provider.ts';
import type { ProtocolTimings } from '../lifecycle/settings.ts';
import { attemptsOf, currentAttempt } from '../lifecycle/status/attempts.ts';
import { priceToMicros } from '../offers/money.ts';
import type { MicroUsd } from '../offers/money.ts';
import { chargedAtOnce } from '../offers/upfront.ts';
import type { InventoryResult } from './inventory.ts';
import type { GpuPodView } from './ports.ts';
import { ReadOnce } from './read-once.ts';
import type { RetainedInstance } from './retained-instances.ts';
import { attemptKey, listedPrice, intentOf, saidPrice } from './stated.ts';

export interface ReservationsOptions {
  readonly view: Pick<GpuPodView, 'list'>;
  readonly clock: Clock;
  readonly installation: string;
  readonly timings: Pick<ProtocolTimings, 'settleMs' | 'goneSpacingMs'>;
  /** What an instance counts whose price nobody knows. */
  readonly assumedPrice: MicroUsd;
}

/** Why an instance bills that belongs to no GpuPod (any more). */
export type UnownedKind = 'retained' | 'released' | 'orphaned';

/** An instance that was seen live and has not been seen to end. */
interface Live {
  readonly podName: string | undefined;
  /** Whose complete list would show it. */
  readonly wallet: Wallet;
  readonly price: MicroUsd | undefined;
  /** When it came onto the books: lists show instances late. */
  readonly sinceMs: number;
  /** Begin of the first complete list that does not show it. */
  readonly missingSinceMs?: number;
  readonly kind?: UnownedKind;
}

/** What counts for one GpuPod, or for an instance without one. */
interface Sum {
  readonly byUid: ReadonlyMap<string, MicroUsd>;
  readonly unowned: readonly (readonly [Live, MicroUsd])[];
}

const UNOWNED: readonly UnownedKind[] = ['retained', 'released', 'orphaned'];
const HOUR_MS = 3_600_000;
/** What a list showed once is not too young for lists. */
const SHOWN = -Infinity;

/**
 * The books of `--max-total-price-per-hour`: what all instances of this installation cost an hour. What a complete list
 * shows as ours counts until it is seen to end, whether or not a GpuPod still names it; open create intents and creates
 * in flight count besides, and each instance counts once.
 */
export class Reservations {
  readonly #options: ReservationsOptions;
  /** Orders of this process that may not stand on their objects yet. */
  readonly #reserved = new Map<string, MicroUsd>();
  readonly #live = new Map<string, Live>();
  /** What prepaid orders charged at once, by the name of the instance: it counts for an hour, whatever becomes of it. */
  readonly #charges = new Map<
    string,
    { readonly uid: string; readonly micros: MicroUsd; readonly atMs: number }
  >();
  readonly #objects = new ReadOnce();
  #hasInventory = false;

  constructor(options: ReservationsOptions) {
    this.#options = options;
  }

  /** Takes a complete list over. Two of them, far enough apart, that do not show an instance are needed to strike it off. */
  takeInventory({ instances, beganAtMs }: InventoryResult, complete: ReadonlySet<Wallet>): void {
    this.#hasInventory ||= complete.size > 0;
    const listed = new Map(instances.map((instance) => [instance.podId, instance]));
    for (const instance of instances) {
      this.#enter(instance);
    }
    for (const [podId, live] of this.#live) {
      if (!listed.has(podId) && complete.has(live.wallet)) {
        this.#miss(podId, live, beganAtMs);
      }
    }
  }

  #enter(instance: InstanceSnapshot): void {
    const { podId, name, status } = instance;
    const known = this.#live.get(podId);
    if (status === 'TERMINATED') {
      this.#live.delete(podId);
    } else if (known !== undefined || parsePodName(name)?.installation === this.#options.installation) {
      this.#live.set(podId, shown(instance, known));
    }
  }

  #miss(podId: string, live: Live, beganAtMs: number): void {
    const { settleMs, goneSpacingMs } = this.#options.timings;
    if (beganAtMs < live.sinceMs + settleMs) {
      return;
    }
    const { missingSinceMs = beganAtMs } = live;
    if (beganAtMs - missingSinceMs >= goneSpacingMs) {
      this.#live.delete(podId);
    } else {
      this.#live.set(podId, { ...live, missingSinceMs });
    }
  }

  /** Its GpuPod goes, and its end was not seen: it stays on the books. */
  keep(podId: string, gpuPod: GpuPod, kind: UnownedKind): void {
    const known = this.#live.get(podId);
    const price = Math.max(saidPrice(gpuPod), known?.price ?? 0);
    this.#live.set(podId, {
      ...(known ?? this.#fresh(gpuPod)),
      price: price === 0 ? undefined : price,
      kind,
    });
  }

  #fresh(gpuPod: GpuPod): Omit<Live, 'price'> {
    const { podName } = gpuPod.status;
    const wallet = currentAttempt(gpuPod.status)?.teamId ?? intentOf(gpuPod)?.teamId;
    return { podName, wallet, sinceMs: this.#options.clock.monotonicMs() };
  }

  /** It was left running on purpose, as an earlier process wrote down. */
  markRetained(podId: string): void {
    const known = this.#live.get(podId);
    if (known !== undefined) {
      this.#live.set(podId, { ...known, kind: 'retained' });
    }
  }

  /** As an earlier process wrote down: it bills until it is seen to end, whatever it is called by now. */
  enterRetained({ podId, podName, teamId, usdPerHour }: RetainedInstance): void {
    if (!this.#live.has(podId)) {
      const price = usdPerHour === undefined ? undefined : priceToMicros(usdPerHour);
      const sinceMs = this.#options.clock.monotonicMs();
      this.#live.set(podId, { podName, wallet: teamId, price, sinceMs, kind: 'retained' });
    }
  }

  /** It was seen to have ended. */
  ended(podId: string): void {
    this.#live.delete(podId);
  }

  /** One object was looked at: what it rents is on the books from now on, and what it saw end is off them. */
  note(gpuPod: GpuPod): void {
    const { podId = '' } = gpuPod.status;
    const live = this.#live.get(podId);
    this.#reservedFor(gpuPod, new Map(live === undefined ? [] : [[podId, live]]));
  }

  /** Micro-dollars an hour of all but this object; undefined before the first complete list. */
  elsewhere(uid: string): MicroUsd | undefined {
    if (!this.#hasInventory) {
      return undefined;
    }
    const { byUid, unowned } = this.#sum();
    const counted = new Map(byUid);
    for (const [owner, price] of this.#reserved) {
      counted.set(owner, Math.max(price, counted.get(owner) ?? 0));
    }
    const charges = this.#openCharges(counted, uid);
    counted.delete(uid);
    const amounts = [...counted.values(), ...unowned.map(([, price]) => price), ...charges];
    return amounts.reduce((total, price) => total + price, 0);
  }

  /** What bills and belongs to no GpuPod, in micro-dollars an hour. */
  unowned(): ReadonlyMap<UnownedKind, MicroUsd> {
    const totals = new Map<UnownedKind, MicroUsd>(UNOWNED.map((kind) => [kind, 0]));
    for (const [{ kind = 'orphaned' }, price] of this.#sum().unowned) {
      totals.set(kind, (totals.get(kind) ?? 0) + price);
    }
    return totals;
  }

  /** Sets the price aside if it fits under the limit; nothing happens between the check and the note. */
  reserve(uid: string, intent: Intent, limit: MicroUsd | undefined): boolean {
    const charged = chargedAtOnce(intent.cost.total, intent.offer.prepaidHours);
    if (limit !== undefined) {
      const others = this.elsewhere(uid);
      if (others === undefined || others + charged > limit) {
        return false;
      }
    }
    this.#reserved.set(uid, charged);
    if (charged > intent.cost.total) {
      this.#charges.set(intent.name, { uid, micros: charged, atMs: this.#options.clock.monotonicMs() });
    }
    return true;
  }

  /** The order is on the object by now, or came to nothing: then it charged nothing either. */
  release(uid: string, create?: { readonly name: string; readonly isCharged: boolean }): void {
    this.#reserved.delete(uid);
    if (create?.isCharged === false) {
      this.#charges.delete(create.name);
    }
  }

  /** Of prepaid orders within the hour whose charge is not counted already, those of this object included. */
  #openCharges(counted: ReadonlyMap<string, MicroUsd>, uid: string): readonly MicroUsd[] {
    const nowMs = this.#options.clock.monotonicMs();
    const open: MicroUsd[] = [];
    for (const [name, charge] of this.#charges) {
      if (nowMs - charge.atMs >= HOUR_MS) {
        this.#charges.delete(name);
      } else {
        open.push(Math.max(0, charge.micros - (charge.uid === uid ? 0 : (counted.get(charge.uid) ?? 0))));
      }
    }
    return open;
  }

  #sum(): Sum {
    const byUid = new Map<string, MicroUsd>();
    const rest = new Map(this.#live);
    for (const raw of this.#options.view.list()) {
      const gpuPod = this.#objects.read(raw);
      if (gpuPod !== undefined && !byUid.has(gpuPod.metadata.uid)) {
        byUid.set(gpuPod.metadata.uid, this.#reservedFor(gpuPod, rest));
      }
    }
    const { assumedPrice } = this.#options;
    return { byUid, unowned: [...rest.values()].map((live) => [live, live.price ?? assumedPrice]) };
  }

  /** What one object counts; the instances that it counts are taken out of `rest`. */
  #reservedFor(gpuPod: GpuPod, rest: Map<string, Live>): MicroUsd {
    const { status } = gpuPod;
    const gone = attemptsOf(status).filter(({ outcome }) => outcome !== undefined && outcome !== 'Released');
    const endedIds = [
      ...gone.map(({ podId }) => podId),
      ...(status.terminatedAt === undefined ? [] : [status.podId]),
    ].filter((podId) => podId !== undefined);
    for (const podId of endedIds) {
      this.#live.delete(podId);
      rest.delete(podId);
    }
    // Its finalizer is gone: what was not seen to end is on the books by itself.
    if (isDeleting(gpuPod) && !hasFinalizer(gpuPod)) {
      return 0;
    }
    return status.podId === undefined
      ? this.#pending(gpuPod, rest)
      : endedIds.includes(status.podId)
        ? 0
        : this.#rented(gpuPod, status.podId, rest);
  }

  #rented(gpuPod: GpuPod, podId: string, rest: Map<string, Live>): MicroUsd {
    const { offer, createdAt } = gpuPod.status;
    const live = rest.get(podId);
    rest.delete(podId);
    const known = Math.max(saidPrice(gpuPod), live?.price ?? 0);
    const price = known === 0 ? (intentOf(gpuPod)?.cost.total ?? this.#options.assumedPrice) : known;
    if (live === undefined) {
      // Should its object be torn out before the next list, it still bills.
      this.#live.set(podId, { ...this.#fresh(gpuPod), price });
    }
    const isOfThisHour = !(this.#options.clock.nowMs() - Date.parse(createdAt ?? '') >= HOUR_MS);
    return isOfThisHour ? chargedAtOnce(price, offer?.prepaidHours) : price;
  }

  #pending(gpuPod: GpuPod, rest: Map<string, Live>): MicroUsd {
    const intent = unresolvedIntent(gpuPod);
    if (intent === undefined) {
      return 0;
    }
    let listed = 0;
    for (const [podId, { podName, price }] of rest) {
      if (attemptKey(podName) === attemptKey(intent.name)) {
        rest.delete(podId);
        listed += price ?? intent.cost.total;
      }
    }
    return Math.max(chargedAtOnce(intent.cost.total, intent.offer.prepaidHours), listed);
  }
}

function shown(instance: InstanceSnapshot, known: Live | undefined): Live {
  const { missingSinceMs: _missing, ...standing } = known ?? {};
  return {
    ...standing,
    podName: instance.name ?? known?.podName,
    wallet: instance.teamId ?? known?.wallet,
    price: listedPrice(instance) ?? known?.price,
    sinceMs: SHOWN,
  };
}
