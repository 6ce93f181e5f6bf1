import type { Clock } from '../../clock.ts';
import { apiErrorMessage, isAlreadyExists, isNotFound, isRetryable } from '../client/api-errors.ts';
import type { ApiTransport } from '../client/api-transport.ts';
import type { Log } from '../log.ts';
import { trimMetadata } from '../objects.ts';
import type { KubernetesObject } from '../objects.ts';
import { ResourceClient } from '../client/resource-client.ts';
import { WorkQueue } from '../queue/work-queue.ts';
import { TokenBucket } from './token-bucket.ts';
import type { EventSeries, EventToRecord, ObjectReference } from './event-record.ts';
import { eventName, eventNamespace, newEvent, repeatPatch, seriesKey } from './event-record.ts';
import { BoundedMap } from './bounded-map.ts';

/**
 * Why an event was not written: too many about one object, too many minor ones, too many waiting, or the server refused
 * it.
 */
export type EventDrop = 'rate' | 'burst' | 'queue' | 'refused';

export interface EventRecorderOptions {
  transport: ApiTransport;
  clock: Clock;
  log: Log;
  /** The reporting component, which kubectl shows under "From". */
  component: string;
  /** The process of that component. */
  instance: string;
  /** An event that says only what the status of its object says as well. There are few of them in a burst. */
  isMinor?: (event: EventToRecord) => boolean;
  /** Called for each event that is dropped; must not throw. */
  onDropped?: (why: EventDrop) => void;
}

/** Parallel writes. Events matter less than the work that they report, and use the same server. */
const CONCURRENCY = 2;
/** Events that may wait while the server is slow. The larger number leaves room for warnings. */
const MAX_WAITING: Readonly<Record<EventToRecord['type'], number>> = { Normal: 4_000, Warning: 6_000 };
const MAX_SERIES = 8_000;
const MAX_OBJECTS = 8_000;
const MAX_FAILURES = 4;
const BACK_OFF = { baseMs: 500, maxMs: 10_000 };
/** As in client-go: 25 at once for one object, then one every 5 minutes. */
const BUCKET = { burst: 25, refillMs: 300_000 };
/** Minor events of all objects: 100 at once, then five a second. In a burst they would be a third of all writes. */
const MINOR_BUCKET = { burst: 100, refillMs: 200 };

