import type { Clock } from '../../clock.ts';
import type { LastSeen } from '../../lifecycle/observation.ts';
import type { Failure, InstanceSnapshot, PodStatuses, Provider, Wallet } from '../../lifecycle/provider.ts';
import type { ProtocolTimings } from '../../lifecycle/settings.ts';
import type { ProviderHealth } from '../holds/provider-health.ts';
import type { DatedInventoryResult } from './listed-rows.ts';
import type { Wallets } from './known-instances.ts';
import { isDifferent, merge } from './seen-snapshot.ts';
import { afterReading, withPrice } from './stated-price.ts';
import type { StatedPrice } from './stated-price.ts';
import type { VanishedInstances } from './vanished-instances.ts';

interface Followed {
  readonly key: string;
  /** Its status is about to change, so each round polls it. */
  readonly often: boolean;
  /** The provider accepted its DELETE, so it is expected to vanish. */
  readonly isTerminating: boolean;
  readonly wasReady: boolean;
  /** Wallets whose lists may show it. */
  readonly wallets: Wallets;
  /** Its GpuPod was notified of a change, and has not been reconciled since. */
  readonly isNews?: boolean;
  readonly lastSeen?: LastSeen;
  /** The snapshot of the status poll that `lastSeen` comes from, if it comes from one. */
  readonly polled?: InstanceSnapshot | undefined;
  readonly price?: StatedPrice | undefined;
  /** Set while status polls of it fail. */
  readonly failing?: PollFailure | undefined;
}

type How = Pick<Followed, 'often' | 'isTerminating' | 'wasReady' | 'wallets'>;

/** When an instance was seen, and by which status poll. */
interface SeenHow {
  readonly atMs?: number;
  readonly polled?: InstanceSnapshot;
  /** The price that this answer states. */
  readonly usdPerHour?: number | undefined;
}

interface PollFailure {
  readonly failure: Failure;
  readonly sinceMs: number;
  /** The failure has lasted, and the GpuPod was notified. The reported failure does not change with each poll. */
  readonly isReported: boolean;
}

export interface InstancePollerOptions {
  readonly provider: Pick<Provider, 'getPodStatuses'>;
  readonly clock: Clock;
  readonly timings: Pick<
    ProtocolTimings,
    'busyPollMs' | 'quietPollMs' | 'quietFailureMs' | 'settleSpacingMs'
  >;
  readonly health: ProviderHealth;
  readonly vanished: VanishedInstances;
  /** Called with the key of the GpuPod whose instance changed. */
  readonly onChange: (key: string) => void;
}

const IDS_A_REQUEST = 100;

/**
 * Follows all rented instances with few requests: one status poll covers many. It polls instances with a changing
 * status often and the others seldom, and requeues a GpuPod only when its instance changed.
 */
export class InstancePoller {
  readonly #options: InstancePollerOptions;
  readonly #followed = new Map<string, Followed>();
  readonly #podIdByKey = new Map<string, string>();
  #quietPollDueMs = 0;

  constructor(options: InstancePollerOptions) {
    this.#options = options;
  }

  follow(key: string, podId: string, how: How): void {
    const known = this.#followed.get(podId);
    this.#followed.set(podId, { ...known, ...how, key, isNews: false });
    this.#podIdByKey.set(key, podId);
  }

  /** Stops following what the GpuPod had before, except `podId`. */
  keepOnly(key: string, podId: string | undefined): void {
    const previous = this.#podIdByKey.get(key);
    if (previous !== undefined && previous !== podId) {
      this.#followed.delete(previous);
      this.#podIdByKey.delete(key);
    }
  }

  lastSeen(podId: string): LastSeen | undefined {
    return this.#followed.get(podId)?.lastSeen;
  }

  /**
   * Why the operator learned nothing about the instance for a while; undefined if the last poll succeeded, or the
   * failure is short.
   */
  failure(podId: string): Failure | undefined {
    const failing = this.#followed.get(podId)?.failing;
    return failing?.isReported === true ? failing.failure : undefined;
  }

  isFollowed(podId: string): boolean {
    return this.#followed.has(podId);
  }

