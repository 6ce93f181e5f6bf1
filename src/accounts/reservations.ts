import type { Clock } from '../clock.ts';
import { hasFinalizer, isDeleting, parseGpuPod } from '../api/gpupod/gpu-pod.ts';
import type { GpuPod } from '../api/gpupod/gpu-pod.ts';
import { unresolvedIntent } from '../lifecycle/intent.ts';
import type { Intent } from '../lifecycle/intent.ts';
import { parsePodName } from '../lifecycle/pod-name.ts';
import type { InstanceSnapshot, Wallet } from '../lifecycle/provider.ts';
import type { ProtocolTimings } from '../lifecycle/settings.ts';
import { attemptsOf, currentAttempt } from '../lifecycle/status/attempts.ts';
import { priceToMicros } from '../offers/money.ts';
import type { MicroUsd } from '../offers/money.ts';
import { chargedAtOnce } from '../offers/upfront.ts';
import type { GpuPodList } from './account-evidence.ts';
import type { InventoryResult } from './inventory.ts';
import { attemptKey, listedPrice, intentOf, saidPrice } from './stated.ts';
import type { RetainedEntry } from './stated.ts';

export interface ReservationsOptions {
  readonly view: GpuPodList;
  readonly clock: Clock;
  readonly installation: string;
  readonly timings: Pick<ProtocolTimings, 'settleMs' | 'goneSpacingMs'>;
  /** What an instance with an unknown price counts. */
  readonly assumedPrice: MicroUsd;
}

/** Why a billing instance belongs to no GpuPod. */
export type UnownedKind = 'retained' | 'released' | 'orphaned';

/** An instance that was seen live and not seen terminated. */
interface Live {
  readonly podName: string | undefined;
  /** The wallet whose complete list would show it. */
  readonly wallet: Wallet;
  readonly price: MicroUsd | undefined;
  /** When it was first counted, as a monotonic time. Lists show new instances late. */
  readonly sinceMs: number;
  /** Begin of the first complete list that does not show it, as a monotonic time. */
  readonly missingSinceMs?: number;
  readonly kind?: UnownedKind;
}

/** What each GpuPod counts, and the instances without one. */
interface Sum {
  readonly byUid: ReadonlyMap<string, MicroUsd>;
  readonly unowned: readonly (readonly [Live, MicroUsd])[];
}

const UNOWNED: readonly UnownedKind[] = ['retained', 'released', 'orphaned'];
const HOUR_MS = 3_600_000;
/** An instance that a list showed once is old enough for all later lists. */
const SHOWN = -Infinity;

/**
 * The sums behind `--max-total-price-per-hour`: what all instances of this installation cost per hour. An instance of
 * ours in a complete list counts until it is seen terminated, even if no GpuPod names it. Pending creates and
 * reservations count as well. Each instance counts once.
 */
export class Reservations {
  readonly #options: ReservationsOptions;
  /** Reservations of this process whose create intents may not be on the GpuPods yet. */
  readonly #reserved = new Map<string, MicroUsd>();
  readonly #live = new Map<string, Live>();
  /** What prepaid create requests charged, by instance name. It counts for an hour, even if the instance ends. */
  readonly #charges = new Map<
    string,
    { readonly uid: string; readonly micros: MicroUsd; readonly atMs: number }
  >();
  #hasInventory = false;

  constructor(options: ReservationsOptions) {
    this.#options = options;
  }

  /** Takes a complete list. An instance is dropped only after two lists, far enough apart, that do not show it. */
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

  /** Keeps counting an instance whose GpuPod is released without a proven termination. */
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

  /** An earlier process recorded that the instance is retained. */
  markRetained(podId: string): void {
    const known = this.#live.get(podId);
    if (known !== undefined) {
      this.#live.set(podId, { ...known, kind: 'retained' });
    }
  }

  /** An earlier process recorded the retained instance. It counts until it is seen terminated, even if renamed. */
  enterRetained({ podId, podName, teamId, usdPerHour }: RetainedEntry): void {
    if (!this.#live.has(podId)) {
      const price = usdPerHour === undefined ? undefined : priceToMicros(usdPerHour);
      const sinceMs = this.#options.clock.monotonicMs();
      this.#live.set(podId, { podName, wallet: teamId, price, sinceMs, kind: 'retained' });
    }
  }

  /** The instance was seen terminated. */
  ended(podId: string): void {
    this.#live.delete(podId);
  }

  /** Updates the sums from one GpuPod: adds its instance, and drops those that it saw terminated. */
  note(gpuPod: GpuPod): void {
    const { podId = '' } = gpuPod.status;
    const live = this.#live.get(podId);
    this.#reservedFor(gpuPod, new Map(live === undefined ? [] : [[podId, live]]));
  }

  /** Micro-dollars per hour of all other GpuPods and instances; undefined before the first complete list. */
  elsewhere(uid: string): MicroUsd | undefined {
    return this.#hasInventory ? this.counted(uid) : undefined;
  }

  /** The same as far as it is known, with or without a list. */
  counted(uid: string): MicroUsd {
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

  /** Micro-dollars per hour of the billing instances without a GpuPod. */
  unowned(): ReadonlyMap<UnownedKind, MicroUsd> {
    const totals = new Map<UnownedKind, MicroUsd>(UNOWNED.map((kind) => [kind, 0]));
    for (const [{ kind = 'orphaned' }, price] of this.#sum().unowned) {
      totals.set(kind, (totals.get(kind) ?? 0) + price);
    }
    return totals;
  }

  /** Reserves the price if it is known to fit under the limit. Check and reservation are one synchronous step. */
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

  /** Drops the reservation: the intent is on the GpuPod, or nothing was created and therefore nothing charged. */
  release(uid: string, create?: { readonly name: string; readonly isCharged: boolean }): void {
    this.#reserved.delete(uid);
    if (create?.isCharged === false) {
      this.#charges.delete(create.name);
    }
  }

  /** Charges of the last hour's prepaid create requests that the sums do not include, this GpuPod's included. */
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
      const parsed = parseGpuPod(raw);
      if (parsed.kind === 'ok' && !byUid.has(parsed.gpuPod.metadata.uid)) {
        byUid.set(parsed.gpuPod.metadata.uid, this.#reservedFor(parsed.gpuPod, rest));
      }
    }
    const { assumedPrice } = this.#options;
    return { byUid, unowned: [...rest.values()].map((live) => [live, live.price ?? assumedPrice]) };
  }

  /** What one GpuPod counts. Removes the instances that it counts from `rest`. */
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
    // Without the finalizer it is released. An instance that was not seen terminated counts separately.
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
      // The instance keeps billing even if its GpuPod is force-deleted before the next list.
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
