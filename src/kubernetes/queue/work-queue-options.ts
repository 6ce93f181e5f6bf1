import type { Clock } from '../../clock.ts';
import type { BackOff } from '../back-off.ts';
import type { Log } from '../log.ts';

/** Counts for metrics. The methods are called synchronously and must not throw. */
export interface WorkQueueObserver {
  /** Keys that wait for a worker, after each change. */
  onDepth?(depth: number): void;
  /** Called when a key enters the queue that did not wait already. */
  onAdded?(): void;
  /** Called when a worker takes a key that waited this long. */
  onStarted?(waitSeconds: number): void;
  /** Called when a worker is done with a key. */
  onFinished?(workSeconds: number): void;
  /** Called when a key is requeued with back-off. */
  onRetry?(): void;
}

export interface WorkQueueOptions {
  clock: Clock;
  log: Log;
  /** Back-off of `retry`. @default 500 ms doubling to 5 min */
  backOff?: BackOff;
  /** Replaces Math.random in tests. */
  random?: () => number;
  observer?: WorkQueueObserver;
  /** Called whenever a key is added. A waiting key that became urgent changes lanes. @default all are normal */
  laneOf?: (key: string) => Lane;
}

/** How many workers each lane has. */
export interface Workers {
  readonly concurrency: number;
  /** @default 0: urgent keys wait for the normal workers */
  readonly urgentConcurrency?: number;
}

/**
 * `urgent` keys have workers of their own, so that no number of other keys that hang can delay them. `called` keys come
 * before `normal` ones, and share their workers.
 */
export type Lane = 'urgent' | 'called' | 'normal';

/** Handles one key. If it throws, the key is retried with back-off. `abort()` aborts the signal. */
export type Worker = (key: string, signal: AbortSignal) => Promise<void>;
