import { isHourOver } from './gpu-pod-counts.ts';

/** GpuPods with prepaid instances, whose prepaid hours count within the first hour of wall time. */
export class FirstHours {
  readonly #createdAtMs = new Map<string, number>();
  readonly #within = new Set<string>();
  #lastMs = -Infinity;

  keep(key: string, createdAtMs: number): void {
    this.#createdAtMs.set(key, createdAtMs);
    this.#within.add(key);
  }

  drop(key: string): void {
    this.#createdAtMs.delete(key);
    this.#within.delete(key);
  }

  /** Keys of the GpuPods for which the hour is over since the last call. All of them if the wall clock was set back. */
  changed(nowMs: number): readonly string[] {
    const isSetBack = nowMs < this.#lastMs;
    this.#lastMs = nowMs;
    if (isSetBack) {
      for (const key of this.#createdAtMs.keys()) {
        this.#within.add(key);
      }
      return [...this.#within];
    }
    const over = [...this.#within].filter((key) => isHourOver(this.#createdAtMs.get(key) ?? 0, nowMs));
    for (const key of over) {
      this.#within.delete(key);
    }
    return over;
  }
}
