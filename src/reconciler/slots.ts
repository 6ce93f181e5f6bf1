/** A number of places, taken and given back. */
export class Slots {
  #free: number;
  readonly #size: number;

  constructor(size: number) {
    this.#size = size;
    this.#free = size;
  }

  /** False where none is free. */
  take(): boolean {
    if (this.#free === 0) {
      return false;
    }
    this.#free -= 1;
    return true;
  }

  giveBack(): void {
    this.#free += 1;
  }

  get taken(): number {
    return this.#size - this.#free;
  }
}
