/**
 * In a bundle in the place of `Intl.ListFormat`, of which got makes two when it is loaded, for messages about wrong
 * options. Node's takes in the data of ICU: 6 MiB of memory.
 */
export class EnglishList {
  readonly #word: string;

  constructor(_locale: 'en', { type }: { readonly type: 'conjunction' | 'disjunction' }) {
    this.#word = type === 'conjunction' ? 'and' : 'or';
  }

  /** "a", "a and b", "a, b, and c" */
  format(items: readonly string[]): string {
    if (items.length <= 2) {
      return items.join(` ${this.#word} `);
    }
    return `${items.slice(0, -1).join(', ')}, ${this.#word} ${items.at(-1) ?? ''}`;
  }
}
