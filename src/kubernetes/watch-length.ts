/** The server ends a watch after this time, at random up to twice of it. Each that falls silent makes the next shorter. */
const SECONDS = [300, 20, 8, 4] as const;
/** So many in a row that end in good order make the next one longer again: what dropped the others may have gone. */
const ENDS_BEFORE_LONGER = 100;

/** How long a watch is asked for: shorter where something in between drops silent connections, for as long as it does. */
export class WatchLength {
  #step = 0;
  #endsInARow = 0;

  /** @param random from 0 to 1 */
  seconds(random: number): number {
    return Math.floor((SECONDS[this.#step] ?? SECONDS[0]) * (1 + random));
  }

  noteSilence(): void {
    this.#step = Math.min(this.#step + 1, SECONDS.length - 1);
    this.#endsInARow = 0;
  }

  /** The server ended a watch in good order. */
  noteEnd(): void {
    this.#endsInARow += 1;
    if (this.#endsInARow >= ENDS_BEFORE_LONGER) {
      this.#step = Math.max(this.#step - 1, 0);
      this.#endsInARow = 0;
    }
  }
}
