/**
 * How far ahead a turn is booked. A create intent is written meanwhile, so that the write does not delay the request.
 * A longer time would leave more intents without an outcome if the process dies.
 */
const AHEAD_MS = 1_000;

interface Applicant {
  readonly askedAtMs: number;
  readonly answer: (booked: Booked) => void;
}

/** A turn that was booked, and not taken yet. */
export interface Booked {
  /** How long its request waited for the booking, in milliseconds. */
  readonly waitedMs: number;
  readonly countsUntilMs: number;
}

/**
 * The turns of create requests that are being prepared. A booking spends no token: its request does, when it leaves. So
 * requests are spaced as they leave, however long their preparation took.
 */
export class BookedTurns {
  readonly #applicants: Applicant[] = [];
  /** By time, because each counts for the same time. */
  readonly #booked = new Set<Booked>();

  /** The number of those that wait for a booking. */
  get waiting(): number {
    return this.#applicants.length;
  }

  apply(applicant: Applicant): void {
    this.#applicants.push(applicant);
  }

  /** Ends a booking that was taken or given up. */
  end(booked: Booked): void {
    this.#booked.delete(booked);
  }

  /**
   * Milliseconds until the next booking, zero or less: now; Infinity if nobody waits for one.
   *
   * @param turnMs how long a request waits for its turn behind this number of others, in milliseconds
   */
  leftMs(nowMs: number, turnMs: (othersAhead: number) => number): number {
    if (this.#applicants.length === 0) {
      return Number.POSITIVE_INFINITY;
    }
    this.#forgetLate(nowMs);
    const leftMs = turnMs(this.#booked.size) - AHEAD_MS;
    const [first] = this.#booked;
    return Math.min(leftMs, (first?.countsUntilMs ?? Number.POSITIVE_INFINITY) - nowMs);
  }

  /** Books a turn for whoever has waited longest. */
  book(nowMs: number): void {
    const applicant = this.#applicants.shift();
    if (applicant !== undefined) {
      const booked = { waitedMs: nowMs - applicant.askedAtMs, countsUntilMs: nowMs + AHEAD_MS };
      this.#booked.add(booked);
      applicant.answer(booked);
    }
  }

  /** One whose preparation takes long holds up nobody: it waits for the next turn once it is ready. */
  #forgetLate(nowMs: number): void {
    for (const booked of this.#booked) {
      if (booked.countsUntilMs > nowMs) {
        return;
      }
      this.#booked.delete(booked);
    }
  }
}
