import { ResourceEventType } from '@dot-i/k8s-operator';
import type { Clock } from '../clock.ts';
import type { BackOff } from './back-off.ts';
import type { Log } from './log.ts';
import { isNewerVersion, splitKey } from './objects.ts';
import type { Source, WatchedEvent, WatchedObject } from './cache/source.ts';
import { WorkQueue } from './queue/work-queue.ts';
import type { Lane, Workers, WorkQueueObserver } from './queue/work-queue-options.ts';

/** A resource whose events request a reconcile. */
export interface Watch {
  readonly source: Source;
  /**
   * Keys to reconcile after this event: the object itself, or objects of another kind that depend on it. For a
   * changed object it is called twice, with the old version and the new one.
   */
  readonly toKeys: (object: WatchedObject) => readonly string[];
  /** Whether the event matters at all, such as a change of the spec. @default every event does */
  readonly isRelevant?: (event: WatchedEvent) => boolean;
  /**
   * The events are those of the reconciled objects themselves. One that arrives during the reconcile of its object
   * requests another only if it shows a later version than `seenVersion` of the result: the API server often reports a
   * write to the watch before it answers the writer. @default false
   */
  readonly isOfReconciled?: boolean;
}

/** The result of a reconcile. One that throws is retried with back-off. */
export type Reconciled =
  /** Nothing remains to do, for this many milliseconds or until an event. Jitter does not delay it past `atLatestMs`. */
  | {
      readonly kind: 'done';
      readonly requeueAfterMs?: number | undefined;
      readonly atLatestMs?: number;
      /** The version that the decision rests on, or that of the last own write. @default unknown: every event counts */
      readonly seenVersion?: string | undefined;
    }
  /** It could not finish, without an error, for example because of a write conflict. It is retried with back-off. */
  | { readonly kind: 'retry' };

/** The results by the names of controller-runtime. */
export type ReconcileResult = 'success' | 'requeue_after' | 'requeue' | 'error';

/** Receives what happens, for metrics. Its methods must not throw. */
export interface ControllerObserver {
  readonly queue?: WorkQueueObserver;
  onReconciled?(result: ReconcileResult, seconds: number, key: string): void;
}

export interface ControllerOptions {
  readonly name: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly watches: readonly Watch[];
  /**
   * Brings one object to its desired state, whatever happened to it.
   *
   * @param failures consecutive failures so far
   */
  readonly reconcile: (key: string, failures: number) => Promise<Reconciled>;
  readonly workers: Workers;
  /** @default all keys are normal */
  readonly laneOf?: (key: string) => Lane;
  /** @default the back-off of the work queue */
  readonly backOff?: BackOff;
  /**
   * Longest retry delay in milliseconds after this error, or after a `retry` without one.
   *
   * @default the delay of the back-off
   */
  readonly retryWithinMs?: (error: unknown) => number | undefined;
  /** The share by which a requeue may be delayed, so that many do not run at once. @default 0.1 */
  readonly jitter?: number;
  readonly observer?: ControllerObserver | undefined;
  /** Replaces Math.random in tests. */
  readonly random?: () => number;
}

const DEFAULT_JITTER = 0.1;

/**
 * The reconcile loop of one kind: events become keys, each key waits in the queue and is reconciled, and the result
 * says when it runs again. It is level-triggered: the reconcile itself finds out what to do.
 *
 * NEW → `start()` → RUNNING → `stop()` → STOPPING (starts nothing new, waits for running reconciles) → STOPPED. It
 * subscribes to events on `start()`, and receives every object that exists by then.
 */
export class Controller {
  readonly #options: ControllerOptions;
  readonly #queue: WorkQueue;
  /** The keys that are being reconciled, with the latest version of the object that an event has shown meanwhile. */
  readonly #heard = new Map<string, string | undefined>();
  #subscriptions: (() => void)[] = [];

