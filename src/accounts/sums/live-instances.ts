import type { Clock } from '../../clock.ts';
import type { GpuPod } from '../../api/gpupod/gpu-pod.ts';
import { ChangeNotes } from '../../kubernetes/cache/change-notes.ts';
import { attemptKey, parsePodName } from '../../lifecycle/pod-name.ts';
import type { InstanceSnapshot, Wallet } from '../../lifecycle/provider.ts';
import type { ProtocolTimings } from '../../lifecycle/settings.ts';
import { priceToMicros } from '../../offers/money.ts';
import type { MicroUsd } from '../../offers/money.ts';
import type { InventoryResult } from '../instances/listed-rows.ts';
import { Ends } from './ends.ts';
import { KeyIndex } from './key-index.ts';
import { gpusOf, listedPrice, ownerOf, saidPrice, userOf, walletOf } from './stated.ts';
import type { Owner, RetainedEntry } from './stated.ts';

export interface LiveInstancesOptions {
  readonly clock: Clock;
  readonly installation: string;
  readonly timings: Pick<
    ProtocolTimings,
    'settleMs' | 'settleSpacingMs' | 'massAbsenceMs' | 'foreignRequestMs'
  >;
}

/** Why a billing instance belongs to no GpuPod. */
export type UnownedKind = 'retained' | 'released' | 'orphaned';

/** The session that lists: its account's name, and the user of its key. */
export interface Lister {
  readonly name: string;
  readonly userId: string | undefined;
  /** The operator's own key, which also lists what no user is recorded for. */
  readonly isOwn: boolean;
}

/** An instance that was seen live and not seen terminated. */
export interface Live {
  readonly podName: string | undefined;
  /** The wallet whose complete list would show it. */
  readonly wallet: Wallet;
  /** The user whose lists show it; undefined: that of the operator's own key. */
  readonly userId: string | undefined;
  /** Whose GpuPod it was; undefined for an instance that this process knows only from a list. */
  readonly owner: Owner | undefined;
  readonly price: MicroUsd | undefined;
  readonly gpus: number | undefined;
  /** When it was first counted, as a monotonic time. Lists show new instances late. */
  readonly sinceMs: number;
  /** Begin of the first complete list that does not show it, as a monotonic time. */
  readonly missingSinceMs?: number;
  readonly kind?: UnownedKind;
  /** Whom a create intent names as its account, in one sum; nothing else confirms it. */
  readonly statedOwner?: Owner;
}

/** An instance that a list showed once is old enough for all later lists. */
const SHOWN = -Infinity;

/**
 * The instances of this installation on all accounts that were seen live and not seen terminated, by ID. All accounts
 * are of one provider, so an ID that two of them list is one instance.
 */
export class LiveInstances {
  readonly #options: LiveInstancesOptions;
  readonly #live = new Map<string, Live>();
  readonly #ends: Ends;
  readonly #byAttempt = new KeyIndex();
  readonly #changed = new ChangeNotes<Live>();

  constructor(options: LiveInstancesOptions) {
    this.#options = options;
    this.#ends = new Ends(options.clock);
  }

  /** The instances that changed since the last call, by ID, as they were then. */
  takeChanged(): ReadonlyMap<string, Live | undefined> {
    return this.#changed.take();
  }

