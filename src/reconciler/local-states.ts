import { freshLocalState } from '../lifecycle/local-state.ts';
import type { LocalState } from '../lifecycle/local-state.ts';

/** What is remembered of one object. */
export interface Remembered {
  readonly uid: string;
  readonly localState: LocalState;
}

/** What this process remembers of each GpuPod, by key. Of two objects of one name only the living one is kept. */
export class LocalStates {
  readonly #byKey = new Map<string, Remembered>();
  readonly #firstList = new Set<string>();

  /** Marks the objects that were there before this process led: they may have a past that is not written down. */
  markFirstList(uids: Iterable<string>): void {
    for (const uid of uids) {
      this.#firstList.add(uid);
    }
  }

  get(key: string, uid: string, nowMs: number): LocalState {
    const known = this.#byKey.get(key);
    return known?.uid === uid ? known.localState : freshLocalState(nowMs, this.#firstList.has(uid));
  }

  /** What is remembered under this name, whichever object it was. */
  ofKey(key: string): LocalState | undefined {
    return this.#byKey.get(key)?.localState;
  }

  /** What is remembered of an object of this name that is not this one, and so is gone. */
  ofVanished(key: string, livingUid: string | undefined): Remembered | undefined {
    const known = this.#byKey.get(key);
    return known?.uid === livingUid ? undefined : known;
  }

  set(key: string, uid: string, localState: LocalState): void {
    this.#byKey.set(key, { uid, localState });
  }

  delete(key: string): void {
    const known = this.#byKey.get(key);
    this.#byKey.delete(key);
    this.#firstList.delete(known?.uid ?? '');
  }
}
