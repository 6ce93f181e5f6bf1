/**
 * What changed since it was last read, by key, each with what it was then. What came and went in between is no change
 * for the reader, so there are never more notes than what existed then and what exists now, even if nobody reads them.
 */
export class ChangeNotes<T> {
  #earlier = new Map<string, T | undefined>();

  /** Notes a change of one key. Undefined: it does not exist before, or after. */
  add(key: string, before: T | undefined, after: T | undefined): void {
    if (!this.#earlier.has(key)) {
      this.#earlier.set(key, before);
    } else if (after === undefined && this.#earlier.get(key) === undefined) {
      this.#earlier.delete(key);
    }
  }

  /** @returns what changed since the last call, as it was then; undefined: it did not exist */
  take(): ReadonlyMap<string, T | undefined> {
    const taken = this.#earlier;
    this.#earlier = new Map();
    return taken;
  }
}
