interface Entry {
  key: string;
  atMs: number;
  /** Breaks ties: first in, first out. */
  order: number;
}

/** Stale entries stay until they surface, unless they outnumber the valid ones by this much. */
const STALE_ENTRIES_TOLERATED = 64;

/**
 * Keys with one time each, earliest first, as a binary heap. A key with a new, earlier time leaves its old entry
 * behind, which is skipped when it surfaces. That is cheaper than finding it.
 */
export class DelayHeap {
  #heap: Entry[] = [];
  /** The valid entry of each key. */
  readonly #valid = new Map<string, Entry>();
  #order = 0;

  get size(): number {
    return this.#valid.size;
  }

  /** Sets the key's time, unless it already has an earlier one. */
  add(key: string, atMs: number): void {
    const held = this.#valid.get(key);
    if (held !== undefined && held.atMs <= atMs) return;
    this.#order += 1;
    const entry = { key, atMs, order: this.#order };
    this.#valid.set(key, entry);
    this.#heap.push(entry);
    this.#siftUp(this.#heap.length - 1);
    if (this.#heap.length > 2 * this.size + STALE_ENTRIES_TOLERATED) this.#rebuild();
  }

  /** The earliest time; undefined without a key. */
  earliestMs(): number | undefined {
    return this.#top()?.atMs;
  }

  /** Removes and returns every key whose time is `nowMs` or earlier, earliest first. */
  takeDue(nowMs: number): string[] {
    const due: string[] = [];
    for (let top = this.#top(); top !== undefined && top.atMs <= nowMs; top = this.#top()) {
      this.#valid.delete(top.key);
      this.#pop();
      due.push(top.key);
    }
    return due;
  }

  clear(): void {
    this.#heap = [];
    this.#valid.clear();
  }

  #top(): Entry | undefined {
    this.#dropStale();
    return this.#heap[0];
  }

  #dropStale(): void {
    for (let top = this.#heap[0]; top !== undefined && !this.#isValid(top); top = this.#heap[0]) {
      this.#pop();
    }
  }

  #isValid(entry: Entry): boolean {
    return this.#valid.get(entry.key) === entry;
  }

  #rebuild(): void {
    // A sorted list is a heap.
    this.#heap = [...this.#valid.values()].sort(compare);
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
    return first !== undefined && second !== undefined && compare(first, second) < 0;
  }

  #swap(a: number, b: number): void {
    const first = this.#heap[a];
    const second = this.#heap[b];
    if (first === undefined || second === undefined) return;
    this.#heap[a] = second;
    this.#heap[b] = first;
  }
}

function compare(a: Entry, b: Entry): number {
  return a.atMs - b.atMs || a.order - b.order;
}