  /** The teams in whose wallets they are. */
  teams(): ReadonlySet<string> {
    return new Set([...this.#live.values()].flatMap(({ wallet }) => (wallet === undefined ? [] : [wallet])));
  }

  get(podId: string): Live | undefined {
    return this.#live.get(podId);
  }

  /** Whether it was seen terminated, and no later list has shown it. */
  hasEnded(podId: string): boolean {
    return this.#ends.has(podId);
  }

  /** IDs of the instances of an attempt, see `attemptKey`. */
  idsOf(attempt: string): readonly string[] {
    return [...this.#byAttempt.of(attempt)].toSorted();
  }

  /** Lets the instances of a create request count for whoever sent it. False if none is known. */
  takeOver(attempt: string, { owner, gpus }: { readonly owner: Owner; readonly gpus: number }): boolean {
    const shown = this.idsOf(attempt);
    for (const podId of shown) {
      this.#update(podId, (live) => ({ ...live, owner: live.owner ?? owner, gpus: live.gpus ?? gpus }));
    }
    return shown.length > 0;
  }

  /**
   * Takes a complete list. An instance that no list shows any more is dropped after so long that a wrong answer of the
   * provider is unlikely: nobody reads it by its ID, and what is dropped makes room for further instances.
   */
  takeInventory(
    lister: Lister,
    { instances, beganAtMs }: InventoryResult,
    complete: ReadonlySet<Wallet>,
  ): void {
    const listed = new Set(instances.map(({ podId }) => podId));
    for (const instance of instances.filter(({ podId }) => !this.#ends.isAfter(podId, beganAtMs))) {
      this.#enter(lister, instance);
    }
    for (const [podId, live] of this.#live) {
      if (!listed.has(podId) && complete.has(live.wallet) && isListedBy(live, lister)) {
        this.#miss(podId, live, beganAtMs);
      }
    }
  }

  #enter({ userId }: Lister, instance: InstanceSnapshot): void {
    const { podId, name, status } = instance;
    const known = this.#live.get(podId);
    if (status === 'TERMINATED') {
      this.ended(podId);
    } else if (known !== undefined || parsePodName(name)?.installation === this.#options.installation) {
      this.#ends.drop(podId);
      this.#put(podId, { ...shown(instance, known), userId: userId ?? known?.userId });
    }
  }

  #miss(podId: string, live: Live, beganAtMs: number): void {
    const { settleMs, massAbsenceMs } = this.#options.timings;
    // Whoever keeps the record of a retained instance reads it by its ID, and says when it has ended.
    if (live.kind === 'retained' || beganAtMs < live.sinceMs + settleMs) {
      return;
    }
    const { missingSinceMs = beganAtMs } = live;
    if (beganAtMs - missingSinceMs >= massAbsenceMs) {
      this.#drop(podId);
    } else {
      this.#put(podId, { ...live, missingSinceMs });
    }
  }

  /** Keeps counting the instance of a GpuPod, for this price, even if the GpuPod is removed before the next list. */
  enter(podId: string, gpuPod: GpuPod, price: MicroUsd | undefined): void {
    this.#put(podId, { ...this.#fresh(gpuPod), price });
  }

  /** Notes whose instance it is, for the time after its GpuPod. */
  own(podId: string, gpuPod: GpuPod): void {
    if (this.#live.get(podId)?.owner === undefined) {
      const owner = ownerOf(gpuPod);
      this.#update(podId, (known) => ({ ...known, owner, gpus: known.gpus ?? gpusOf(gpuPod) }));
    }
  }

  /** Keeps counting an instance whose GpuPod is released without a proven termination. */
  keep(podId: string, gpuPod: GpuPod, kind: UnownedKind): void {
    const known = this.#live.get(podId);
    const price = Math.max(saidPrice(gpuPod), known?.price ?? 0);
    this.#put(podId, {
      ...(known ?? this.#fresh(gpuPod)),
      owner: known?.owner ?? ownerOf(gpuPod),
      gpus: known?.gpus ?? gpusOf(gpuPod),
      price: price === 0 ? undefined : price,
      kind,
    });
  }

  #fresh(gpuPod: GpuPod): Omit<Live, 'price'> {
    const { podName } = gpuPod.status;
    return {
      podName,
      wallet: walletOf(gpuPod),
      userId: userOf(gpuPod),
      owner: ownerOf(gpuPod),
      gpus: gpusOf(gpuPod),
      sinceMs: this.#options.clock.monotonicMs(),
    };
  }

