import { splitKey } from '../../kubernetes/objects.ts';
import { freshLocalState } from '../../lifecycle/local-state.ts';
import type { LocalState } from '../../lifecycle/local-state.ts';

/** The local state of one GpuPod, and the UID that it belongs to. */
export interface Remembered {
  readonly uid: string;
  readonly localState: LocalState;
}

/** The local state of each GpuPod, by key. Of two GpuPods with one name only the existing one is kept. */
export class LocalStates {
  readonly #byKey = new Map<string, Remembered>();
  readonly #firstList = new Set<string>();
  readonly #unlistedNamespaces = new Set<string>();

  /**
   * Marks the GpuPods that existed before this process led. They may have a past that is not recorded. In a namespace
   * that could not be listed by then, this may be true of any GpuPod.
   */
  markFirstList(uids: Iterable<string>, unlistedNamespaces: Iterable<string> = []): void {
    for (const namespace of unlistedNamespaces) {
      this.#unlistedNamespaces.add(namespace);
    }
    for (const uid of uids) {
      this.#firstList.add(uid);
    }
  }

  get(key: string, uid: string, nowMs: number): LocalState {
    return this.ofUid(key, uid) ?? freshLocalState(nowMs, this.#mayHavePast(key, uid));
  }

  #mayHavePast(key: string, uid: string): boolean {
    return this.#firstList.has(uid) || this.#unlistedNamespaces.has(splitKey(key).namespace ?? '');
  }

  /** The local state of the GpuPod with this UID; undefined if this process has not observed it yet. */
  ofUid(key: string, uid: string): LocalState | undefined {
    const known = this.#byKey.get(key);
    return known?.uid === uid ? known.localState : undefined;
  }

  /** The local state under this name, whatever its UID. */
  ofKey(key: string): LocalState | undefined {
    return this.#byKey.get(key)?.localState;
  }

  /** The local state of a GpuPod of this name that no longer exists. */
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