  /**
   * Records a snapshot with all fields, from a GET or a list. A snapshot from before the last poll still adds the
   * fields that the poll lacks, if both show the same status. Otherwise an older snapshot changes nothing.
   */
  record(snapshot: InstanceSnapshot, beganAtMs: number): void {
    const { lastSeen, polled } = this.#followed.get(snapshot.podId) ?? {};
    const isLate = lastSeen !== undefined && beganAtMs < lastSeen.beganAtMs;
    const isOfSameState = lastSeen?.omitted === false && polled?.status === snapshot.status;
    if (isLate && isOfSameState && beganAtMs > (lastSeen.detailsAtMs ?? -Infinity)) {
      const merged = merge(snapshot, polled);
      const how = { usdPerHour: merged.priceUsdPerHour };
      this.#see(snapshot.podId, { ...lastSeen, snapshot: merged, detailsAtMs: beganAtMs }, how);
    } else {
      const { podId, priceUsdPerHour: usdPerHour } = snapshot;
      this.#see(podId, { snapshot, beganAtMs, detailsAtMs: beganAtMs, omitted: false }, { usdPerHour });
    }
  }

  /**
   * Runs one round of polling.
   *
   * @returns milliseconds until the next round is due
   */
  async poll(): Promise<number> {
    const { clock } = this.#options;
    const beganAtMs = clock.monotonicMs();
    const asked = await this.#pollAt(beganAtMs);
    return this.#untilNextMs(asked, clock.monotonicMs() - beganAtMs);
  }

