import { hasFinalizer, isDeleting } from '../../api/gpupod/gpu-pod.ts';
import type { GpuPod } from '../../api/gpupod/gpu-pod.ts';
import { namePrefixOf, parsePodName, podNamePrefixes } from '../../lifecycle/pod-name.ts';
import type { MicroUsd } from '../../offers/money.ts';
import { chargedAtOnce } from '../../offers/upfront.ts';
import type { Clock } from '../../clock.ts';
import { statedIntentOf } from './stated-intent.ts';
import type { StatedIntent, StatedPayers } from './stated-intent.ts';
import type { Live, LiveInstances, LiveInstancesOptions } from './live-instances.ts';
import type { NotCreated } from './not-created.ts';
import type { UnconfirmedIntents } from './unconfirmed-intents.ts';
import type { SentCreates } from './sent-creates.ts';
import { attemptKey, endedIdsOf, gpusOf, intentOf, ownerOf, saidPrice } from './stated.ts';
import { sumOf } from './exact-totals.ts';
import { NOTHING } from './sum-limits.ts';
import type { Cost, Counted } from './sum-limits.ts';

export interface GpuPodCountsParts {
  readonly clock: Clock;
  readonly timings: LiveInstancesOptions['timings'];
  readonly installation: string;
  readonly assumedPrice: MicroUsd | undefined;
  readonly payers: StatedPayers;
  readonly live: LiveInstances;
  readonly sent: SentCreates;
  readonly notCreated: Pick<NotCreated, 'has'>;
  readonly unconfirmed: Pick<UnconfirmedIntents, 'isAbsent'>;
}

/** What is left to be counted, in one pass over GpuPods that may name the same instances. */
export interface Rest {
  /** The instances that these GpuPods may name, as they were before the pass. */
  readonly live: Map<string, Live>;
  readonly isAlive: (uid: string) => boolean;
}

export const HOUR_MS = 3_600_000;
export const COUNTS_NOTHING: Counted = { ...NOTHING, owner: undefined };

/** What each GpuPod counts, by its status, its create intent, and what this process knows better. */
export class GpuPodCounts {
  readonly #parts: GpuPodCountsParts;
  /** From this monotonic time on lists show what an earlier process rented. */
  readonly #listedByMs: number;

  constructor(parts: GpuPodCountsParts) {
    this.#parts = parts;
    const { settleMs, foreignRequestMs } = parts.timings;
    this.#listedByMs = parts.clock.monotonicMs() + foreignRequestMs + settleMs;
  }

  /** What one GpuPod counts. Removes the instances that it counts from `rest`. */
  of(gpuPod: GpuPod, rest: Rest): Counted {
    const { status } = gpuPod;
    const endedIds = endedIdsOf(gpuPod);
    // Anybody may write a foreign ID into a status. What is not named for this GpuPod counts until lists show its end.
    for (const podId of endedIds.filter((id) => this.#isNamedFor(gpuPod, id))) {
      this.#parts.live.ended(podId);
      rest.live.delete(podId);
    }
    // Without the finalizer it is released. An instance that was not seen terminated counts separately.
    if (isDeleting(gpuPod) && !hasFinalizer(gpuPod)) {
      return COUNTS_NOTHING;
    }
    if (status.podId === undefined) {
      return this.#pending(gpuPod, rest);
    }
    return endedIds.includes(status.podId)
      ? COUNTS_NOTHING
      : {
          ...this.#rented(gpuPod, status.podId, rest.live),
          instances: 1,
          gpus: gpusOf(gpuPod),
          owner: ownerOf(gpuPod),
        };
  }

  /**
   * The account that an open create intent needs. One that does not serve the namespace any more is needed as well while
   * lists show an instance, or may not show it yet: nobody else has the key to terminate it.
   */
  neededAccountOf(gpuPod: GpuPod, isListed: boolean): string | undefined {
    const stated = this.#statedIntentOf(gpuPod, () => false);
    if (stated === undefined) {
      return undefined;
    }
    const { isOwn, name, owner, statedOwner } = stated;
    const mayExist = !isListed || !this.isLate || this.#hasListed(name);
    return (isOwn && mayExist ? statedOwner : owner).account;
  }

  #statedIntentOf(gpuPod: GpuPod, isAlive: Rest['isAlive']): StatedIntent | undefined {
    return statedIntentOf(gpuPod, this.#parts.payers, isAlive);
  }

  /** Whether lists show by now what an earlier process rented. */
  get isLate(): boolean {
    return this.#parts.clock.monotonicMs() >= this.#listedByMs;
  }

  #hasListed(name: string): boolean {
    return this.#parts.live.idsOf(attemptKey(name)).length > 0;
  }

