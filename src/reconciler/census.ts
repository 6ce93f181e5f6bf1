import type { Clock } from '../clock.ts';
import type { ObjectCensus } from '../lifecycle/knowledge.ts';
import { frontOf, parsePodName } from '../lifecycle/pod-name.ts';
import type { Failure, HistoryRow, PodLook, Provider } from '../lifecycle/provider.ts';

/** One complete list of the provider, with the latest history, indexed by whose the pods are. */
export interface CensusResult {
  readonly beganAtMs: number;
  readonly pods: readonly PodLook[];
}

export interface CensusOptions {
  readonly provider: Pick<Provider, 'listPods' | 'listHistory'>;
  readonly clock: Clock;
  /** Teams whose pods this operator may have rented. */
  readonly teamIds: () => readonly string[];
  /** Whether the answers speak of our account; asked after the list, since the key may change during it. */
  readonly isTrusted: () => boolean;
  /** Called with each complete list before anybody is told of it. */
  readonly onList: (pods: readonly PodLook[], beganAtMs: number) => void;
  /** Called with the key of each object that waited for a list like this. */
  readonly onReady: (key: string) => void;
  /** When the next list is wanted, in milliseconds from now. */
  readonly schedule: (inMs: number) => void;
  /** Distance that lists keep from each other. */
  readonly minGapMs: number;
}

/**
 * Complete lists, shared by all objects that wait for one. A list says that a pod is absent only because it
 * was shown to be complete; one that was not is a failure, and nobody is told anything.
 */
export class Census {
  readonly #options: CensusOptions;
  readonly #waiting = new Map<string, number>();
  readonly #teamsSeen = new Set<string>();
  #beganAtMs: number | undefined;
  #hasFailed = false;
  #liveByFront = new Map<string, PodLook[]>();
  #liveById = new Map<string, PodLook>();
  #endedByFront = new Map<string, HistoryRow[]>();
  #endedById = new Map<string, HistoryRow>();

  constructor(options: CensusOptions) {
    this.#options = options;
  }

  /** Wants a list that begins after `afterMs`; the object is looked at again once it is there. */
  want(key: string, afterMs: number): void {
    this.#waiting.set(key, afterMs);
    this.#scheduleNext();
  }

  /** The object is gone, or waits for nothing any more. */
  forget(key: string): void {
    this.#waiting.delete(key);
  }

  /** The last complete list, as far as it concerns one object; undefined before the first. */
  view(fronts: ReadonlySet<string>, podId: string | undefined): ObjectCensus | undefined {
    if (this.#beganAtMs === undefined) {
      return undefined;
    }
    return {
      beganAtMs: this.#beganAtMs,
      live: pick(this.#liveByFront, this.#liveById, fronts, podId),
      ended: pick(this.#endedByFront, this.#endedById, fronts, podId),
      teamsSeen: this.#teamsSeen,
    };
  }

  /** Takes a list now. After one that failed the caller takes the next, later and later: whoever waits does not hurry it. */
  async take(): Promise<CensusResult | Failure> {
    const { provider, teamIds, isTrusted } = this.#options;
    const [list, history] = await Promise.all([provider.listPods(teamIds()), provider.listHistory()]);
    const answer = list.kind === 'failure' || isTrusted() ? list : UNTRUSTED;
    this.#hasFailed = answer.kind === 'failure';
    if (answer.kind === 'failure') {
      return answer;
    }
    this.#index(answer.value.pods, answer.value.beganAtMs);
    if (history.kind === 'ok') {
      this.#indexHistory(history.value);
    }
    this.#options.onList(answer.value.pods, answer.value.beganAtMs);
    this.#tell(answer.value.beganAtMs);
    return { beganAtMs: answer.value.beganAtMs, pods: answer.value.pods };
  }

  #index(pods: readonly PodLook[], beganAtMs: number): void {
    const live = pods.filter(({ status }) => status !== 'TERMINATED');
    this.#beganAtMs = beganAtMs;
    this.#liveById = new Map(live.map((pod) => [pod.podId, pod]));
    this.#liveByFront = groupByFront(live);
    for (const { teamId } of pods) {
      if (teamId !== undefined) {
        this.#teamsSeen.add(teamId);
      }
    }
  }

  #indexHistory(rows: readonly HistoryRow[]): void {
    const ended = rows.filter(({ terminatedAt }) => terminatedAt !== undefined);
    this.#endedById = new Map(ended.map((row) => [row.podId, row]));
    this.#endedByFront = groupByFront(ended);
  }

  #tell(beganAtMs: number): void {
    for (const [key, afterMs] of this.#waiting) {
      if (afterMs <= beganAtMs) {
        this.#waiting.delete(key);
        this.#options.onReady(key);
      }
    }
    this.#scheduleNext();
  }

  #scheduleNext(): void {
    if (this.#waiting.size === 0 || this.#hasFailed) {
      return;
    }
    const { clock, minGapMs, schedule } = this.#options;
    let earliestMs = Infinity;
    for (const afterMs of this.#waiting.values()) {
      earliestMs = Math.min(earliestMs, afterMs);
    }
    const dueMs = Math.max(earliestMs, (this.#beganAtMs ?? -Infinity) + minGapMs);
    schedule(Math.max(0, dueMs - clock.monotonicMs()));
  }
}

const UNTRUSTED: Failure = {
  kind: 'failure',
  reason: 'UnexpectedResponse',
  message: 'The API key changed while the pods were listed.',
};

function groupByFront<T extends { readonly name?: string }>(pods: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const pod of pods) {
    const parts = parsePodName(pod.name);
    if (parts === undefined) {
      continue;
    }
    const front = frontOf(parts);
    const group = groups.get(front);
    if (group === undefined) {
      groups.set(front, [pod]);
    } else {
      group.push(pod);
    }
  }
  return groups;
}

function pick<T extends { readonly podId: string }>(
  byFront: ReadonlyMap<string, readonly T[]>,
  byId: ReadonlyMap<string, T>,
  fronts: ReadonlySet<string>,
  podId: string | undefined,
): readonly T[] {
  const found = new Map<string, T>();
  for (const front of fronts) {
    for (const pod of byFront.get(front) ?? []) {
      found.set(pod.podId, pod);
    }
  }
  const own = podId === undefined ? undefined : byId.get(podId);
  if (own !== undefined) {
    found.set(own.podId, own);
  }
  return [...found.values()];
}