  /**
   * Polls more often while few requests cover all instances with a changing status, and spends only a fraction of the
   * time on requests.
   */
  #untilNextMs(asked: number, tookMs: number): number {
    const { busyPollMs } = this.#options.timings;
    const forThoseMs = (busyPollMs / 25) * Math.ceil(asked / IDS_A_REQUEST);
    return Math.min(busyPollMs, Math.max(busyPollMs / 5, forThoseMs, 4 * tookMs));
  }

  /** @returns how many instances it asked for */
  async #pollAt(beganAtMs: number): Promise<number> {
    const { timings, provider, health } = this.#options;
    const isQuietDue = beganAtMs >= this.#quietPollDueMs;
    const podIds = [...this.#followed]
      .filter(([, followed]) => isQuietDue || isPolledOften(followed))
      .map(([podId]) => podId);
    if (isQuietDue) {
      this.#quietPollDueMs = beganAtMs + timings.quietPollMs;
    }
    if (podIds.length === 0) {
      return 0;
    }
    const answer = await provider.getPodStatuses(podIds);
    health.report('status poll', answer.kind === 'ok' ? undefined : answer);
    const { snapshots, failed }: PodStatuses =
      answer.kind === 'ok'
        ? answer.value
        : { snapshots: [], failed: new Map(podIds.map((podId) => [podId, answer])) };
    const answered = podIds.filter((podId) => !failed.has(podId));
    if (answered.length > 0) {
      this.#take(answered, snapshots, beganAtMs);
    }
    for (const podId of podIds) {
      this.#noteFailure(podId, failed.get(podId), beganAtMs);
    }
    return podIds.length;
  }

  /** Notifies a GpuPod once when a failure has lasted, and once when it ends. */
  #noteFailure(podId: string, failure: Failure | undefined, nowMs: number): void {
    const followed = this.#followed.get(podId);
    if (followed === undefined || (failure === undefined && followed.failing === undefined)) {
      return;
    }
    const { failing: before, key } = followed;
    const failing = failure === undefined ? undefined : this.#lasting(before, failure, nowMs);
    this.#followed.set(podId, { ...followed, failing });
    if ((before?.isReported ?? false) !== (failing?.isReported ?? false)) {
      this.#options.onChange(key);
    }
  }

  #lasting(before: PollFailure | undefined, failure: Failure, nowMs: number): PollFailure {
    if (before?.isReported === true) {
      return before;
    }
    const sinceMs = before?.sinceMs ?? nowMs;
    return { failure, sinceMs, isReported: nowMs - sinceMs >= this.#options.timings.quietFailureMs };
  }

  #take(asked: readonly string[], snapshots: readonly InstanceSnapshot[], beganAtMs: number): void {
    const byId = new Map(snapshots.map((snapshot) => [snapshot.podId, snapshot]));
    const isMissing = (podId: string): boolean =>
      !byId.has(podId) || byId.get(podId)?.status === 'TERMINATED';
    // Updates the breaker first: a GpuPod that learns of an absence must know whether to believe it.
    this.#options.vanished.report(asked.length, this.#countSuspects(asked, isMissing));
    for (const podId of asked) {
      const known = this.lastSeen(podId);
      const snapshot = byId.get(podId);
      if (snapshot !== undefined) {
        const { omittedSinceMs: _since, ...rest } = known ?? {};
        const merged = merge(known?.snapshot, snapshot);
        const how = { polled: snapshot, usdPerHour: snapshot.priceUsdPerHour };
        this.#see(podId, { ...rest, snapshot: merged, beganAtMs, omitted: false }, how);
      } else if (known !== undefined && beganAtMs > known.beganAtMs) {
        this.#see(
          podId,
          { ...known, omitted: true, omittedSinceMs: known.omittedSinceMs ?? beganAtMs },
          { atMs: beganAtMs },
        );
      } else {
        this.#suspectUnseen(podId);
      }
    }
  }

  /**
   * Takes a list: first the breaker, for the wallets that the list shows completely, then the snapshots of followed
   * instances.
   */
  takeList({ instances, beganAtMs, shownAtMs }: DatedInventoryResult, complete: ReadonlySet<Wallet>): void {
    const listed = new Set(instances.map(({ podId }) => podId));
    const isShown = ({ wallets }: Followed): boolean =>
      wallets !== 'all' && wallets.every((wallet) => complete.has(wallet));
    const podIds = [...this.#followed].filter(([, followed]) => isShown(followed)).map(([podId]) => podId);
    const suspects = this.#countSuspects(podIds, (podId) => !listed.has(podId));
    this.#options.vanished.report(podIds.length, suspects);
    for (const snapshot of instances) {
      this.record(snapshot, shownAtMs.get(snapshot.podId) ?? beganAtMs);
    }
  }

  #countSuspects(podIds: readonly string[], isMissing: (podId: string) => boolean): number {
    return podIds.filter((podId) => isMissing(podId) && this.#followed.get(podId)?.isTerminating === false)
      .length;
  }

  /** An instance that no snapshot ever showed cannot change, so the GpuPod reads it by itself. */
  #suspectUnseen(podId: string): void {
    const followed = this.#followed.get(podId);
    if (followed !== undefined) {
      this.#options.onChange(followed.key);
    }
  }

  #see(podId: string, seen: LastSeen, { atMs = seen.beganAtMs, polled, usdPerHour }: SeenHow = {}): void {
    const followed = this.#followed.get(podId);
    if (followed === undefined || (followed.lastSeen !== undefined && atMs < followed.lastSeen.beganAtMs)) {
      return;
    }
    const reading = { usdPerHour, atMs, wasReady: followed.wasReady };
    const price = afterReading(followed.price, reading, this.#options.timings.settleSpacingMs);
    const lastSeen = { ...seen, snapshot: withPrice(seen.snapshot, price) };
    const isNews = followed.lastSeen === undefined || isDifferent(followed.lastSeen, lastSeen);
    const hasNews = isNews || followed.isNews === true;
    this.#followed.set(podId, { ...followed, lastSeen, polled, price, isNews: hasNews });
    if (isNews) {
      this.#options.onChange(followed.key);
    }
  }
}

/**
 * An instance whose last change its GpuPod has not reconciled yet is not polled again before the next quiet poll. After
 * a start, thousands of GpuPods have to reconcile at once, which takes longer than the polls.
 */
function isPolledOften(followed: Followed): boolean {
  return followed.often && followed.isNews !== true && !isSeenTerminating(followed);
}

/**
 * True if a poll showed the requested termination. Further polls add nothing: only a list can show that the instance
 * still exists.
 */
function isSeenTerminating({ isTerminating, lastSeen }: Followed): boolean {
  return (
    isTerminating && lastSeen !== undefined && (lastSeen.omitted || lastSeen.snapshot.status === 'TERMINATED')
  );
}
