import type { Clock } from '../clock.ts';
import { type BackOff, equalJitterMs } from './back-off.ts';
import { DelayHeap } from './delay-heap.ts';
import { errorFields } from './error-fields.ts';
import type { Log } from './log.ts';
import { TimeSlice } from './time-slice.ts';

/** Counts for metrics; each is called synchronously and must not throw. */
export interface WorkQueueObserver {
  /** Keys that wait for a worker, after each change. */
  onDepth?(depth: number): void;
  /** A key came that did not wait already. */
  onAdded?(): void;
  /** A worker takes a key that waited this long. */
  onStarted?(waitSeconds: number): void;
  /** A worker is done with a key. */
  onFinished?(workSeconds: number): void;
  /** A key was put back with back-off. */
  onRetry?(): void;
}

export interface WorkQueueOptions {
  clock: Clock;
  log: Log;
  /** Back-off of `retry`. @default 500 ms doubling to 5 min */
  backOff?: BackOff;
  /** In place of Math.random, for tests. */
  random?: () => number;
  observer?: WorkQueueObserver;
  /** Asked whenever a key is added: one that became urgent while it was in line changes lanes. @default all are normal */
  laneOf?: (key: string) => Lane;
}

/** How many workers each lane has. */
export interface Workers {
  readonly concurrency: number;
  /** @default 0: urgent keys wait for the normal workers */
  readonly urgentConcurrency?: number;
}

/** `urgent` keys have workers of their own: no number of other keys that hang can keep them waiting. */
export type Lane = 'urgent' | 'normal';

/** Handles one key. If it throws, the key is retried with back-off. The signal aborts when the queue is stopped hard. */
export type Worker = (key: string, signal: AbortSignal) => Promise<void>;

const LANES: readonly Lane[] = ['urgent', 'normal'];
const DEFAULT_BACK_OFF = { baseMs: 500, maxMs: 300_000 };
/** Without a reason each abort makes a DOMException, which costs more than all the rest of setting a timer. */
const CALLED_OFF = new Error('another timer takes the place of this one');
/** setTimeout's limit; a longer sleep would return at once. */
const MAX_SLEEP_MS = 2_147_483_647;

