/**
 * Remembers values of late by text, in two generations: what a whole generation did not use is forgotten with it. What
 * recurs in thousands of objects stays, what is in one object goes, and nothing has to be sorted by its last use.
 */
export class RecentValues<V extends object | string> {
  readonly #limits: RecentLimits;
  #young = new Map<string, V>();
  #old = new Map<string, V>();

  constructor(limits: RecentLimits) {
    this.#limits = limits;
  }

  /** The known value of this text, made if there is none. */
  use(text: string, make: () => V): V {
    const { maxTextChars, maxValues } = this.#limits;
    const young = this.#young.get(text);
    if (young !== undefined || text.length > maxTextChars) {
      return young ?? make();
    }
    const value = this.#old.get(text) ?? make();
    if (this.#young.size >= maxValues) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(text, value);
    return value;
  }
}

export interface RecentLimits {
  /** The value of a longer text is not remembered. */
  readonly maxTextChars: number;
  /** The most values of each generation. */
  readonly maxValues: number;
}