  /** An earlier process recorded that the instance is retained. */
  markRetained(podId: string): void {
    this.#update(podId, (known) => ({ ...known, kind: 'retained' }));
  }

  /** The record of retained instances has only these. Whatever else was in it goes once lists lack it. */
  unmarkRetained(recorded: ReadonlySet<string>): void {
    for (const [podId, live] of this.#live) {
      if (live.kind === 'retained' && !recorded.has(podId)) {
        const { kind: _kind, ...unmarked } = live;
        this.#put(podId, unmarked);
      }
    }
  }

  /** An earlier process recorded the retained instance. It counts until it is seen terminated, even if renamed. */
  enterRetained({ podId, podName, teamId, usdPerHour, gpuCount, account, owner }: RetainedEntry): void {
    if (this.#live.has(podId)) {
      this.#update(podId, (known) => ({ ...known, owner: known.owner ?? owner, kind: 'retained' }));
      return;
    }
    this.#put(podId, {
      podName,
      wallet: teamId,
      userId: account?.userId,
      owner,
      price: usdPerHour === undefined ? undefined : priceToMicros(usdPerHour),
      gpus: gpuCount,
      sinceMs: this.#options.clock.monotonicMs(),
      kind: 'retained',
    });
  }

  /** The provider stated this price after the last list. */
  priced(podId: string, price: MicroUsd): void {
    this.#update(podId, (known) => ({ ...known, price }));
  }

  /** The instance was seen terminated. */
  ended(podId: string): void {
    this.#ends.note(podId);
    this.#drop(podId);
  }

  #drop(podId: string): void {
    const known = this.#live.get(podId);
    if (known !== undefined) {
      this.#byAttempt.delete(attemptKey(known.podName), podId);
      this.#live.delete(podId);
      this.#changed.add(podId, known, undefined);
    }
  }

  #update(podId: string, change: (known: Live) => Live): void {
    const known = this.#live.get(podId);
    if (known !== undefined) {
      this.#put(podId, change(known));
    }
  }

  /** The one place where an instance is kept. A list mostly shows what the last one showed. */
  #put(podId: string, live: Live): void {
    const known = this.#live.get(podId);
    if (known !== undefined && isEqual(known, live)) {
      return;
    }
    if (known === undefined || known.podName !== live.podName) {
      this.#byAttempt.delete(attemptKey(known?.podName), podId);
      this.#byAttempt.add(attemptKey(live.podName), podId);
    }
    this.#live.set(podId, live);
    this.#changed.add(podId, known, live);
  }
}

/** Each field, because a comparison of ten thousand instances follows each list of so many. */
function isEqual(one: Live, other: Live): boolean {
  return (
    one.podName === other.podName &&
    one.wallet === other.wallet &&
    one.userId === other.userId &&
    one.owner === other.owner &&
    one.price === other.price &&
    one.gpus === other.gpus &&
    one.sinceMs === other.sinceMs &&
    one.missingSinceMs === other.missingSinceMs &&
    one.kind === other.kind
  );
}

/** Where the user of the own key is unknown, it lists what no account of the cluster pays for. */
export function isListedBy({ userId, owner }: Pick<Live, 'userId' | 'owner'>, lister: Lister): boolean {
  if (userId === undefined || lister.userId === undefined) {
    return lister.isOwn && (owner === undefined || owner.account === lister.name);
  }
  return userId === lister.userId;
}

function shown(instance: InstanceSnapshot, known: Live | undefined): Omit<Live, 'userId'> {
  const { missingSinceMs: _missing, ...standing } = known ?? {};
  return {
    owner: undefined,
    ...standing,
    podName: instance.name ?? known?.podName,
    wallet: instance.teamId ?? known?.wallet,
    price: listedPrice(instance) ?? known?.price,
    gpus: instance.gpuCount ?? known?.gpus,
    sinceMs: SHOWN,
  };
}
