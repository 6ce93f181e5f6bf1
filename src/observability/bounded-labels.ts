/** The label of all values beyond the limit. */
const OTHER = 'other';

/**
 * Limits the values of a label that other people choose. The first values keep their own label, and all
 * others share one.
 */
export class BoundedLabels {
  readonly #known = new Set<string>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  of(value: string): string {
    if (!this.#known.has(value) && this.#known.size >= this.#max) {
      return OTHER;
    }
    this.#known.add(value);
    return value;
  }
}
