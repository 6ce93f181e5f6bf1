/** A number of slots. Nobody waits for one: a caller that finds none free is notified when one is. */
export class Slots {
  #free: number;
  readonly #size: number;
  readonly #onFree: (key: string) => void;
  readonly #waiting = new Set<string>();

  /** @param onFree receives the key that was refused first, whenever a slot becomes free */
  constructor(size: number, onFree: (key: string) => void = () => undefined) {
    this.#size = size;
    this.#free = size;
    this.#onFree = onFree;
  }

  /** @returns false if no slot is free; the key is notified later, and may find the slot taken again */
  take({ namespace, name }: { readonly namespace: string; readonly name: string }): boolean {
    const key = `${namespace}/${name}`;
    if (this.#free === 0) {
      this.#waiting.add(key);
      return false;
    }
    this.#waiting.delete(key);
    this.#free -= 1;
    return true;
  }

  giveBack(): void {
    this.#free += 1;
    const [next] = this.#waiting;
    if (next !== undefined) {
      this.#waiting.delete(next);
      this.#onFree(next);
    }
  }

  get taken(): number {
    return this.#size - this.#free;
  }
}
