import type { Clock } from '../../clock.ts';

/** Much more than terminate between two lists. */
const MAX_ENDS = 10_000;

/** The instances that were seen terminated. A list that began before may arrive later, and still show one of them. */
export class Ends {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  /** By ID, the oldest first. */
  readonly #seenAtMs = new Map<string, number>();

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  note(podId: string): void {
    this.#seenAtMs.delete(podId);
    this.#seenAtMs.set(podId, this.#clock.monotonicMs());
    const [oldest] = this.#seenAtMs.keys();
    if (this.#seenAtMs.size > MAX_ENDS && oldest !== undefined) {
      this.#seenAtMs.delete(oldest);
    }
  }

  has(podId: string): boolean {
    return this.#seenAtMs.has(podId);
  }

  /** Whether it was seen terminated after this monotonic time. */
  isAfter(podId: string, atMs: number): boolean {
    return (this.#seenAtMs.get(podId) ?? -Infinity) > atMs;
  }

  /** A later list shows it. */
  drop(podId: string): void {
    this.#seenAtMs.delete(podId);
  }
}
