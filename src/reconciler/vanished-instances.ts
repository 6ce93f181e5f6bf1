import type { Clock } from '../clock.ts';

const MIN_SUSPECTS = 3;
const SUSPECT_SHARE = 0.2;

/**
 * The breaker against mass absence: when many pods vanish in one round, the provider's answer is more likely
 * wrong than all of them are gone. Pods that were sent a DELETE do not count.
 */
export class VanishedInstances {
  readonly #clock: Clock;
  readonly #holdMs: number;
  #untilMs = -Infinity;

  constructor(clock: Clock, holdMs: number) {
    this.#clock = clock;
    this.#holdMs = holdMs;
  }

  /** Takes one round: how many pods are followed, and how many of them are suspect. */
  report(followed: number, suspects: number): void {
    const nowMs = this.#clock.monotonicMs();
    // After a hold the suspects are asked for one by one: the breaker stays out of that for as long again.
    const isSpent = nowMs < this.#untilMs + this.#holdMs;
    if (suspects > Math.max(MIN_SUSPECTS, followed * SUSPECT_SHARE) && !isSpent) {
      this.#untilMs = nowMs + this.#holdMs;
    }
  }

  /** True while no pod is declared gone. */
  isHolding(): boolean {
    return this.#clock.monotonicMs() < this.#untilMs;
  }
}
