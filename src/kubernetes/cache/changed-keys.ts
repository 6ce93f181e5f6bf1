/** What changed in a store, for one reader. */
export interface ChangeReader {
  /** Keys of the objects that were stored or removed since the last call; at the first call, of all objects. */
  take(): ReadonlySet<string>;
}

/** Notes the keys that change, for any number of readers that ask in their own time. */
export class ChangedKeys {
  readonly #unread: Set<string>[] = [];

  add(key: string): void {
    for (const unread of this.#unread) unread.add(key);
  }

  /** @param keys those that exist now */
  read(keys: Iterable<string>): ChangeReader {
    const unread = new Set(keys);
    this.#unread.push(unread);
    return {
      take: () => {
        const taken = new Set(unread);
        unread.clear();
        return taken;
      },
    };
  }
}
