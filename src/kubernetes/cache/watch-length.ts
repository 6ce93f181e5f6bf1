/**
 * The server ends a watch after this time, or randomly up to twice as late. Each silent watch makes the next shorter.
 */
const SECONDS = [300, 20, 8, 4] as const;
/**
 * After so many watches in a row that end in order the next is longer again: whatever dropped the others may have
 * stopped.
 */
const ENDS_BEFORE_LONGER = 100;

const CONNECT_TIMEOUT_MS = 10_000;
/** One minute until a bookmark, and half a minute for a busy server. */
const DEFAULT_IDLE_TIMEOUT_MS = 90_000;
/** A watch must end within this time after the duration that the request asked for. */
const END_OVERDUE_MS = 5_000;

/** The time limits of a watch that asks for this duration. */
export function watchTimeouts(
  timeoutSeconds: number,
  idleTimeoutMs: number = DEFAULT_IDLE_TIMEOUT_MS,
): { readonly connectTimeoutMs: number; readonly idleTimeoutMs: number } {
  return {
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    idleTimeoutMs: Math.min(idleTimeoutMs, timeoutSeconds * 1_000 + END_OVERDUE_MS),
  };
}

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
