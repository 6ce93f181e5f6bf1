/** What a request does: ending rentals saves money, renting is what people wait for, looking can wait. */
export type Priority = 'delete' | 'create' | 'read';

/** What wants a turn. A pause that was asked of one endpoint holds back the reads of that endpoint only. */
export type Ask =
  | { readonly priority: 'delete' }
  | { readonly priority: 'create' }
  | { readonly priority: 'read'; readonly endpoint?: string };

export interface Waiting {
  readonly ask: Ask;
  /** 0: it may go; else it is sent away, for so many milliseconds. */
  readonly answer: (pausedForMs: number) => void;
}

/** One turn of so many goes to the least urgent kind that waits, so that looking never stops. */
const FAIR_TURN = 8;
const PRIORITIES: readonly Priority[] = ['delete', 'create', 'read'];

/** Who waits for a turn: DELETE before POST before reads, first come first served within each. */
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

  /** Takes out whose turn it is, of those that may go. */
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

  /** Takes out all that are like this. */
  takeAll(isLike: (ask: Ask) => boolean): readonly Waiting[] {
    const taken = this.#queues.read.filter(({ ask }) => isLike(ask));
    if (taken.length > 0) {
      this.#queues.read = this.#queues.read.filter(({ ask }) => !isLike(ask));
    }
    return taken;
  }

  /** The smallest of what is said of those that wait; Infinity where nobody does. */
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
