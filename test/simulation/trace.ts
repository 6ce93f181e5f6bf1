import { createHash } from 'node:crypto';

/** What happened in a world, line by line, for the one who must understand a failure. */
export class Trace {
  readonly #lines: string[] = [];
  readonly #isKept: boolean;

  /** @param isKept false = nothing is noted: a long run would drown in it */
  constructor(isKept = true) {
    this.#isKept = isKept;
  }

  add(atMs: number, text: string): void {
    if (this.#isKept) this.#lines.push(`${(atMs / 1000).toFixed(3).padStart(10)}  ${text}`);
  }

  /** The last lines, quiet polls left out. */
  text(last = 400): string {
    return this.#lines
      .filter((line) => !line.includes('whoami → 200'))
      .slice(-last)
      .join('\n');
  }

  /** Of every line: two runs with the same hash took the same course. */
  hash(): string {
    return createHash('sha256').update(this.#lines.join('\n')).digest('hex');
  }

  get lines(): readonly string[] {
    return this.#lines;
  }
}
