/** The label of everything beyond the bound. */
const OTHER = 'other';

/** Values of a label that other people choose, kept to the first so many of them; all others share one. */
export class BoundedLabels {
  readonly #known = new Set<string>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  of(value: string): string {
    if (!this.#known.has(value) && this.#known.size >= this.#max) return OTHER;
    this.#known.add(value);
    return value;
  }
}
