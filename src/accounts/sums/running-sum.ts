import { parseGpuPod } from '../../api/gpupod/gpu-pod.ts';
import type { Clock } from '../../clock.ts';
import type { ChangeReader } from '../../kubernetes/cache/changed-keys.ts';
import type { MicroUsd } from '../../offers/money.ts';
import { attemptKey } from '../../lifecycle/pod-name.ts';
import { Concerned } from './concerned.ts';
import type { ExactTotals } from './exact-totals.ts';
import { FirstHours } from './first-hours.ts';
import { COUNTS_NOTHING, countedLive } from './gpu-pod-counts.ts';
import type { GpuPodCounts, Rest } from './gpu-pod-counts.ts';
import { GpuPodIndex } from './gpu-pod-index.ts';
import type { Live, LiveInstances } from './live-instances.ts';
import type { GpuPodReader, NotCreated } from './not-created.ts';
import { PayerAnswers } from './payer-answers.ts';
import { RunningTotals } from './running-totals.ts';
import type { SentCreates } from './sent-creates.ts';
import type { OpenIntents } from './open-intents.ts';
import type { StatedPayers } from './stated-intent.ts';
import { isIn } from './sum-limits.ts';
import type { Counted, Scope } from './sum-limits.ts';

/** All GpuPods, as this process last saw them. */
export interface GpuPodSource extends GpuPodReader {
  changes(): ChangeReader;
}

export interface RunningSumParts {
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly view: GpuPodSource;
  readonly payers: StatedPayers;
  readonly assumedPrice: MicroUsd | undefined;
  readonly live: LiveInstances;
  readonly sent: SentCreates;
  readonly notCreated: Pick<NotCreated, 'takeChanged'>;
  readonly openIntents: Pick<OpenIntents, 'keep' | 'drop' | 'changed'>;
  readonly counts: GpuPodCounts;
}

/**
 * What GpuPods, create requests and instances without a GpuPod count, kept up to date from change to change. A
 * change counts everything again that it may concern, by the same rules as a pass over everything would.
 */
export class RunningSum {
  readonly #parts: RunningSumParts;
  readonly #changes: ChangeReader;
  readonly #index = new GpuPodIndex();
  readonly #answers: PayerAnswers;
  readonly #hours = new FirstHours();
  readonly #totals = new RunningTotals();
  readonly #ofGpuPods = new Map<string, Counted>();
  readonly #ofSent = new Map<string, Counted>();
  readonly #ofLive = new Map<string, Counted>();
  readonly #unowned = new Map<string, Live>();
  /** Attempts whose create request was replaced in the last count, and so count otherwise in the next one. */
  #replaced: ReadonlySet<string> = new Set();
  /** Instances that the last count itself changed, as they were before it. Some of it saw them before, some after. */
  #recounted: ReturnType<LiveInstances['takeChanged']> = new Map();

  constructor(parts: RunningSumParts) {
    this.#parts = parts;
    this.#changes = parts.view.changes();
    this.#answers = new PayerAnswers(parts.payers);
  }

  /** The instances without a GpuPod. */
  get unowned(): Iterable<Live> {
    return this.#unowned.values();
  }

  get totals(): Pick<RunningTotals, 'namespacesOf' | 'hasOwnerlessIn'> {
    return this.#totals;
  }

  /**
   * What all others in this scope count. A request that ended counts for its own GpuPod as well, which rents again only
   * after the outcome is recorded.
   */
  allBut(uid: string, scope: Scope): ExactTotals {
    const totals = this.#totals.of(scope);
    const underWay = this.#parts.sent.ofUid(uid).filter(({ answeredAtMs }) => answeredAtMs === undefined);
    for (const own of [this.ofGpuPod(uid), ...underWay]) {
      if (own !== undefined && isIn(scope, own)) {
        totals.take(own);
      }
    }
    return totals;
  }

  ofGpuPod(uid: string): Counted | undefined {
    for (const key of this.#index.ofUid(uid)) {
      const counted = this.#ofGpuPods.get(key);
      if (counted !== undefined) {
        return counted;
      }
    }
    return undefined;
  }

