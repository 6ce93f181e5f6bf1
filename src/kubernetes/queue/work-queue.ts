import { equalJitterMs } from '../back-off.ts';
import { errorFields } from '../error-fields.ts';
import { DelayHeap } from './delay-heap.ts';
import { TimeSlice } from './time-slice.ts';
import type { Lane, Worker, Workers, WorkQueueOptions } from './work-queue-options.ts';

const LANES: readonly Lane[] = ['urgent', 'called', 'normal'];
type WorkerKind = 'urgent' | 'normal';
const DEFAULT_BACK_OFF = { baseMs: 500, maxMs: 300_000 };
/** Without a reason each abort makes a DOMException, which costs more than the rest of setting a timer. */
const CALLED_OFF = new Error('another timer takes the place of this one');
/**
 * A timer stands still while the host is suspended, but the time of a key does not. Far below the limit of setTimeout,
 * beyond which a sleep would return at once.
 */
const MAX_SLEEP_MS = 60_000;

/**
 * A queue of keys for level-triggered work. A worker finds out what a key needs when it takes the key, so the queue
 * holds each key once. States of a key:
 *
 * - IDLE: unknown to the queue, though its failures may be remembered.
 * - READY: waits in its lane, first come first served. IDLE → READY by `add`.
 * - RUNNING: one worker has it, never two. READY → RUNNING when a worker is free.
 * - DIRTY: RUNNING, and added meanwhile, because the worker may use an old state. RUNNING → DIRTY by `add`. When the
 *   worker is done: RUNNING → IDLE, DIRTY → READY at the end of its lane.
 *
 * In addition a key may be DELAYED once (`addAfter`, `retry`): it is added at that time. The earliest time wins, and
 * an `add` before that time does not cancel it.
 *
 * The queue itself: OPEN → `stop()` → STOPPING (starts nothing new, drops delays, waits for running workers) →
 * STOPPED.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  /** READY keys, with the time since when they wait, oldest first. */
  readonly #ready: Readonly<Record<Lane, Map<string, number>>> = {
    urgent: new Map(),
    called: new Map(),
    normal: new Map(),
  };
  /** RUNNING keys; true if DIRTY. */
  readonly #running = new Map<string, boolean>();
  readonly #busy: Record<WorkerKind, number> = { urgent: 0, normal: 0 };
  readonly #delayed = new DelayHeap();
  readonly #failures = new Map<string, number>();
  readonly #slice: TimeSlice;
  readonly #aborting = new AbortController();
  readonly #finished = Promise.withResolvers<undefined>();
  #worker: Worker | undefined;
  #workers: Readonly<Record<WorkerKind, number>> = { urgent: 0, normal: 0 };
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

  /** Number of keys that wait for a worker. */
  get depth(): number {
    return LANES.reduce((depth, lane) => depth + this.#ready[lane].size, 0);
  }

  /** Number of keys that a worker has. */
  get inFlight(): number {
    return this.#running.size;
  }

  /** Number of keys that wait for their time. */
  get delayed(): number {
    return this.#delayed.size;
  }

  /** Queues the key for the next free worker. Has no effect once stopping. */
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

  /** Puts the key into its lane. */
  #line(key: string, isNew = true): void {
    const lane = this.#laneOf(key);
    if (this.#ready[lane].has(key)) return;
    const sinceMs = this.#takeFromOtherLane(key);
    this.#ready[lane].set(key, sinceMs ?? this.#options.clock.monotonicMs());
    if (isNew && sinceMs === undefined) this.#options.observer?.onAdded?.();
    this.#options.observer?.onDepth?.(this.depth);
    this.#pump();
  }

  #laneOf(key: string): Lane {
    return this.#options.laneOf?.(key) ?? 'normal';
  }

  /** @returns since when it waited in another lane; undefined if it did not */
  #takeFromOtherLane(key: string): number | undefined {
    const other = LANES.find((lane) => this.#ready[lane].has(key));
    const sinceMs = other === undefined ? undefined : this.#ready[other].get(key);
    if (other !== undefined) this.#ready[other].delete(key);
    return sinceMs;
  }

  /** Queues the key in `delayMs`, or at its scheduled time if that is earlier. */
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
   * Queues the key after its back-off, which doubles until `forget`, but after `maxMs` at most.
   *
   * @returns the delay in milliseconds
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

  /** The key succeeded or no longer exists, so its next failure starts from the smallest back-off. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** Consecutive failures of the key. */
  failures(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /** Runs workers on the keys. Resolves when the queue has stopped. Call it once. */
  async run(worker: Worker, { concurrency, urgentConcurrency = 0 }: Workers): Promise<void> {
    if (this.#worker !== undefined) throw new Error('the queue is already running');
    this.#worker = worker;
    this.#workers = { normal: concurrency, urgent: urgentConcurrency };
    this.#pump();
    await this.#finished.promise;
  }

  /** Resolves when no key is ready or running. Delayed keys do not count. */
  async drain(): Promise<void> {
    if (this.depth === 0 && this.#running.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#idleWaiters.push(resolve);
    });
  }

  /** Starts nothing new. Resolves when the running workers are done; `abort()` makes them stop early. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#wake?.abort(CALLED_OFF);
    for (const lane of LANES) this.#ready[lane].clear();
    this.#delayed.clear();
    this.#options.observer?.onDepth?.(0);
    this.#settle();
    await this.#finished.promise;
  }

  /** Aborts the signal of the workers. */
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

  /** The kind of worker that is free for a key of this lane. Urgent keys also take a normal worker. */
  #workerFor(lane: Lane): WorkerKind | undefined {
    if (lane === 'urgent' && this.#busy.urgent < this.#workers.urgent) return 'urgent';
    return this.#busy.normal < this.#workers.normal ? 'normal' : undefined;
  }

  #begin(lane: Lane, key: string, readySinceMs: number): void {
    const startedAtMs = this.#options.clock.monotonicMs();
    const worker = this.#workerFor(lane) ?? 'normal';
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
    // The key was counted when it became dirty.
    if (isDirty && !this.#isStopping) this.#line(key, false);
    this.#pump();
    this.#settle();
  }

  #settle(): void {
    if (this.#running.size > 0 || this.depth > 0) return;
    for (const resolve of this.#idleWaiters.splice(0)) resolve();
    if (this.#isStopping) this.#finished.resolve(undefined);
  }

  /** Sets one timer for the earliest of all delayed keys. */
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
      // Aborted: an earlier key has set its own timer, or the queue stops.
      () => undefined,
    );
  }

  #addDue(): void {
    this.#wakeAtMs = Number.POSITIVE_INFINITY;
    for (const key of this.#delayed.takeDue(this.#options.clock.monotonicMs())) this.add(key);
    this.#setTimer();
  }
}
