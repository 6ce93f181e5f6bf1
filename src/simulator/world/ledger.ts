import type { Clock } from '../../clock.ts';
import type { Pod, PodEnding } from './pod.ts';
import { isBillable, priceAt } from './pod.ts';

/** One instance in the ledger. Times are wall clock times in ms. */
export interface LedgerEntry {
  id: string;
  name: string;
  userId: string;
  teamId: string | null;
  /** Whether all members of the team may use it. */
  sharedWithTeam: boolean;
  createdAtMs: number;
  /** USD per hour, now or at its termination. */
  priceHr: number;
  /** USD per hour at creation. */
  createdPriceHr: number;
  /** The create body as sent, or null for a planted instance. */
  request: unknown;
  maxPrice: number | null;
  cloudId: string;
  provider: string;
  gpuType: string;
  dataCenter: string | null;
  gpuCount: number;
  isSpot: boolean;
  /** Hours that are charged at once, even if the instance terminates earlier. */
  prepaidHours: number;
  origin: 'Api' | 'Planted';
  /** Null while it is billed. */
  endedAtMs: number | null;
  endedBy: PodEnding | null;
  costUsd: number;
}

/** A DELETE that arrived, with any answer. */
export interface DeleteRecord {
  requestNumber: number;
  atMs: number;
  podId: string;
  /** The name of the instance with this ID, if one was ever created. */
  podName: string | null;
  /** NotHandled: a fault answered, and nothing was deleted. */
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

/**
 * The ledger: every instance that was ever created, and every DELETE that arrived. Tests check costs against
 * it.
 */
export class Ledger {
  readonly deletes: DeleteRecord[] = [];
  readonly #clock: Clock;
  readonly #pods: ReadonlyMap<string, Pod>;

  constructor(clock: Clock, pods: ReadonlyMap<string, Pod>) {
    this.#clock = clock;
    this.#pods = pods;
  }

  /** The ledger entry of one instance. */
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

  /** All instances ever created, oldest first. */
  entries(): LedgerEntry[] {
    return [...this.#pods.values()].map((pod) => this.entry(pod));
  }

  /** Instances that cost money now, in any state. */
  live(): LedgerEntry[] {
    return this.billableAt(this.#clock.nowMs());
  }

  /** Instances whose name starts with this prefix, ignoring case. */
  byName(namePrefix: string): LedgerEntry[] {
    return this.entries().filter((entry) => entry.name.toLowerCase().startsWith(namePrefix.toLowerCase()));
  }

  /** Instances that cost money at a wall clock time. */
  billableAt(atMs: number): LedgerEntry[] {
    return [...this.#pods.values()].filter((pod) => isBillable(pod, atMs)).map((pod) => this.entry(pod));
  }

  /**
   * USD billed until now. Prepaid hours count in full from the start. Rows in EUR count as if they were USD.
   */
  costUsd(): number {
    return this.entries().reduce((sum, entry) => sum + entry.costUsd, 0);
  }

  /**
   * The maximum number of instances billed at the same time, by key. Entries with a null key do not count.
   */
  maxConcurrentBy(keyOf: (entry: LedgerEntry) => string | null): Map<string, number> {
    const steps = this.entries().flatMap((entry) => {
      const key = keyOf(entry);
      if (key === null) {
        return [];
      }
      return [
        { key, atMs: entry.createdAtMs, change: 1 },
        { key, atMs: entry.endedAtMs ?? Infinity, change: -1 },
      ];
    });
    // At the same instant an end counts before a start, so a replacement is no overlap.
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
