/** What happened in a world, line by line, for the one who must understand a failure. */
export class Trace {
  readonly #lines: string[] = [];

  add(atMs: number, text: string): void {
    this.#lines.push(`${(atMs / 1000).toFixed(3).padStart(10)}  ${text}`);
  }

  /** The last lines, quiet polls left out. */
  text(last = 400): string {
    return this.#lines
      .filter((line) => !/whoami → 200/.test(line))
      .slice(-last)
      .join('\n');
  }

  get lines(): readonly string[] {
    return this.#lines;
  }
}
