import type { Clock } from '../../clock.ts';
import type { Pod, PodEnding } from './pod.ts';
import { isBillable, priceAt } from './pod.ts';

/** One pod as the provider's books have it. Times are wall times in ms. */
export interface LedgerEntry {
  id: string;
  name: string;
  userId: string;
  teamId: string | null;
  /** Whether all members of the team may use it. */
  sharedWithTeam: boolean;
  createdAtMs: number;
  /** USD per hour, now or at its end. */
  priceHr: number;
  /** USD per hour at creation. */
  createdPriceHr: number;
  /** The create body as sent; null for a planted pod. */
  request: unknown;
  maxPrice: number | null;
  cloudId: string;
  provider: string;
  gpuType: string;
  dataCenter: string | null;
  gpuCount: number;
  isSpot: boolean;
  /** Hours that are charged at once, whatever becomes of the pod. */
  prepaidHours: number;
  origin: 'Api' | 'Planted';
  /** Null while it is billed. */
  endedAtMs: number | null;
  endedBy: PodEnding | null;
  costUsd: number;
}

/** A DELETE that arrived, whatever was answered. */
export interface DeleteRecord {
  requestNumber: number;
  atMs: number;
  podId: string;
  /** Name of the pod if one of that id was ever created. */
  podName: string | null;
  /** NotHandled: a fault answered in the pod's place, nothing happened. */
  result: 'Accepted' | 'Ended' | 'Unknown' | 'Foreign' | 'NotHandled';
}

const MS_PER_HOUR = 3_600_000;

function costOf(pod: Pod, nowMs: number): number {
  const endMs = isBillable(pod, nowMs) || pod.endsAtMs === null ? nowMs : pod.endsAtMs;
  const paidUntilMs = Math.max(endMs, pod.createdAtMs + (pod.offer.prepaidTime ?? 0) * MS_PER_HOUR);
  return pod.prices.reduce((sum, change, index) => {
    const untilMs = Math.min(pod.prices[index + 1]?.fromMs ?? paidUntilMs, paidUntilMs);
    return sum + (Math.max(0, untilMs - change.fromMs) / MS_PER_HOUR) * change.usdPerHour;
  }, 0);
}

/** The books: every pod that was ever created and every DELETE that ever arrived. Tests believe this alone. */
export class Ledger {
  readonly deletes: DeleteRecord[] = [];
  readonly #clock: Clock;
  readonly #pods: ReadonlyMap<string, Pod>;

  constructor(clock: Clock, pods: ReadonlyMap<string, Pod>) {
    this.#clock = clock;
    this.#pods = pods;
  }

  /** The books on one pod. */
  entry(pod: Pod): LedgerEntry {
    const nowMs = this.#clock.nowMs();
    const isLive = isBillable(pod, nowMs);
    return {
      id: pod.id,
      name: pod.name,
      userId: pod.userId,
      teamId: pod.teamId,
      sharedWithTeam: pod.sharedWithTeam,
      createdAtMs: pod.createdAtMs,
      priceHr: priceAt(pod, isLive ? nowMs : (pod.endsAtMs ?? nowMs)),
      createdPriceHr: priceAt(pod, pod.createdAtMs),
      request: pod.request,
      maxPrice: pod.maxPrice,
      cloudId: pod.offer.cloudId,
      provider: pod.offer.provider,
      gpuType: pod.offer.gpuType,
      dataCenter: pod.offer.dataCenter,
      gpuCount: pod.offer.gpuCount,
      isSpot: pod.offer.isSpot ?? false,
      prepaidHours: pod.offer.prepaidTime ?? 0,
      origin: pod.origin,
      endedAtMs: isLive ? null : pod.endsAtMs,
      endedBy: isLive ? null : pod.ending,
      costUsd: costOf(pod, nowMs),
    };
  }

  /** All pods ever created, oldest first. */
  entries(): LedgerEntry[] {
    return [...this.#pods.values()].map((pod) => this.entry(pod));
  }

  /** Pods that cost money now, in whatever state. */
  live(): LedgerEntry[] {
    return this.billableAt(this.#clock.nowMs());
  }

  /** Pods whose name starts so, case-insensitively. */
  byName(namePrefix: string): LedgerEntry[] {
    return this.entries().filter((entry) => entry.name.toLowerCase().startsWith(namePrefix.toLowerCase()));
  }

  /** Pods that cost money at a wall time. */
  billableAt(atMs: number): LedgerEntry[] {
    return [...this.#pods.values()].filter((pod) => isBillable(pod, atMs)).map((pod) => this.entry(pod));
  }

  /** USD billed until now; prepaid hours in full from the start. Rows in EUR are summed as they are. */
  costUsd(): number {
    return this.entries().reduce((sum, entry) => sum + entry.costUsd, 0);
  }

  /** The most pods that were ever billed at the same time, by key; a key of null is left out. */
  maxConcurrentBy(keyOf: (entry: LedgerEntry) => string | null): Map<string, number> {
    const steps = this.entries().flatMap((entry) => {
      const key = keyOf(entry);
      if (key === null) return [];
      return [
        { key, atMs: entry.createdAtMs, change: 1 },
        { key, atMs: entry.endedAtMs ?? Infinity, change: -1 },
      ];
    });
    // At the same instant an end counts before a start: a replacement is no overlap.
    steps.sort((a, b) => a.atMs - b.atMs || a.change - b.change);
    const current = new Map<string, number>();
    const highest = new Map<string, number>();
    for (const { key, change } of steps) {
      const count = (current.get(key) ?? 0) + change;
      current.set(key, count);
      highest.set(key, Math.max(highest.get(key) ?? 0, count));
    }
    return highest;
  }
}