/**
 * A queue of keys for level-triggered work: what a key needs is found out when it is its turn, so it is enough to
 * hold it once. A key is in any of these states:
 *
 * - IDLE     unknown to the queue (though its failures may be remembered).
 * - READY    in the line of its lane, first come first served.  IDLE → READY by `add`.
 * - RUNNING  one worker has it, never two.      READY → RUNNING when a worker is free.
 * - DIRTY    RUNNING, and added meanwhile: what the worker looked at may be old.  RUNNING → DIRTY by `add`.
 *            When the worker is done: RUNNING → IDLE, DIRTY → READY at the end of the line.
 *
 * Beside that a key may be DELAYED once (`addAfter`, `retry`): it is added when the time comes. The earliest time wins,
 * and an `add` in between does not take it back: the promise to look again at that time stands.
 *
 * The queue itself: OPEN → `stop()` → STOPPING (nothing new starts, delays are dropped, running workers finish) → STOPPED.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  /** READY keys, with the time since when they wait; a Map keeps the order. */
  readonly #ready: Readonly<Record<Lane, Map<string, number>>> = { urgent: new Map(), normal: new Map() };
  /** RUNNING keys; true if DIRTY. */
  readonly #running = new Map<string, boolean>();
  readonly #busy: Record<Lane, number> = { urgent: 0, normal: 0 };
  readonly #delayed = new DelayHeap();
  readonly #failures = new Map<string, number>();
  readonly #slice: TimeSlice;
  readonly #aborting = new AbortController();
  readonly #finished = Promise.withResolvers<undefined>();
  #worker: Worker | undefined;
  #workers: Readonly<Record<Lane, number>> = { urgent: 0, normal: 0 };
  #isStopping = false;
  #wakeAtMs = Number.POSITIVE_INFINITY;
  #wake: AbortController | undefined;
  #idleWaiters: (() => void)[] = [];

  constructor(options: WorkQueueOptions) {
    this.#options = options;
    this.#slice = new TimeSlice(options.clock, () => {
      this.#pump();
    });
  }

  /** Keys waiting for a worker. */
  get depth(): number {
    return this.#ready.urgent.size + this.#ready.normal.size;
  }

  /** Keys that a worker has. */
  get inFlight(): number {
    return this.#running.size;
  }

  /** Keys waiting for their time. */
  get delayed(): number {
    return this.#delayed.size;
  }

  /** Wants a look at the key as soon as a worker is free. Without effect once stopping. */
  add(key: string): void {
    if (this.#isStopping) return;
    const isDirty = this.#running.get(key);
    if (isDirty === undefined) {
      this.#line(key);
      return;
    }
    this.#running.set(key, true);
    if (!isDirty) this.#options.observer?.onAdded?.();
  }

  /** Puts the key into the line of its lane. */
  #line(key: string, isNew = true): void {
    const lane = this.#laneOf(key);
    if (this.#ready[lane].has(key)) return;
    const sinceMs = this.#takeFromOtherLane(key, lane);
    this.#ready[lane].set(key, sinceMs ?? this.#options.clock.monotonicMs());
    if (isNew && sinceMs === undefined) this.#options.observer?.onAdded?.();
    this.#options.observer?.onDepth?.(this.depth);
    this.#pump();
  }

  #laneOf(key: string): Lane {
    return this.#options.laneOf?.(key) ?? 'normal';
  }

  /** @returns since when it waited there, if it did. */
  #takeFromOtherLane(key: string, lane: Lane): number | undefined {
    const other = this.#ready[lane === 'urgent' ? 'normal' : 'urgent'];
    const sinceMs = other.get(key);
    other.delete(key);
    return sinceMs;
  }

  /** Wants a look at the key in `delayMs`, or at the time already promised if that is earlier. */
  addAfter(key: string, delayMs: number): void {
    if (this.#isStopping) return;
    if (!(delayMs > 0)) {
      this.add(key);
      return;
    }
    this.#delayed.add(key, this.#options.clock.monotonicMs() + delayMs);
    this.#setTimer();
  }

  /**
   * Wants a look at the key after its back-off, which doubles each time until `forget`, but for `maxMs` at most.
   * Returns the delay.
   */
  retry(key: string, maxMs = Number.POSITIVE_INFINITY): number {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    const random = this.#options.random ?? Math.random;
    const backOff = this.#options.backOff ?? DEFAULT_BACK_OFF;
    const bounded = { ...backOff, maxMs: Math.min(backOff.maxMs, maxMs) };
    const delayMs = equalJitterMs(failures, bounded, random);
    this.#options.observer?.onRetry?.();
    this.addAfter(key, delayMs);
    return delayMs;
  }

  /** The key did well (or is gone): its next failure starts from the smallest back-off. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** Failures in a row of the key. */
  failures(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /** Sets workers on the keys; resolves when the queue has stopped. Only once. */
  async run(worker: Worker, { concurrency, urgentConcurrency = 0 }: Workers): Promise<void> {
    if (this.#worker !== undefined) throw new Error('the queue is already running');
    this.#worker = worker;
    this.#workers = { normal: concurrency, urgent: urgentConcurrency };
    this.#pump();
    await this.#finished.promise;
  }

  /** Resolves when nothing is ready and nothing is running; delayed keys are not waited for. */
  async drain(): Promise<void> {
    if (this.depth === 0 && this.#running.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#idleWaiters.push(resolve);
    });
  }

  /** Starts nothing new and resolves when the running workers are done. `abort()` hurries them. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#wake?.abort(CALLED_OFF);
    for (const lane of LANES) this.#ready[lane].clear();
    this.#delayed.clear();
    this.#options.observer?.onDepth?.(0);
    this.#settle();
    await this.#finished.promise;
  }

  /** Aborts the signal that the workers were given. */
  abort(): void {
    this.#aborting.abort();
  }

  #pump(): void {
    for (const lane of LANES) {
      while (this.#canStart(lane) && !this.#slice.isOver()) {
        const [next] = this.#ready[lane];
        if (next !== undefined) this.#begin(lane, ...next);
      }
    }
  }

  #canStart(lane: Lane): boolean {
    if (this.#worker === undefined || this.#isStopping) return false;
    return this.#workerFor(lane) !== undefined && this.#ready[lane].size > 0;
  }

  /** Whose worker is free for a key of this lane; urgent keys also take a normal one. */
  #workerFor(lane: Lane): Lane | undefined {
    if (this.#busy[lane] < this.#workers[lane]) return lane;
    return lane === 'urgent' && this.#busy.normal < this.#workers.normal ? 'normal' : undefined;
  }

  #begin(lane: Lane, key: string, readySinceMs: number): void {
    const startedAtMs = this.#options.clock.monotonicMs();
    const worker = this.#workerFor(lane) ?? lane;
    this.#ready[lane].delete(key);
    this.#running.set(key, false);
    this.#busy[worker] += 1;
    this.#options.observer?.onDepth?.(this.depth);
    this.#options.observer?.onStarted?.((startedAtMs - readySinceMs) / 1000);
    void this.#work(key).then(() => {
      this.#busy[worker] -= 1;
      this.#end(key, startedAtMs);
    });
  }

  async #work(key: string): Promise<void> {
    try {
      await this.#worker?.(key, this.#aborting.signal);
    } catch (error) {
      const delayMs = this.retry(key);
      this.#options.log.error({ key, delayMs, ...errorFields(error) }, 'worker threw, retrying');
    }
  }

  #end(key: string, startedAtMs: number): void {
    const isDirty = this.#running.get(key) === true;
    this.#running.delete(key);
    this.#options.observer?.onFinished?.((this.#options.clock.monotonicMs() - startedAtMs) / 1000);
    // It was counted when it became dirty.
    if (isDirty && !this.#isStopping) this.#line(key, false);
    this.#pump();
    this.#settle();
  }

  #settle(): void {
    if (this.#running.size > 0 || this.depth > 0) return;
    for (const resolve of this.#idleWaiters.splice(0)) resolve();
    if (this.#isStopping) this.#finished.resolve(undefined);
  }

  /** One timer for the earliest of all delayed keys. */
  #setTimer(): void {
    const earliestMs = this.#delayed.earliestMs();
    if (earliestMs === undefined || earliestMs >= this.#wakeAtMs) return;
    this.#wake?.abort(CALLED_OFF);
    const wake = new AbortController();
    this.#wake = wake;
    this.#wakeAtMs = earliestMs;
    const sleepMs = Math.max(1, Math.ceil(earliestMs - this.#options.clock.monotonicMs()));
    this.#options.clock.sleep(Math.min(sleepMs, MAX_SLEEP_MS), wake.signal).then(
      () => {
        this.#addDue();
      },
      // Called off: an earlier key has set a timer of its own, or the queue stops.
      () => undefined,
    );
  }

  #addDue(): void {
    this.#wakeAtMs = Number.POSITIVE_INFINITY;
    for (const key of this.#delayed.takeDue(this.#options.clock.monotonicMs())) this.add(key);
    this.#setTimer();
  }
}
