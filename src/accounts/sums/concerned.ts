import { attemptKey } from '../../lifecycle/pod-name.ts';
import type { GpuPodIndex } from './gpu-pod-index.ts';
import type { Live, LiveInstances } from './live-instances.ts';

/**
 * What a change may concern: all GpuPods and instances that depend on each other through the IDs, attempts and UIDs that
 * they name. What is not among them counts what it counted before, so only these are counted again.
 */
export class Concerned {
  readonly #index: GpuPodIndex;
  readonly #live: Pick<LiveInstances, 'get' | 'idsOf'>;
  readonly #keys = new Set<string>();
  readonly #podIds = new Set<string>();
  readonly #attempts = new Set<string>();
  /** What follows from each that was added. Not recursive, because tenants can make long chains. */
  readonly #open: (() => void)[] = [];

  constructor(index: GpuPodIndex, live: Pick<LiveInstances, 'get' | 'idsOf'>) {
    this.#index = index;
    this.#live = live;
  }

  /** In a fixed sequence: of several GpuPods that name one instance, the first one counts it as listed. */
  keys(): readonly string[] {
    this.#close();
    return [...this.#keys].toSorted();
  }

  podIds(): ReadonlySet<string> {
    this.#close();
    return this.#podIds;
  }

  addKeys(keys: Iterable<string>): void {
    for (const key of keys) {
      this.#add(this.#keys, key, () => {
        const facts = this.#index.facts(key);
        if (facts !== undefined) {
          this.addFacts(facts);
          this.addKeys(this.#index.ofUid(facts.uid));
        }
      });
    }
  }

  addFacts({
    podIds,
    attempts,
  }: {
    readonly podIds: Iterable<string>;
    readonly attempts: Iterable<string>;
  }): void {
    this.addPodIds(podIds);
    this.addAttempts(attempts);
  }

  /**
   * Adds instances that changed. Whatever counted one by the name that it had, before it ended or got another name,
   * counts otherwise now.
   *
   * @param changed as they were when they were last counted, by ID
   */
  addChanged(changed: ReadonlyMap<string, Live | undefined>): void {
    this.addPodIds(changed.keys());
    for (const before of changed.values()) {
      this.#addAttemptOf(before);
    }
  }

  addPodIds(podIds: Iterable<string>): void {
    for (const podId of podIds) {
      this.#add(this.#podIds, podId, () => {
        this.addKeys(this.#index.ofPodId(podId));
        this.#addAttemptOf(this.#live.get(podId));
      });
    }
  }

  #addAttemptOf(live: Live | undefined): void {
    this.addAttempts(live?.podName === undefined ? [] : [attemptKey(live.podName)]);
  }

  /** @param attempts see `attemptKey` */
  addAttempts(attempts: Iterable<string>): void {
    for (const attempt of attempts) {
      this.#add(this.#attempts, attempt, () => {
        this.addKeys(this.#index.openOf(attempt));
        this.addPodIds(this.#live.idsOf(attempt));
      });
    }
  }

  #add(known: Set<string>, one: string, follow: () => void): void {
    if (!known.has(one)) {
      known.add(one);
      this.#open.push(follow);
    }
  }

  #close(): void {
    for (let follow = this.#open.pop(); follow !== undefined; follow = this.#open.pop()) {
      follow();
    }
  }
}
