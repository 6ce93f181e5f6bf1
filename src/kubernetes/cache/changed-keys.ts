import { ChangeNotes } from './change-notes.ts';

/** What changed in a store, for one reader. */
export interface ChangeReader {
  /**
   * Keys of the objects that were stored or removed since the last call; at the first call, of all objects. An object
   * that came and went in between is not among them.
   */
  take(): ReadonlySet<string>;
}

/** Notes the keys that change, for any number of readers that ask in their own time. */
export class ChangedKeys {
  readonly #unread: ChangeNotes<true>[] = [];

  /** Notes that the object of a key was stored or removed. */
  add(key: string, change: { readonly wasStored: boolean; readonly isStored: boolean }): void {
    for (const unread of this.#unread) unread.add(key, existing(change.wasStored), existing(change.isStored));
  }

  /** @param keys those that exist now */
  read(keys: Iterable<string>): ChangeReader {
    const unread = new ChangeNotes<true>();
    for (const key of keys) unread.add(key, undefined, true);
    this.#unread.push(unread);
    return { take: () => new Set(unread.take().keys()) };
  }
}

/** Objects are not noted themselves, because an unread note would keep the earlier version. */
function existing(isStored: boolean): true | undefined {
  return isStored ? true : undefined;
}
