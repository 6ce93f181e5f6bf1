import { readSpentRecord, writeSpentRecord } from './spent-record.ts';

/**
 * What was spent, by namespace, over all processes that ever led.
 *
 * A counter that goes down counts as one that began anew, and everything it shows would be counted a second time. So only
 * what stands in the record is told: a process that dies between two writes has told nothing that its heir does not know.
 */
export class SpentBook {
  readonly #usd = new Map<string, number>();
  readonly #told = new Map<string, number>();
  /** When what stands in the book was looked at; undefined before the first look. */
  #atMs: number | undefined;
  #isRecorded = false;

  /** Takes over what an earlier process recorded. From here on nothing is told that was not recorded. */
  open(text: string | undefined): void {
    this.#isRecorded = true;
    const record = readSpentRecord(text);
    this.#atMs = record?.atMs;
    for (const [namespace, usd] of record?.usd ?? []) {
      this.#usd.set(namespace, usd);
    }
    this.#settle();
  }

  /** When the record was written; undefined where there is none. Wall clock, perhaps of another machine. */
  get recordedAtMs(): number | undefined {
    return this.#atMs;
  }

  add(namespace: string, usd: number): void {
    this.#usd.set(namespace, (this.#usd.get(namespace) ?? 0) + usd);
  }

  sampledAt(nowMs: number): void {
    this.#atMs = nowMs;
  }

  /** The record to be written next; undefined before there is anything to say. */
  record(): string | undefined {
    return this.#atMs === undefined ? undefined : writeSpentRecord({ atMs: this.#atMs, usd: this.#usd });
  }

  /** This record is written. */
  recorded(text: string): void {
    for (const [namespace, usd] of readSpentRecord(text)?.usd ?? []) {
      this.#told.set(namespace, Math.max(usd, this.#told.get(namespace) ?? 0));
    }
  }

  /** What may be told. */
  told(): ReadonlyMap<string, number> {
    if (!this.#isRecorded) this.#settle();
    return this.#told;
  }

  #settle(): void {
    for (const [namespace, usd] of this.#usd) this.#told.set(namespace, usd);
  }
}
