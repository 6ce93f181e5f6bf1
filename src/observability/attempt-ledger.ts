import type { GpuPodSample } from './gpu-pod-sample.ts';

/** What happened to attempts since the last look. */
export interface LedgerNews {
  /** USD by namespace; each amount is told once. */
  readonly spentUsd: ReadonlyMap<string, number>;
  /** Outcome of each attempt that ended. */
  readonly outcomes: readonly string[];
  readonly readyAfterMs: readonly number[];
  /** USD by namespace that the objects which exist now cost so far, as far as it is on record. */
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
 * Turns the state of all GpuPods, looked at now and then, into what happened between two looks: that is what counters
 * need, and it stays right when objects and attempts on record come and go.
 *
 * The first look tells of everything that ever happened; a process that led earlier told it already, so that look is
 * for the caller to throw away. What the ledger cannot know: what a machine cost between the last look and the deletion
 * of its GpuPod, and attempts that came and went between two looks. It keeps one small entry for each attempt on
 * record of each object that exists.
 */
export class AttemptLedger {
  #byUid: ReadonlyMap<string, ReadonlyMap<number, Entry>> = new Map();

  /** Looks at all objects that exist. */
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

/** An estimate may be corrected downwards; what was told cannot be taken back. */
function merge(entries: Entries, known: ReadonlyMap<number, Known>): ReadonlyMap<number, Entry> {
  return new Map(
    [...known].map(([attempt, { entry }]) => [
      attempt,
      { ...entry, usd: Math.max(entry.usd, entries?.get(attempt)?.usd ?? 0) },
    ]),
  );
}

/** By number: what is on record, and the machine that is rented now. */
function knownAttempts(sample: GpuPodSample, nowMs: number): ReadonlyMap<number, Known> {
  const known = new Map<number, Known>();
  for (const { attempt, outcome, costUsd = 0 } of sample.endedAttempts) {
    // One that ended is never told as ready: it had its chance while it ran.
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
