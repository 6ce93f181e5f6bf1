/**
 * The server ends a watch after this time, or randomly up to twice as late. Each silent watch makes the next shorter.
 */
const SECONDS = [300, 20, 8, 4] as const;
/**
 * After so many watches in a row that end in order the next is longer again: whatever dropped the others may have
 * stopped.
 */
const ENDS_BEFORE_LONGER = 100;

/** The duration to request for a watch. It is shorter while something in between drops silent connections. */
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

  /** Notes that the server ended a watch in order. */
  noteEnd(): void {
    this.#endsInARow += 1;
    if (this.#endsInARow >= ENDS_BEFORE_LONGER) {
      this.#step = Math.max(this.#step - 1, 0);
      this.#endsInARow = 0;
    }
  }
}
