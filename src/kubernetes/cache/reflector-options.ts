import type { Clock } from '../../clock.ts';
import type { ApiTransport } from '../client/api-transport.ts';
import type { Log } from '../log.ts';
import type { Decode, KubernetesObject } from '../objects.ts';
import type { WatchOutcome } from './watch-stream.ts';

/** Counts for metrics. The methods are called synchronously and must not throw. */
export interface ReflectorObserver {
  /** Called when a complete list was stored. */
  onListed?(objects: number): void;
  /** Called when a watch ended, with the reason. */
  onWatchEnded?(end: WatchOutcome['end']): void;
}

export interface ReflectorOptions<T extends KubernetesObject> {
  transport: ApiTransport;
  clock: Clock;
  log: Log;
  /** `/apis/<group>/<version>/<plural>`, or with `/namespaces/<namespace>` before the plural. */
  path: string;
  /** Checks and trims an object before it is kept. If it throws, the object is reported and its last version stays. */
  decode: Decode<T>;
  /**
   * The form in which the store keeps an object, be it from the server or from a write of this process. Must not throw.
   *
   * @default the decoded object
   */
  toKept?: ((object: T) => T) | undefined;
  /**
   * The kind may be unknown to the API server, or closed to this account for 10 seconds. Until it answers otherwise for
   * the first time, that counts as an empty list.
   *
   * @default false
   */
  isOptional?: boolean;
  labelSelector?: string;
  fieldSelector?: string;
  /** @default 500 */
  pageSize?: number;
  /** Silence after which a watch is closed. The server sends one bookmark a minute. @default 90000 */
  idleTimeoutMs?: number;
  /** Replaces Math.random in tests. */
  random?: () => number;
  observer?: ReflectorObserver;
}
