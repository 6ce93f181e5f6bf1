/** Repeated measurements of a duration. They are printed and never judged, because the host may be busy. */
export class Durations {
  readonly #what: string;
  readonly #ms = new Map<string, number[]>();

  constructor(what: string) {
    this.#what = what;
  }

  note(kind: string, ms: number): void {
    this.#ms.set(kind, [...(this.#ms.get(kind) ?? []), ms]);
  }

  /** Prints one line for each kind, and one for the total. */
  tell(): void {
    const lines = [...this.#ms, ['all', [...this.#ms.values()].flat()] as const].map(
      ([kind, times]) =>
        `  ${kind}: p50 ${quantile(times, 0.5)} ms, p99 ${quantile(times, 0.99)} ms of ${times.length}`,
    );
    process.stdout.write(`${this.#what}:\n${lines.join('\n')}\n`);
  }
}

function quantile(times: readonly number[], part: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0);
}
