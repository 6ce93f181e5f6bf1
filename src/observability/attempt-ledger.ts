import type { GpuPodSample } from './gpu-pod-sample.ts';

/** What happened to attempts since the last read. */
export interface LedgerNews {
  /** USD by namespace. Each amount appears only once. */
  readonly spentUsd: ReadonlyMap<string, number>;
  /** The outcome of each attempt that ended. */
  readonly outcomes: readonly string[];
  readonly readyAfterMs: readonly number[];
  /** Recorded cost of the existing GpuPods so far, in USD by namespace. */
  readonly livingUsd: ReadonlyMap<string, number>;
}

interface Entry {
  readonly usd: number;
  readonly isEnded: boolean;
  readonly isReady: boolean;
}

interface Known {
  readonly entry: Entry;
  readonly outcome?: string;
  readonly readyAfterMs?: number;
}

const MS_PER_HOUR = 3_600_000;
const NOTHING: Entry = { usd: 0, isEnded: false, isReady: false };

/**
 * Derives what happened between two reads from the state of all GpuPods. Counters need that, and it stays
 * correct when GpuPods and recorded attempts appear and vanish.
 *
 * The first read returns everything that ever happened. An earlier leader already counted that, so the
 * caller must ignore it. The ledger misses two things: the cost between the last read and the deletion of a
 * GpuPod, and attempts that start and end between two reads. It keeps one small entry for each recorded
 * attempt of each existing GpuPod.
 */
export class AttemptLedger {
  #byUid: ReadonlyMap<string, ReadonlyMap<number, Entry>> = new Map();

  /** Reads all existing GpuPods. */
  read(samples: readonly GpuPodSample[], nowMs: number): LedgerNews {
    const news = new News();
    const byUid = new Map<string, ReadonlyMap<number, Entry>>();
    for (const sample of samples) {
      const before = this.#byUid.get(sample.uid);
      const known = knownAttempts(sample, nowMs);
      news.addLiving(sample.namespace, known);
      news.addChanges(sample.namespace, before, known);
      byUid.set(sample.uid, merge(before, known));
    }
    this.#byUid = byUid;
    return news;
  }
}

type Entries = ReadonlyMap<number, Entry> | undefined;

class News implements LedgerNews {
  readonly spentUsd = new Map<string, number>();
  readonly outcomes: string[] = [];
  readonly readyAfterMs: number[] = [];
  readonly livingUsd = new Map<string, number>();

  addLiving(namespace: string, known: ReadonlyMap<number, Known>): void {
    for (const { entry } of known.values()) {
      this.livingUsd.set(namespace, (this.livingUsd.get(namespace) ?? 0) + entry.usd);
    }
  }

  addChanges(namespace: string, entries: Entries, known: ReadonlyMap<number, Known>): void {
    for (const [attempt, { entry, outcome, readyAfterMs }] of known) {
      const before = entries?.get(attempt) ?? NOTHING;
      const usd = Math.max(0, entry.usd - before.usd);
      this.spentUsd.set(namespace, (this.spentUsd.get(namespace) ?? 0) + usd);
      if (outcome !== undefined && !before.isEnded) {
        this.outcomes.push(outcome);
      }
      if (readyAfterMs !== undefined && !before.isReady) {
        this.readyAfterMs.push(readyAfterMs);
      }
    }
  }
}

/** An estimate may be corrected downwards, but a counter cannot decrease. */
function merge(entries: Entries, known: ReadonlyMap<number, Known>): ReadonlyMap<number, Entry> {
  return new Map(
    [...known].map(([attempt, { entry }]) => [
      attempt,
      { ...entry, usd: Math.max(entry.usd, entries?.get(attempt)?.usd ?? 0) },
    ]),
  );
}

/** By attempt number: the recorded attempts and the current instance. */
function knownAttempts(sample: GpuPodSample, nowMs: number): ReadonlyMap<number, Known> {
  const known = new Map<number, Known>();
  for (const { attempt, outcome, costUsd = 0 } of sample.endedAttempts) {
    // An ended attempt does not count as ready again. It was counted while it ran, if it was ready.
    known.set(attempt, { entry: { usd: costUsd, isEnded: true, isReady: true }, outcome });
  }
  const { instance } = sample;
  if (instance !== undefined && !known.has(instance.attempt)) {
    const { usdPerHour = 0, billedSinceMs = nowMs, prepaidHours = 0, readyAfterMs } = instance;
    const usd = usdPerHour * Math.max(0, prepaidHours, (nowMs - billedSinceMs) / MS_PER_HOUR);
    const entry = { usd, isEnded: false, isReady: readyAfterMs !== undefined };
    known.set(instance.attempt, { entry, ...(readyAfterMs === undefined ? {} : { readyAfterMs }) });
  }
  return known;
}