  /** Takes every change since the last time. */
  update(): void {
    const { live, sent, notCreated, openIntents, counts, clock } = this.#parts;
    const concerned = new Concerned(this.#index, live);
    for (const key of this.#changes.take()) {
      this.#read(key, concerned);
    }
    const attempts = sent.takeChanged();
    concerned.addAttempts(this.#replaced);
    concerned.addAttempts(attempts);
    concerned.addAttempts(notCreated.takeChanged());
    concerned.addChanged(this.#recounted);
    concerned.addChanged(live.takeChanged());
    concerned.addKeys(this.#answers.changed(counts.isSettled));
    concerned.addKeys(this.#hours.changed(clock.nowMs()));
    concerned.addKeys(openIntents.changed());
    const keys = concerned.keys();
    const podIds = concerned.podIds();
    const rest = this.#restOf(podIds);
    this.#countGpuPods(keys, rest);
    sent.replaceListed(live);
    this.#replaced = sent.takeChanged();
    for (const attempt of [...attempts, ...this.#replaced]) {
      this.#replace(this.#ofSent, attempt, sent.ofAttempt(attempt));
    }
    this.#countUnowned(podIds, rest);
    this.#recounted = live.takeChanged();
  }

  /** Whatever named the same as this GpuPod before or names it now may count otherwise. */
  #read(key: string, concerned: Concerned): void {
    const before = this.#index.facts(key);
    const after = this.#index.update(key, this.#parts.view.get(key));
    concerned.addKeys([key]);
    for (const facts of [before, after]) {
      if (facts !== undefined) {
        concerned.addFacts(facts);
        concerned.addKeys(this.#index.ofUid(facts.uid));
        concerned.addKeys(this.#index.adoptersOf(facts.uid));
      }
    }
    this.#hours.drop(key);
    if (before?.open !== undefined) {
      this.#answers.drop(key, before.open);
    }
    if (after?.open === undefined) {
      this.#parts.openIntents.drop(key);
    } else {
      this.#answers.keep(key, after.open);
      this.#parts.openIntents.keep(key, after.open);
    }
    if (after?.prepaidAtMs !== undefined) {
      this.#hours.keep(key, after.prepaidAtMs);
    }
  }

  #restOf(podIds: Iterable<string>): Rest {
    const live = new Map<string, Live>();
    for (const podId of podIds) {
      const one = this.#parts.live.get(podId);
      if (one !== undefined) {
        live.set(podId, one);
      }
    }
    return { live, isAlive: (uid) => this.#index.hasUid(uid) };
  }

  #countGpuPods(keys: readonly string[], rest: Rest): void {
    const uids = new Set<string>();
    for (const key of keys) {
      const object = this.#parts.view.get(key);
      const parsed = object === undefined ? undefined : parseGpuPod(object);
      const gpuPod = parsed?.kind === 'ok' ? parsed.gpuPod : undefined;
      const isFirst = gpuPod !== undefined && !uids.has(gpuPod.metadata.uid);
      const counted = isFirst ? this.#parts.counts.of(gpuPod, rest) : COUNTS_NOTHING;
      uids.add(gpuPod?.metadata.uid ?? '');
      this.#replace(this.#ofGpuPods, key, counted === COUNTS_NOTHING ? undefined : counted);
    }
  }

  /** What no GpuPod and no create request counts. */
  #countUnowned(podIds: Iterable<string>, rest: Rest): void {
    const { sent, assumedPrice } = this.#parts;
    for (const podId of podIds) {
      const left = rest.live.get(podId);
      const isOfRequest =
        left?.podName !== undefined && sent.ofAttempt(attemptKey(left.podName)) !== undefined;
      if (left === undefined || isOfRequest) {
        this.#unowned.delete(podId);
        this.#replace(this.#ofLive, podId, undefined);
      } else {
        this.#unowned.set(podId, left);
        this.#replace(this.#ofLive, podId, countedLive(left, assumedPrice));
      }
    }
  }

  #replace(among: Map<string, Counted>, name: string, counted: Counted | undefined): void {
    this.#totals.replace(among.get(name), counted);
    if (counted === undefined) {
      among.delete(name);
    } else {
      among.set(name, counted);
    }
  }
}