  constructor(options: ControllerOptions) {
    const { clock, log, laneOf, backOff, observer, random } = options;
    this.#options = options;
    this.#queue = new WorkQueue({
      clock,
      log,
      ...(laneOf === undefined ? {} : { laneOf }),
      ...(backOff === undefined ? {} : { backOff }),
      ...(random === undefined ? {} : { random }),
      ...(observer?.queue === undefined ? {} : { observer: observer.queue }),
    });
  }

  get name(): string {
    return this.#options.name;
  }

  /** Requests a reconcile as soon as a worker is free, or in `afterMs` milliseconds. */
  enqueue(key: string, afterMs = 0): void {
    this.#queue.addAfter(key, afterMs);
  }

  /** Reconciles all existing objects, and from then on each that changes. Call it once. */
  start(): void {
    for (const watch of this.#options.watches) {
      const unsubscribe = watch.source.subscribe((event) => {
        this.#take(watch, event);
      });
      this.#subscriptions.push(unsubscribe);
    }
    void this.#queue.run(async (key) => {
      await this.#work(key);
    }, this.#options.workers);
  }

  /** Starts nothing new. Resolves when the running reconciles have finished. */
  async stop(): Promise<void> {
    for (const unsubscribe of this.#subscriptions.splice(0)) {
      unsubscribe();
    }
    await this.#queue.stop();
  }

  #take(watch: Watch, event: WatchedEvent): void {
    const { toKeys, isRelevant } = watch;
    const { previous } = event;
    if (isRelevant?.(event) === false || this.#mayBeOwnWrite(watch, event)) {
      return;
    }
    // Objects that depended on the old version need a reconcile too.
    const { meta } = event;
    const states = previous === undefined ? [event] : [{ meta, stored: previous }, event];
    for (const key of new Set(states.flatMap(toKeys))) {
      this.#queue.add(key);
    }
  }

  /** Notes the event until the reconcile of its object has ended. */
  #mayBeOwnWrite({ isOfReconciled = false, toKeys }: Watch, event: WatchedEvent): boolean {
    const [key] = isOfReconciled && event.type === ResourceEventType.Modified ? toKeys(event) : [];
    if (key === undefined || !this.#heard.has(key)) {
      return false;
    }
    this.#heard.set(key, event.meta.resourceVersion);
    return true;
  }

  /** Requests another reconcile if an event has shown something that this one did not see. */
  #endHearing(key: string, seenVersion: string | undefined): void {
    const heard = this.#heard.get(key);
    this.#heard.delete(key);
    if (heard !== undefined && (seenVersion === undefined || isNewerVersion(heard, seenVersion))) {
      this.#queue.add(key);
    }
  }

  async #work(key: string): Promise<void> {
    const { clock, log, name, observer, reconcile } = this.#options;
    const beganAtMs = clock.monotonicMs();
    let result: ReconcileResult = 'error';
    let seenVersion: string | undefined;
    this.#heard.set(key, undefined);
    try {
      const reconciled = await reconcile(key, this.#queue.failures(key));
      result = resultOf(reconciled);
      seenVersion = reconciled.kind === 'done' ? reconciled.seenVersion : undefined;
      this.#settle(key, reconciled);
    } catch (error) {
      log.error({ controller: name, ...splitKey(key), err: error }, 'reconcile failed');
      this.#retry(key, error);
    }
    this.#endHearing(key, seenVersion);
    observer?.onReconciled?.(result, (clock.monotonicMs() - beganAtMs) / 1_000, key);
  }

  #settle(key: string, reconciled: Reconciled): void {
    if (reconciled.kind === 'retry') {
      this.#retry(key, undefined);
      return;
    }
    this.#queue.forget(key);
    if (reconciled.requeueAfterMs !== undefined) {
      const { jitter = DEFAULT_JITTER, random = Math.random } = this.#options;
      const spread = jitter === 0 ? 1 : 1 + random() * jitter;
      this.#queue.addAfter(
        key,
        Math.min(reconciled.requeueAfterMs * spread, reconciled.atLatestMs ?? Infinity),
      );
    }
  }

  #retry(key: string, error: unknown): void {
    this.#queue.retry(key, this.#options.retryWithinMs?.(error));
  }
}

function resultOf(reconciled: Reconciled): ReconcileResult {
  if (reconciled.kind === 'retry') {
    return 'requeue';
  }
  return reconciled.requeueAfterMs === undefined ? 'success' : 'requeue_after';
}
