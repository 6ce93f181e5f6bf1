import { createHash } from 'node:crypto';

/** What happened in a simulation, line by line, to analyse a failure. */
export class Trace {
  readonly #lines: string[] = [];
  readonly #isKept: boolean;

  /** @param isKept false records nothing, for long runs */
  constructor(isKept = true) {
    this.#isKept = isKept;
  }

  add(atMs: number, text: string): void {
    if (this.#isKept) this.#lines.push(`${(atMs / 1000).toFixed(3).padStart(10)}  ${text}`);
  }

  /** The last lines without quiet polls. */
  text(last = 400): string {
    return this.#lines
      .filter((line) => !line.includes('whoami → 200'))
      .slice(-last)
      .join('\n');
  }

  /** A hash of every line. Two runs with the same hash took the same course. */
  hash(): string {
    return createHash('sha256').update(this.#lines.join('\n')).digest('hex');
  }

  get lines(): readonly string[] {
    return this.#lines;
  }
}
