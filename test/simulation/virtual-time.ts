/** Cancels a scheduled event. */
export type Cancel = () => void;

interface Entry {
  readonly atMs: number;
  /** Breaks ties: first in, first out. */
  readonly order: number;
  readonly run: () => void;
  isCancelled: boolean;
}

/**
 * The only time of a simulation: a queue of events, and a current time that jumps from one to the next. All
 * promises settle between two events, so the same simulation takes the same course each time.
 */
export class VirtualTime {
  #nowMs = 0;
  #order = 0;
  #events = 0;
  readonly #heap: Entry[] = [];

  /** Milliseconds since the simulation began. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** The number of events so far, to bound a run that never rests. */
  get events(): number {
    return this.#events;
  }

  /** Runs something in `delayMs`. */
  schedule(delayMs: number, run: () => void): Cancel {
    this.#order += 1;
    const entry = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order, run, isCancelled: false };
    this.#push(entry);
    return () => {
      entry.isCancelled = true;
    };
  }

  /**
   * Runs until `isDone`, called after each event, holds or `limitMs` have passed. Returns whether it held.
   */
  async run(limitMs: number, isDone: () => boolean): Promise<boolean> {
    const endMs = this.#nowMs + limitMs;
    await settle();
    while (!isDone()) {
      const next = this.#pop(endMs);
      if (next === undefined) {
        // Another waiting caller may have advanced the time further.
        this.#nowMs = Math.max(this.#nowMs, endMs);
        return isDone();
      }
      this.#nowMs = next.atMs;
      this.#events += 1;
      next.run();
      await settle();
    }
    return true;
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    heap.push(entry);
    let index = heap.length - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#isEarlier(index, parent)) return;
      this.#swap(index, parent);
      index = parent;
    }
  }

  #pop(endMs: number): Entry | undefined {
    for (let top = this.#heap[0]; top !== undefined; top = this.#heap[0]) {
      if (!top.isCancelled && top.atMs > endMs) return undefined;
      this.#removeTop();
      if (!top.isCancelled) return top;
    }
    return undefined;
  }

  #removeTop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    heap[0] = last;
    let index = 0;
    for (let child = 1; child < heap.length; child = 2 * index + 1) {
      if (child + 1 < heap.length && this.#isEarlier(child + 1, child)) child += 1;
      if (!this.#isEarlier(child, index)) return;
      this.#swap(index, child);
      index = child;
    }
  }

  #isEarlier(left: number, right: number): boolean {
    const a = this.#heap[left];
    const b = this.#heap[right];
    return a !== undefined && b !== undefined && (a.atMs - b.atMs || a.order - b.order) < 0;
  }

  #swap(left: number, right: number): void {
    const a = this.#heap[left];
    const b = this.#heap[right];
    if (a === undefined || b === undefined) return;
    this.#heap[left] = b;
    this.#heap[right] = a;
  }
}

/** Runs everything that needs no time. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
