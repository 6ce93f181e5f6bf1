import { isReleased } from '../../api/gpupod/gpu-pod.ts';
import type { GpuPod } from '../../api/gpupod/gpu-pod.ts';
import type { MicroUsd } from '../../offers/money.ts';
import { chargedAtOnce } from '../../offers/upfront.ts';
import type { Clock } from '../../clock.ts';
import { attemptKey } from '../../lifecycle/pod-name.ts';
import { statedIntentOf } from './stated-intent.ts';
import type { StatedIntent, StatedPayers } from './stated-intent.ts';
import type { Live, LiveInstances, LiveInstancesOptions } from './live-instances.ts';
import type { NotCreated } from './not-created.ts';
import type { OpenIntents } from './open-intents.ts';
import type { SentCreates } from './sent-creates.ts';
import { isSaidEnded, ownerOf } from './stated.ts';
import { sumOf } from './exact-totals.ts';
import { figuresOf } from './recorded-figures.ts';
import type { RecordProofs } from './recorded-figures.ts';
import { NOTHING } from './sum-limits.ts';
import type { Cost, Counted } from './sum-limits.ts';

export interface GpuPodCountsParts {
  readonly clock: Clock;
  readonly timings: LiveInstancesOptions['timings'];
  readonly assumedPrice: MicroUsd | undefined;
  readonly payers: StatedPayers;
  /** Undefined: nothing can be proven, and every record is believed. */
  readonly proofs?: RecordProofs | undefined;
  readonly live: LiveInstances;
  readonly sent: SentCreates;
  readonly notCreated: Pick<NotCreated, 'has'>;
  readonly openIntents: Pick<OpenIntents, 'isAbsent'>;
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
    // An instance that was not seen terminated counts separately.
    if (isReleased(gpuPod)) {
      return COUNTS_NOTHING;
    }
    const { podId } = gpuPod.status;
    return podId === undefined ? this.#pending(gpuPod, rest) : this.#rented(gpuPod, podId, rest.live);
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
    const mayExist = !isListed || !this.isSettled || this.#hasListed(name);
    return (isOwn && mayExist ? statedOwner : owner).account;
  }

  #statedIntentOf(gpuPod: GpuPod, isAlive: Rest['isAlive']): StatedIntent | undefined {
    return statedIntentOf(gpuPod, this.#parts.payers, isAlive);
  }

  /** Whether lists show by now what an earlier process rented. */
  get isSettled(): boolean {
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
    return listed.length === 0 && this.#parts.openIntents.isAbsent(`${namespace}/${name}`)
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
    return isListed || this.isSettled ? COUNTS_NOTHING : { micros, instances: 1, gpus, owner };
  }

  /**
   * What nothing proves counts by itself once lists show it. They count more than the status: what they show counts at
   * their price, whatever the status says of its end.
   */
  #rented(gpuPod: GpuPod, podId: string, rest: Map<string, Live>): Counted {
    const { live, assumedPrice, proofs } = this.#parts;
    const known = rest.get(podId);
    if (!this.#isRecorded(gpuPod, podId, known)) {
      return COUNTS_NOTHING;
    }
    rest.delete(podId);
    const { price, gpus, prepaidHours } = figuresOf(gpuPod, known, proofs);
    if (known === undefined) {
      live.enter(podId, gpuPod, price ?? assumedPrice);
    } else {
      live.own(podId, gpuPod);
    }
    const cost = this.#costInThisHour(gpuPod, costOf(price, assumedPrice), prepaidHours);
    return { ...cost, instances: 1, gpus, owner: ownerOf(gpuPod) };
  }

  /** Whether the GpuPod surely has this instance, as far as lists do not show its end. */
  #isRecorded(gpuPod: GpuPod, podId: string, known: Live | undefined): boolean {
    const { live, proofs } = this.#parts;
    const isOver = known === undefined && (live.hasEnded(podId) || isSaidEnded(gpuPod));
    return !isOver && proofs?.isStatusProven(gpuPod) !== false;
  }

  #costInThisHour({ status: { createdAt } }: GpuPod, cost: Cost, prepaidHours: number): Cost {
    const isOver = isHourOver(Date.parse(createdAt ?? ''), this.#parts.clock.nowMs());
    return isOver ? cost : { ...cost, micros: chargedAtOnce(cost.micros, prepaidHours) };
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
