import { isDeepStrictEqual } from 'node:util';

/** What a value was over time. */
export class History<T> {
  readonly #entries: { readonly fromMs: number; readonly value: T }[] = [];

  /** The value from now on. */
  note(nowMs: number, value: T): void {
    const last = this.#entries.at(-1);
    if (last === undefined || !isDeepStrictEqual(last.value, value)) {
      this.#entries.push({ fromMs: nowMs, value });
    }
  }

  get last(): T | undefined {
    return this.#entries.at(-1)?.value;
  }

  /** All values that held at some moment of this time. */
  between(fromMs: number, untilMs: number): readonly T[] {
    return this.#entries
      .filter(
        (entry, index) => entry.fromMs <= untilMs && (this.#entries[index + 1]?.fromMs ?? Infinity) >= fromMs,
      )
      .map(({ value }) => value);
  }
}
