/** The kind of request. Terminating saves money, users wait for creates, and reads can wait. */
export type Priority = 'delete' | 'create' | 'read';

/** A request that needs a turn. A pause of one endpoint holds back only the reads of that endpoint. */
export type Ask =
  | { readonly priority: 'delete' }
  | { readonly priority: 'create' }
  | { readonly priority: 'read'; readonly endpoint?: string };

export interface Waiting {
  readonly ask: Ask;
  /** The request must not be sent later than this (monotonic) time. @default whenever */
  readonly untilMs?: number;
  /** 0: the request may be sent; else it is rejected, and may be retried after this many milliseconds. */
  readonly answer: (pausedForMs: number) => void;
}

/** One turn in this many goes to the least urgent kind that waits, so that reads never stop. */
const FAIR_TURN = 8;
const PRIORITIES: readonly Priority[] = ['delete', 'create', 'read'];

/** The requests that wait for a turn: DELETE before POST before reads, first come first served within each. */
export class TurnQueue {
  readonly #queues: Record<Priority, Waiting[]> = { delete: [], create: [], read: [] };
  #given = 0;

  get size(): number {
    return PRIORITIES.reduce((sum, priority) => sum + this.#queues[priority].length, 0);
  }

  counts(): Record<Priority, number> {
    const { delete: deletes, create, read } = this.#queues;
    return { delete: deletes.length, create: create.length, read: read.length };
  }

  add(waiting: Waiting): void {
    this.#queues[waiting.ask.priority].push(waiting);
  }

  /** Removes and returns the next request that may be sent. */
  next(mayGo: (ask: Ask) => boolean): Waiting | undefined {
    const first = PRIORITIES.flatMap((priority) => {
      const index = this.#queues[priority].findIndex(({ ask }) => mayGo(ask));
      return index < 0 ? [] : [{ priority, index }];
    });
    const isFairTurn = (this.#given + 1) % FAIR_TURN === 0;
    const chosen = isFairTurn ? first.at(-1) : first[0];
    if (chosen === undefined) {
      return undefined;
    }
    this.#given += 1;
    return this.#queues[chosen.priority].splice(chosen.index, 1)[0];
  }

  /** Removes and returns all matching requests. */
  takeAll(priority: Priority, isLike: (waiting: Waiting) => boolean): readonly Waiting[] {
    const taken = this.#queues[priority].filter((waiting) => isLike(waiting));
    if (taken.length > 0) {
      this.#queues[priority] = this.#queues[priority].filter((waiting) => !isLike(waiting));
    }
    return taken;
  }

  /** The first time after which one of the requests must not be sent; Infinity if there is none. */
  firstUntilMs(): number {
    return Math.min(...this.#queues.create.map(({ untilMs = Number.POSITIVE_INFINITY }) => untilMs));
  }

  /** The smallest value over the waiting requests; Infinity if none waits. */
  least(value: (ask: Ask) => number): number {
    let least = Number.POSITIVE_INFINITY;
    for (const priority of PRIORITIES) {
      for (const { ask } of this.#queues[priority]) {
        least = Math.min(least, value(ask));
      }
    }
    return least;
  }
}
