import { freshMemory } from '../lifecycle/memory.ts';
import type { Memory } from '../lifecycle/memory.ts';

/** What is remembered of one object. */
export interface Remembered {
  readonly uid: string;
  readonly memory: Memory;
}

/** What this process remembers of each GpuPod, by key. Of two objects of one name only the living one is kept. */
export class Memories {
  readonly #byKey = new Map<string, Remembered>();
  readonly #firstList = new Set<string>();

  /** Marks the objects that were there before this process led: they may have a past that is not written down. */
  markFirstList(uids: Iterable<string>): void {
    for (const uid of uids) {
      this.#firstList.add(uid);
    }
  }

  get(key: string, uid: string, nowMs: number): Memory {
    const known = this.#byKey.get(key);
    return known?.uid === uid ? known.memory : freshMemory(nowMs, this.#firstList.has(uid));
  }

  /** What is remembered under this name, whichever object it was. */
  ofKey(key: string): Memory | undefined {
    return this.#byKey.get(key)?.memory;
  }

  /** What is remembered of an object of this name that is not this one, and so is gone. */
  ofVanished(key: string, livingUid: string | undefined): Remembered | undefined {
    const known = this.#byKey.get(key);
    return known?.uid === livingUid ? undefined : known;
  }

  set(key: string, uid: string, memory: Memory): void {
    this.#byKey.set(key, { uid, memory });
  }

  delete(key: string): void {
    const known = this.#byKey.get(key);
    this.#byKey.delete(key);
    this.#firstList.delete(known?.uid ?? '');
  }
}
