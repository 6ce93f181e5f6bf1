import { readSpentRecord, writeSpentRecord } from './spent-record.ts';

/**
 * The money spent by namespace, over all leaders so far.
 *
 * If a counter decreases, Prometheus assumes a restart and counts everything it shows again. So the counter
 * shows only recorded amounts: a process that dies between two writes has shown nothing that its successor
 * does not know.
 */
export class SpendingRecord {
  readonly #usd = new Map<string, number>();
  readonly #shown = new Map<string, number>();
  /** When the amounts were read from the GpuPods, or undefined before the first read. */
  #atMs: number | undefined;
  #isRecorded = false;

  /** Takes over the record of an earlier process. From now on only recorded amounts are shown. */
  open(text: string | undefined): void {
    this.#isRecorded = true;
    const record = readSpentRecord(text);
    this.#atMs = record?.atMs;
    for (const [namespace, usd] of record?.usd ?? []) {
      this.#usd.set(namespace, usd);
    }
    this.#settle();
  }

  /**
   * When the record was written, as a wall clock time that another node may have set. Undefined if there is
   * no record.
   */
  get recordedAtMs(): number | undefined {
    return this.#atMs;
  }

  add(namespace: string, usd: number): void {
    this.#usd.set(namespace, (this.#usd.get(namespace) ?? 0) + usd);
  }

  sampledAt(nowMs: number): void {
    this.#atMs = nowMs;
  }

  /** The next record to write, or undefined before the first read. */
  record(): string | undefined {
    return this.#atMs === undefined ? undefined : writeSpentRecord({ atMs: this.#atMs, usd: this.#usd });
  }

  /** Confirms that this record was written. */
  recorded(text: string): void {
    for (const [namespace, usd] of readSpentRecord(text)?.usd ?? []) {
      this.#shown.set(namespace, Math.max(usd, this.#shown.get(namespace) ?? 0));
    }
  }

  /** The amounts that may be shown. */
  shown(): ReadonlyMap<string, number> {
    if (!this.#isRecorded) {
      this.#settle();
    }
    return this.#shown;
  }

  #settle(): void {
    for (const [namespace, usd] of this.#usd) {
      this.#shown.set(namespace, usd);
    }
  }
}
