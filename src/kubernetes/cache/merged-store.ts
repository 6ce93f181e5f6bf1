import { splitKey } from '../objects.ts';
import type { KubernetesObject } from '../objects.ts';
import type { ChangeReader } from './changed-keys.ts';
import type { StoreView } from './store.ts';

/** The stores of several namespaces, read as one. Each namespace is current or not by itself. */
export class MergedStore<T extends KubernetesObject> implements StoreView<T> {
  readonly #stores: ReadonlyMap<string, StoreView<T>>;

  constructor(stores: ReadonlyMap<string, StoreView<T>>) {
    this.#stores = stores;
  }

  get size(): number {
    return [...this.#stores.values()].reduce((sum, { size }) => sum + size, 0);
  }

  get(key: string): T | undefined {
    return this.#stores.get(splitKey(key).namespace ?? '')?.get(key);
  }

  seenAtMs(key: string): number | undefined {
    return this.#stores.get(splitKey(key).namespace ?? '')?.seenAtMs(key);
  }

  changes(): ChangeReader {
    const readers = [...this.#stores.values()].map((store) => store.changes());
    return { take: () => new Set(readers.flatMap((reader) => [...reader.take()])) };
  }

  list(): T[] {
    return [...this.#stores.values()].flatMap((store) => store.list());
  }

  applyLocal(object: T): boolean {
    return this.#stores.get(object.metadata.namespace ?? '')?.applyLocal(object) ?? false;
  }
}
