import type { Clock } from '../../clock.ts';

const MIN_SUSPECTS = 3;
const SUSPECT_SHARE = 0.2;

/**
 * The breaker against mass absence. If many instances vanish in one round, a wrong answer of the provider is more
 * likely than so many terminations. Instances that were sent a DELETE do not count.
 */
export class VanishedInstances {
  readonly #clock: Clock;
  readonly #holdMs: number;
  #untilMs = -Infinity;

  constructor(clock: Clock, holdMs: number) {
    this.#clock = clock;
    this.#holdMs = holdMs;
  }

  /** Takes one round: the number of followed instances, and of suspects among them. */
  report(followed: number, suspects: number): void {
    const nowMs = this.#clock.monotonicMs();
    // After a hold the operator reads the suspects one by one. The breaker does not hold again for the same time.
    const isSpent = nowMs < this.#untilMs + this.#holdMs;
    if (suspects > Math.max(MIN_SUSPECTS, followed * SUSPECT_SHARE) && !isSpent) {
      this.#untilMs = nowMs + this.#holdMs;
    }
  }

  /** True while no absence is believed. */
  isHolding(): boolean {
    return this.#clock.monotonicMs() < this.#untilMs;
  }
}
