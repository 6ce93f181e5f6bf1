/** The keys that belong to each term. Most terms have one key, which is kept without a set of its own. */
export class KeyIndex {
  readonly #keys = new Map<string, string | Set<string>>();

  add(term: string, key: string): void {
    const held = this.#keys.get(term);
    if (held === undefined) {
      this.#keys.set(term, key);
    } else if (typeof held !== 'string') {
      held.add(key);
    } else if (held !== key) {
      this.#keys.set(term, new Set([held, key]));
    }
  }

  delete(term: string, key: string): void {
    const held = this.#keys.get(term);
    if (held === key) {
      this.#keys.delete(term);
    } else if (held instanceof Set && held.delete(key) && held.size === 0) {
      this.#keys.delete(term);
    }
  }

  has(term: string): boolean {
    return this.#keys.has(term);
  }

  of(term: string): Iterable<string> {
    const held = this.#keys.get(term);
    return held === undefined ? [] : typeof held === 'string' ? [held] : held;
  }
}
