import type { IncomingMessage, ServerResponse } from 'node:http';

interface OpenWatch {
  readonly upstream: IncomingMessage;
  readonly downstream: ServerResponse;
  isFrozen: boolean;
}

/** The watches through a proxy, and the faults that a test can cause. */
export class ProxiedWatches {
  readonly #open = new Set<OpenWatch>();
  #opened = 0;

  /** The number of watches since the start. */
  get opened(): number {
    return this.#opened;
  }

  /** Forwards a stream, piece by piece, until one side ends it. */
  carry(upstream: IncomingMessage, downstream: ServerResponse): void {
    const watch: OpenWatch = { upstream, downstream, isFrozen: false };
    this.#open.add(watch);
    this.#opened += 1;
    downstream.writeHead(upstream.statusCode ?? 0, { 'content-type': 'application/json' });
    downstream.flushHeaders();
    upstream.on('data', (piece: Buffer) => {
      if (!watch.isFrozen) downstream.write(piece);
    });
    upstream.on('error', () => undefined);
    downstream.on('error', () => undefined);
    upstream.once('close', () => {
      if (watch.isFrozen) return;
      if (upstream.complete) downstream.end();
      else downstream.destroy();
    });
    downstream.once('close', () => {
      this.#open.delete(watch);
      upstream.destroy();
    });
  }

  /** Breaks the connections before the end of the answer. */
  cut(): void {
    for (const { downstream } of this.#open) downstream.destroy();
  }

  /** Ends the watches normally. */
  end(): void {
    for (const { downstream } of this.#open) downstream.end();
  }

  /** Silences the open watches without closing them. Later watches work. */
  freeze(): void {
    for (const watch of this.#open) watch.isFrozen = true;
  }

  /** Sends bytes instead of the server. */
  say(text: string): void {
    for (const { downstream } of this.#open) downstream.write(text);
  }
}
