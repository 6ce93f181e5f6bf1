import type { Clock } from '../clock.ts';
import type { BackOff } from './back-off.ts';
import type { Log } from './log.ts';
import { splitKey } from './objects.ts';
import type { Source, WatchedEvent } from './source.ts';
import { WorkQueue } from './work-queue.ts';
import type { Lane, Workers, WorkQueueObserver } from './work-queue.ts';

/** A resource whose events ask for a reconcile. */
export interface Watch {
  readonly source: Source;
  /**
   * Which keys have to be reconciled after this event: that of the object itself, or those of objects of another kind
   * that depend on it. Of an object that changed it is asked twice: as it was, and as it is.
   */
  readonly toKeys: (event: WatchedEvent) => readonly string[];
}

/** What a reconcile asks for. One that throws is retried after its back-off. */
export type Reconciled =
  /** Nothing more is to be done, for so long or until an event. */
  | { readonly kind: 'done'; readonly requeueAfterMs?: number | undefined }
  /** It could not finish, and that is no error, such as a write conflict: it is retried after its back-off. */
  | { readonly kind: 'retry' };

/** The results by the names that controller-runtime gives them. */
export type ReconcileResult = 'success' | 'requeue_after' | 'requeue' | 'error';

/** Told what happens, for metrics; must not throw. */
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
   * Brings one object where it should be, whatever happened to it.
   *
   * @param failures how often it failed in a row before.
   */
  readonly reconcile: (key: string, failures: number) => Promise<Reconciled>;
  readonly workers: Workers;
  /** @default all keys are normal */
  readonly laneOf?: (key: string) => Lane;
  /** @default that of the work queue */
  readonly backOff?: BackOff;
  /** Retry at least this often after this error, or after a retry without one. @default as the back-off says */
  readonly retryWithinMs?: (error: unknown) => number | undefined;
  /** The share by which a requeue may come later, so that many do not come at once. @default 0.1 */
  readonly jitter?: number;
  readonly observer?: ControllerObserver | undefined;
  /** In place of Math.random, for tests. */
  readonly random?: () => number;
}

const DEFAULT_JITTER = 0.1;

/**
 * The loop of one kind, and nothing else: events become keys, a key waits in line and is reconciled, and what comes of
 * that says when it is its turn again. It is level-triggered: what has to be done is found out by the reconcile.
 *
 * NEW → `start()` → RUNNING → `stop()` → STOPPING (nothing new begins, what runs is awaited) → STOPPED. Before `start()`
 * it hears nothing: what there is by then, it is told on starting.
 */
export class Controller {
  readonly #options: ControllerOptions;
  readonly #queue: WorkQueue;
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

  /** Asks for a reconcile as soon as a worker is free, or in `afterMs`. */
  enqueue(key: string, afterMs = 0): void {
    this.#queue.addAfter(key, afterMs);
  }

  /** Reconciles everything that is there, and what changes from now on. Only once. */
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

  /** Begins nothing new; resolves when the reconciles that run have finished. */
  async stop(): Promise<void> {
    for (const unsubscribe of this.#subscriptions.splice(0)) {
      unsubscribe();
    }
    await this.#queue.stop();
  }

  #take({ toKeys }: Watch, event: WatchedEvent): void {
    const { previous } = event;
    // Whoever depended on the object as it was must hear of it, too.
    const states = previous === undefined ? [event] : [{ ...event, object: previous }, event];
    for (const key of new Set(states.flatMap(toKeys))) {
      this.#queue.add(key);
    }
  }

  async #work(key: string): Promise<void> {
    const { clock, log, name, observer, reconcile } = this.#options;
    const beganAtMs = clock.monotonicMs();
    let result: ReconcileResult = 'error';
    try {
      const reconciled = await reconcile(key, this.#queue.failures(key));
      result = resultOf(reconciled);
      this.#settle(key, reconciled);
    } catch (error) {
      log.error({ controller: name, ...splitKey(key), err: error }, 'reconcile failed');
      this.#retry(key, error);
    }
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
      this.#queue.addAfter(key, reconciled.requeueAfterMs * spread);
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
