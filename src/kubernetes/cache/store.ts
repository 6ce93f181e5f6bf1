import type { Clock } from '../../clock.ts';
import { isNewerVersion, isOlderVersion, objectKey } from '../objects.ts';
import type { KubernetesObject } from '../objects.ts';
import { ChangedKeys } from './changed-keys.ts';
import type { ChangeReader } from './changed-keys.ts';

/** A change of an object that this process observed. */
export type StoreEvent<T> =
  | { type: 'ADDED'; object: T }
  | { type: 'MODIFIED'; object: T; previous: T }
  /** `object` is the last known state. */
  | { type: 'DELETED'; object: T };

/** The consistent list that shows an object. */
export interface ListedAt {
  readonly version: string;
  /** Before its first request, as a monotonic time. */
  readonly beganAtMs: number;
  /** Its version is older than what was known before it began, so the server has lost the versions since. */
  readonly isRewound: boolean;
}

/** The operations of a store for readers. */
export interface StoreView<T extends KubernetesObject> {
  /** @param key `namespace/name` */
  get(key: string): T | undefined;
  /** All objects. The caller may change the list, but not the objects. */
  list(): T[];
  readonly size: number;
  /**
   * Monotonic time at which this process received the version that it has of this object, whether or not it led then;
   * undefined for an object that it does not have.
   */
  seenAtMs(key: string): number | undefined;
  /** Tells this caller from now on what changes, `applyLocal` included. */
  changes(): ChangeReader;
  /**
   * Read your writes: stores the answer to one of our own writes, if the store has the object (same UID) in an older
   * version. The store ignores the watch event of that version, so handlers do not see it.
   *
   * @returns true if the object was stored
   */
  applyLocal(object: T): boolean;
}

/**
 * The last known objects, by key. Versions of an object only increase: an object that is not newer than the stored
 * one changes nothing, unless a list shows that the stored one never existed, as after a restore of etcd. Each change
 * returns events for the caller to pass on.
 */
export class Store<T extends KubernetesObject> implements StoreView<T> {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #toKept: (object: T) => T;
  readonly #objects = new Map<string, T>();
  readonly #seenAtMs = new Map<string, number>();
  readonly #changed = new ChangedKeys();

  /** @param toKept the form in which an object is kept; it must not throw, and the identity and version stay */
  constructor(clock: Pick<Clock, 'monotonicMs'>, toKept: (object: T) => T = (object) => object) {
    this.#clock = clock;
    this.#toKept = toKept;
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  list(): T[] {
    return [...this.#objects.values()];
  }

  keys(): string[] {
    return [...this.#objects.keys()];
  }

  seenAtMs(key: string): number | undefined {
    return this.#seenAtMs.get(key);
  }

  changes(): ChangeReader {
    return this.#changed.read(this.#objects.keys());
  }

  applyLocal(object: T): boolean {
    const key = objectKey(object);
    const held = this.#objects.get(key);
    if (held === undefined || !isSuccessor(object, held)) return false;
    this.#keep(key, object);
    return true;
  }

  /** Stores an object from a list or a watch. */
  put(received: T, list?: ListedAt): StoreEvent<T>[] {
    const key = objectKey(received);
    const held = this.#objects.get(key);
    const isUndone = held !== undefined && list !== undefined && this.#isUndone(held, received, list);
    if (held !== undefined && !isNewer(received, held) && !isUndone) return [];
    const object = this.#keep(key, received);
    if (held === undefined) return [{ type: 'ADDED', object }];
    if (held.metadata.uid === object.metadata.uid && !isUndone) {
      return [{ type: 'MODIFIED', object, previous: held }];
    }
    // The old object was deleted and another of its name created between two reads: two objects, not one change. So are
    // an object of a lost history and that of the backup.
    return [
      { type: 'DELETED', object: held },
      { type: 'ADDED', object },
    ];
  }

  /** A list shows everything that was written before it began, so an older object in it is the true one. */
  #isUndone(held: T, received: T, { version, beganAtMs, isRewound }: ListedAt): boolean {
    if (isRewound) return true;
    const heldVersion = held.metadata.resourceVersion;
    const isInList = !isOlderVersion(version, heldVersion);
    const isBefore = (this.#seenAtMs.get(objectKey(held)) ?? Infinity) < beganAtMs;
    return isOlderVersion(received.metadata.resourceVersion, heldVersion) && (isInList || isBefore);
  }

  /**
   * Removes an object that a watch reports as deleted, with its last state if it could be decoded. The deletion of an
   * earlier object of that name changes nothing.
   */
  remove(identity: KubernetesObject, last: T | undefined): StoreEvent<T>[] {
    const key = objectKey(identity);
    const held = this.#objects.get(key);
    if (held?.metadata.uid !== identity.metadata.uid) return [];
    this.#drop(key);
    return [{ type: 'DELETED', object: last !== undefined && isNewer(last, held) ? last : held }];
  }

  /** Removes an object that a complete list no longer shows. */
  removeKey(key: string): StoreEvent<T>[] {
    const held = this.#objects.get(key);
    if (held === undefined) return [];
    this.#drop(key);
    return [{ type: 'DELETED', object: held }];
  }

  #keep(key: string, received: T): T {
    const object = this.#toKept(received);
    this.#changed.add(key, { wasStored: this.#objects.has(key), isStored: true });
    this.#objects.set(key, object);
    this.#seenAtMs.set(key, this.#clock.monotonicMs());
    return object;
  }

  #drop(key: string): void {
    this.#objects.delete(key);
    this.#seenAtMs.delete(key);
    this.#changed.add(key, { wasStored: true, isStored: false });
  }
}

function isNewer(candidate: KubernetesObject, held: KubernetesObject): boolean {
  return isNewerVersion(candidate.metadata.resourceVersion, held.metadata.resourceVersion);
}

function isSuccessor(candidate: KubernetesObject, held: KubernetesObject): boolean {
  return candidate.metadata.uid === held.metadata.uid && isNewer(candidate, held);
}
