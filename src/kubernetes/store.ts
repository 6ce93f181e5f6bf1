import { isNewerVersion, type KubernetesObject, objectKey } from './objects.ts';

/** What happened to an object, as far as this process has seen. */
export type StoreEvent<T> =
  | { type: 'ADDED'; object: T }
  | { type: 'MODIFIED'; object: T; previous: T }
  /** `object` is the last state known. */
  | { type: 'DELETED'; object: T };

/** What a reader may do with the store. */
export interface StoreView<T extends KubernetesObject> {
  /** @param key `namespace/name` */
  get(key: string): T | undefined;
  /** All objects; the list is the caller's own, the objects are not: they must not be changed. */
  list(): T[];
  readonly size: number;
  /**
   * Read your writes: takes over the answer to a write of our own, if the store holds the object (same uid) in an
   * older version. The watch event of that same version is then ignored, so handlers hear nothing of it.
   * Returns whether it was taken.
   */
  applyLocal(object: T): boolean;
}

/**
 * The objects as last seen, by key. Versions of an object only ever go forward: what is not newer than what is held
 * changes nothing, wherever it comes from. Each change is returned as events for the caller to hand out.
 */
export class Store<T extends KubernetesObject> implements StoreView<T> {
  readonly #objects = new Map<string, T>();

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

  applyLocal(object: T): boolean {
    const key = objectKey(object);
    const held = this.#objects.get(key);
    if (held === undefined || !isSuccessor(object, held)) return false;
    this.#objects.set(key, object);
    return true;
  }

  /** An object as a list or a watch shows it. */
  put(object: T): StoreEvent<T>[] {
    const key = objectKey(object);
    const held = this.#objects.get(key);
    if (held !== undefined && !isNewer(object, held)) return [];
    this.#objects.set(key, object);
    if (held === undefined) return [{ type: 'ADDED', object }];
    if (held.metadata.uid === object.metadata.uid) {
      return [{ type: 'MODIFIED', object, previous: held }];
    }
    // The old one went and a namesake came while nobody looked: two lives, not one change.
    return [
      { type: 'DELETED', object: held },
      { type: 'ADDED', object },
    ];
  }

  /** A deletion as a watch shows it, with the last state if it was understood. One of an earlier namesake changes nothing. */
  remove(identity: KubernetesObject, last: T | undefined): StoreEvent<T>[] {
    const key = objectKey(identity);
    const held = this.#objects.get(key);
    if (held?.metadata.uid !== identity.metadata.uid) return [];
    this.#objects.delete(key);
    return [{ type: 'DELETED', object: last !== undefined && isNewer(last, held) ? last : held }];
  }

  /** An object that a complete list no longer shows. */
  removeKey(key: string): StoreEvent<T>[] {
    const held = this.#objects.get(key);
    if (held === undefined) return [];
    this.#objects.delete(key);
    return [{ type: 'DELETED', object: held }];
  }
}

function isNewer(candidate: KubernetesObject, held: KubernetesObject): boolean {
  return isNewerVersion(candidate.metadata.resourceVersion, held.metadata.resourceVersion);
}

function isSuccessor(candidate: KubernetesObject, held: KubernetesObject): boolean {
  return candidate.metadata.uid === held.metadata.uid && isNewer(candidate, held);
}
