interface Reading<T> {
  /** Settles when the request that is under way has its response. */
  running: Promise<unknown>;
  /** The read that starts then, for all who have asked since. */
  next: Promise<T> | undefined;
}

/**
 * Shares reads of one object among those who ask for it at the same time. A read that is under way may return an older
 * state than the one at the time of the question, so whoever asks meanwhile gets the next read: every result is from a
 * request that was sent after the question.
 */
export class SharedReads<T> {
  readonly #readings = new Map<string, Reading<T>>();

  /** How many objects are being read. */
  get size(): number {
    return this.#readings.size;
  }

  /**
   * @param key identifies the object
   * @throws what `read` throws, to all who share it
   */
  async read(key: string, read: () => Promise<T>): Promise<T> {
    const reading = this.#readings.get(key);
    if (reading === undefined) {
      return await this.#start(key, read);
    }
    reading.next ??= reading.running.then(async () => await this.#start(key, read));
    return await reading.next;
  }

  #start(key: string, read: () => Promise<T>): Promise<T> {
    const result = read();
    const reading: Reading<T> = { running: Promise.resolve(), next: undefined };
    reading.running = result.then(ignore, ignore).finally(() => {
      if (reading.next === undefined) this.#readings.delete(key);
    });
    this.#readings.set(key, reading);
    return result;
  }
}

function ignore(): void {
  // Whoever waits for the next read needs no result of this one.
}
