/** A number of places, taken and given back. Nobody waits for one: who finds none free is called when one is. */
export class Slots {
  #free: number;
  readonly #size: number;
  readonly #onFree: (key: string) => void;
  readonly #waiting = new Set<string>();

  /** @param onFree Called with the key that was refused first, whenever a place becomes free. */
  constructor(size: number, onFree: (key: string) => void = () => undefined) {
    this.#size = size;
    this.#free = size;
    this.#onFree = onFree;
  }

  /** False where none is free: the key is called once there is one, and may find it taken again. */
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
