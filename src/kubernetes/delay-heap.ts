interface Entry {
  key: string;
  atMs: number;
}

/** Stale entries are kept until they surface, unless they outnumber the valid ones by this much. */
const STALE_ENTRIES_TOLERATED = 64;

/**
 * Keys with a time each, earliest first: a binary heap. A key that gets an earlier time leaves its old entry behind,
 * which is skipped when it surfaces; that is cheaper than finding it.
 */
export class DelayHeap {
  #heap: Entry[] = [];
  readonly #atMsByKey = new Map<string, number>();

  get size(): number {
    return this.#atMsByKey.size;
  }

  /** Sets the key's time, unless it already has an earlier one. */
  add(key: string, atMs: number): void {
    const heldMs = this.#atMsByKey.get(key);
    if (heldMs !== undefined && heldMs <= atMs) return;
    this.#atMsByKey.set(key, atMs);
    this.#heap.push({ key, atMs });
    this.#siftUp(this.#heap.length - 1);
    if (this.#heap.length > 2 * this.size + STALE_ENTRIES_TOLERATED) this.#rebuild();
  }

  /** The earliest time, undefined when there is no key. */
  earliestMs(): number | undefined {
    this.#dropStale();
    return this.#heap[0]?.atMs;
  }

  /** Takes out every key whose time is `nowMs` or earlier, in the order of their times. */
  takeDue(nowMs: number): string[] {
    const due: string[] = [];
    for (let top = this.#valid(); top !== undefined && top.atMs <= nowMs; top = this.#valid()) {
      this.#atMsByKey.delete(top.key);
      this.#pop();
      due.push(top.key);
    }
    return due;
  }

  clear(): void {
    this.#heap = [];
    this.#atMsByKey.clear();
  }

  #valid(): Entry | undefined {
    this.#dropStale();
    return this.#heap[0];
  }

  #dropStale(): void {
    for (let top = this.#heap[0]; top !== undefined && !this.#isValid(top); top = this.#heap[0]) {
      this.#pop();
    }
  }

  #isValid({ key, atMs }: Entry): boolean {
    return this.#atMsByKey.get(key) === atMs;
  }

  #rebuild(): void {
    // A sorted list is a heap.
    this.#heap = [...this.#atMsByKey].map(([key, atMs]) => ({ key, atMs })).sort((a, b) => a.atMs - b.atMs);
  }

  #pop(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#siftDown();
  }

  #siftUp(start: number): void {
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#isEarlier(index, parent)) return;
      this.#swap(index, parent);
      index = parent;
    }
  }

  #siftDown(): void {
    let index = 0;
    for (;;) {
      const child = this.#earlierChild(index);
      if (child === undefined || !this.#isEarlier(child, index)) return;
      this.#swap(index, child);
      index = child;
    }
  }

  #earlierChild(index: number): number | undefined {
    const left = 2 * index + 1;
    if (left >= this.#heap.length) return undefined;
    return this.#isEarlier(left + 1, left) ? left + 1 : left;
  }

  #isEarlier(a: number, b: number): boolean {
    const first = this.#heap[a];
    const second = this.#heap[b];
    return first !== undefined && second !== undefined && first.atMs < second.atMs;
  }

  #swap(a: number, b: number): void {
    const first = this.#heap[a];
    const second = this.#heap[b];
    if (first === undefined || second === undefined) return;
    this.#heap[a] = second;
    this.#heap[b] = first;
  }
}