  /** What of the rest is of an attempt, by ID. */
  #ofAttempt(name: string, live: Rest['live']): readonly (readonly [string, Live])[] {
    return this.#parts.live.idsOf(attemptKey(name)).flatMap((podId) => {
      const one = live.get(podId);
      return one === undefined ? [] : [[podId, one] as const];
    });
  }

  #take(name: string, live: Rest['live']): readonly Live[] {
    const taken = this.#ofAttempt(name, live);
    for (const [podId] of taken) {
      live.delete(podId);
    }
    return taken.map(([, one]) => one);
  }

  /** What this process sent counts as it was sent, whatever the create intent says. */
  #pending(gpuPod: GpuPod, { live, isAlive }: Rest): Counted {
    const stated = this.#statedIntentOf(gpuPod, isAlive);
    if (stated === undefined || this.#parts.sent.get(stated.name) !== undefined) {
      return COUNTS_NOTHING;
    }
    // A list counts more than the answer to the request.
    if (this.#parts.notCreated.has(stated) && !this.#hasListed(stated.name)) {
      return COUNTS_NOTHING;
    }
    if (!stated.isOwn) {
      return this.#adoptable(stated, live);
    }
    const listed = this.#take(stated.name, live);
    const { namespace, name } = gpuPod.metadata;
    return listed.length === 0 && this.#parts.unconfirmed.isAbsent(`${namespace}/${name}`)
      ? COUNTS_NOTHING
      : this.#ofOwn(stated, listed);
  }

  /** Nothing is known of whose instance it is, but what the create intent states: it counts for its user as well. */
  #ofOwn({ micros, gpus, owner }: StatedIntent, listed: readonly Live[]): Counted {
    const [first] = listed;
    const counted = listed.map((live) => countedLive(live, micros));
    const total = sumOf(counted);
    return {
      micros: Math.max(micros, total.micros),
      instances: Math.max(1, total.instances),
      gpus: Math.max(gpus, total.gpus),
      ...(first === undefined
        ? { owner }
        : { owner: first.owner, userId: first.userId, podName: first.podName, statedOwner: owner }),
    };
  }

  /**
   * Another GpuPod may be the one that adopts the instance, so it counts by itself once it is listed. Anybody can make
   * up a UID that vanished, so an instance counts without a list only as long as lists may not show it.
   */
  #adoptable({ name, micros, gpus, owner }: StatedIntent, live: Map<string, Live>): Counted {
    const isListed = this.#hasListed(name);
    for (const [podId, one] of this.#ofAttempt(name, live)) {
      live.set(podId, { ...one, statedOwner: owner });
    }
    return isListed || this.isLate ? COUNTS_NOTHING : { micros, instances: 1, gpus, owner };
  }

  #isNamedFor({ metadata }: GpuPod, podId: string): boolean {
    const parts = parsePodName(this.#parts.live.get(podId)?.podName);
    const { installation } = this.#parts;
    return parts !== undefined && podNamePrefixes(installation, metadata).includes(namePrefixOf(parts));
  }

  #rented(gpuPod: GpuPod, podId: string, rest: Map<string, Live>): Cost {
    const { offer, createdAt } = gpuPod.status;
    const live = rest.get(podId);
    rest.delete(podId);
    const known = Math.max(saidPrice(gpuPod), live?.price ?? 0);
    const price = known === 0 ? intentOf(gpuPod)?.cost.total : known;
    if (live === undefined) {
      this.#parts.live.enter(podId, gpuPod, price ?? this.#parts.assumedPrice);
    } else {
      this.#parts.live.own(podId, gpuPod);
    }
    const isOfThisHour = !isHourOver(Date.parse(createdAt ?? ''), this.#parts.clock.nowMs());
    const cost = costOf(price, this.#parts.assumedPrice);
    return isOfThisHour ? { ...cost, micros: chargedAtOnce(cost.micros, offer?.prepaidHours) } : cost;
  }
}

/** Whether an instance of this time bills by the hour by now; false where nobody knows when it was created. */
export function isHourOver(createdAtMs: number, nowMs: number): boolean {
  return nowMs - createdAtMs >= HOUR_MS;
}

/** @param assumedPrice what it counts while no list states its price */
export function countedLive(
  { price, gpus = 1, owner, userId, podName, statedOwner }: Live,
  assumedPrice: MicroUsd | undefined,
): Counted {
  return { ...costOf(price, assumedPrice), instances: 1, gpus, owner, userId, podName, statedOwner };
}

/** Without any price it may cost anything. */
export function costOf(price: MicroUsd | undefined, assumedPrice: MicroUsd | undefined): Cost {
  const known = price ?? assumedPrice;
  return known === undefined ? { micros: 0, isPriceUnknown: true } : { micros: known };
}