/**
 * Records Events about objects, as `kubectl describe` and `kubectl get events` show them.
 *
 * It writes core/v1 Events, not events.k8s.io/v1. kubectl prints "(x3 over 5m)" from `count` and the timestamps,
 * which are deprecated fields in the new form. Only newer versions of kubectl show the series of the new form, and
 * the new API wants repeats reported by rules made for kubelets (first after 6 minutes). Both are the same object in
 * storage.
 *
 * Repeats (same object, type, reason and message) raise the count of the existing Event. Recording never waits and
 * never throws. Events that cannot be written are dropped and counted.
 */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #events: ResourceClient<KubernetesObject>;
  readonly #queue: WorkQueue;
  readonly #series = new BoundedMap<EventSeries>(MAX_SERIES);
  readonly #buckets = new BoundedMap<TokenBucket>(MAX_OBJECTS);
  readonly #minor: TokenBucket;
  readonly #running: Promise<void>;
  #lastSuffix = 0;

  constructor(options: EventRecorderOptions) {
    const { transport, clock, log } = options;
    this.#options = options;
    this.#minor = new TokenBucket(MINOR_BUCKET, clock.monotonicMs());
    const type = { group: '', version: 'v1', plural: 'events' };
    this.#events = new ResourceClient({ transport, type, decode: trimMetadata });
    this.#queue = new WorkQueue({ clock, log, backOff: BACK_OFF });
    this.#running = this.#queue.run(
      async (key, signal) => {
        await this.#write(key, signal);
      },
      { concurrency: CONCURRENCY },
    );
  }

  /** Queues an event. It may be called at any rate: repeats are aggregated, and floods are dropped. */
  record(reference: ObjectReference, event: EventToRecord): void {
    const nowMs = this.#options.clock.monotonicMs();
    const bucket = this.#buckets.use(reference.uid, () => new TokenBucket(BUCKET, nowMs));
    if (!bucket.take(nowMs)) {
      this.#drop('rate', reference, event);
      return;
    }
    if (this.#options.isMinor?.(event) === true && !this.#minor.take(nowMs)) {
      this.#drop('burst', reference, event);
      return;
    }
    if (this.#queue.depth + this.#queue.delayed >= MAX_WAITING[event.type]) {
      this.#drop('queue', reference, event);
      return;
    }
    const key = seriesKey(reference, event);
    this.#count(this.#series.use(key, () => this.#newSeries(reference, event)));
    this.#queue.add(key);
  }

  /** Writes the waiting events for at most `flushTimeoutMs` milliseconds, and stops. Never rejects. */
  async stop({ flushTimeoutMs }: { flushTimeoutMs: number }): Promise<void> {
    if (flushTimeoutMs > 0) await this.#flush(flushTimeoutMs);
    this.#queue.abort();
    await this.#queue.stop();
    await this.#running;
  }

  async #flush(timeoutMs: number): Promise<void> {
    const timer = new AbortController();
    const timeUp = this.#options.clock.sleep(timeoutMs, timer.signal).catch(() => undefined);
    await Promise.race([this.#queue.drain(), timeUp]);
    timer.abort();
  }

  #newSeries(reference: ObjectReference, event: EventToRecord): EventSeries {
    const nowMs = this.#options.clock.nowMs();
    const name = this.#newName(reference);
    const seen = { count: 0, firstAtMs: nowMs, lastAtMs: nowMs };
    return { reference, event, ...seen, writtenCount: 0, name, failures: 0 };
  }

  #count(series: EventSeries): void {
    series.count += 1;
    series.lastAtMs = this.#options.clock.nowMs();
  }

  /** Microseconds in hexadecimal, at least one apart: unique within a process, and rarely equal in two. */
  #newName(reference: ObjectReference): string {
    this.#lastSuffix = Math.max(this.#lastSuffix + 1, this.#options.clock.nowMs() * 1000);
    return eventName(reference, this.#lastSuffix.toString(16));
  }

  async #write(key: string, signal: AbortSignal): Promise<void> {
    const series = this.#series.get(key);
    if (series === undefined || series.writtenCount === series.count) return;
    const { count } = series;
    try {
      await this.#send(series, signal);
      series.writtenCount = count;
      series.failures = 0;
      this.#queue.forget(key);
    } catch (error) {
      this.#afterFailure(key, series, error);
    }
  }

  async #send(series: EventSeries, signal: AbortSignal): Promise<void> {
    const { reference } = series;
    const { component, instance } = this.#options;
    const namespace = eventNamespace(reference);
    if (series.writtenCount > 0) {
      const target = { namespace, name: series.name };
      try {
        await this.#events.mergePatch(target, repeatPatch(series), { signal });
        return;
      } catch (error) {
        if (!isNotFound(error)) throw error;
        // Events expire after an hour. This one has, so the next begins.
        series.name = this.#newName(reference);
      }
    }
    try {
      await this.#events.create(namespace, newEvent(series, component, instance), { signal });
    } catch (error) {
      // The name is ours alone, so an earlier try without an answer succeeded.
      if (!isAlreadyExists(error)) throw error;
    }
  }

  #afterFailure(key: string, series: EventSeries, error: unknown): void {
    series.failures += 1;
    if (isRetryable(error) && series.failures < MAX_FAILURES) {
      this.#queue.retry(key);
      return;
    }
    this.#queue.forget(key);
    this.#series.delete(key);
    this.#drop('refused', series.reference, series.event, apiErrorMessage(error));
  }

  #drop(why: EventDrop, reference: ObjectReference, event: EventToRecord, error?: string): void {
    const { namespace, name } = reference;
    this.#options.log.debug({ why, namespace, name, reason: event.reason, error }, 'dropped event');
    this.#options.onDropped?.(why);
  }
}
