import type { Clock } from '../../clock.ts';
import type { Settings } from '../world/settings.ts';

/** A token bucket for all requests. It reads its size and rate each time, so settings may change. */
export class RateLimit {
  #tokens: number;
  #atMs: number;
  readonly #clock: Clock;
  readonly #settings: Settings;

  constructor(clock: Clock, settings: Settings) {
    this.#clock = clock;
    this.#settings = settings;
    this.#tokens = settings.requestBurst;
    this.#atMs = clock.monotonicMs();
  }

  /** Takes a token if there is one. */
  allows(): boolean {
    const rate = this.#settings.requestsPerSecond;
    const nowMs = this.#clock.monotonicMs();
    const refill = ((nowMs - this.#atMs) / 1000) * (rate ?? 0);
    this.#atMs = nowMs;
    this.#tokens = Math.min(this.#settings.requestBurst, this.#tokens + refill);
    if (rate === null) {
      return true;
    }
    if (this.#tokens < 1) {
      return false;
    }
    this.#tokens -= 1;
    return true;
  }
}
