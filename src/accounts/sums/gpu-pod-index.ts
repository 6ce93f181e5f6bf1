import type { KubernetesObject } from '../../kubernetes/objects.ts';
import { factsOf } from './gpu-pod-facts.ts';
import type { GpuPodFacts } from './gpu-pod-facts.ts';
import { KeyIndex } from './key-index.ts';

/** All GpuPods by what they name. Keys are `namespace/name`. */
export class GpuPodIndex {
  readonly #facts = new Map<string, GpuPodFacts>();
  readonly #byUid = new KeyIndex();
  readonly #byPodId = new KeyIndex();
  readonly #byOpenAttempt = new KeyIndex();
  readonly #byAdoptedUid = new KeyIndex();

  /**
   * Takes the present version of an object; undefined: it no longer exists.
   *
   * @returns what it names now
   */
  update(key: string, object: KubernetesObject | undefined): GpuPodFacts | undefined {
    const before = this.#facts.get(key);
    if (before !== undefined) {
      this.#drop(key, before);
    }
    const after = object === undefined ? undefined : factsOf(object);
    if (after !== undefined) {
      this.#keep(key, after);
    }
    return after;
  }

  facts(key: string): GpuPodFacts | undefined {
    return this.#facts.get(key);
  }

  hasUid(uid: string): boolean {
    return this.#byUid.has(uid);
  }

  ofUid(uid: string): Iterable<string> {
    return this.#byUid.of(uid);
  }

  ofPodId(podId: string): Iterable<string> {
    return this.#byPodId.of(podId);
  }

  /** Those with an open create intent of this attempt. */
  openOf(attempt: string): Iterable<string> {
    return this.#byOpenAttempt.of(attempt);
  }

  /** Those whose open create intent counts only while no GpuPod has this UID. */
  adoptersOf(uid: string): Iterable<string> {
    return this.#byAdoptedUid.of(uid);
  }

  #keep(key: string, facts: GpuPodFacts): void {
    this.#facts.set(key, facts);
    this.#byUid.add(facts.uid, key);
    for (const podId of facts.podIds) {
      this.#byPodId.add(podId, key);
    }
    if (facts.open !== undefined) {
      this.#byOpenAttempt.add(facts.open.attempt, key);
    }
    if (facts.open?.adoptedUid !== undefined) {
      this.#byAdoptedUid.add(facts.open.adoptedUid, key);
    }
  }

  #drop(key: string, facts: GpuPodFacts): void {
    this.#facts.delete(key);
    this.#byUid.delete(facts.uid, key);
    for (const podId of facts.podIds) {
      this.#byPodId.delete(podId, key);
    }
    if (facts.open !== undefined) {
      this.#byOpenAttempt.delete(facts.open.attempt, key);
    }
    if (facts.open?.adoptedUid !== undefined) {
      this.#byAdoptedUid.delete(facts.open.adoptedUid, key);
    }
  }
}
