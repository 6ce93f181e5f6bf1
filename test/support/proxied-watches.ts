import type { IncomingMessage, ServerResponse } from 'node:http';

interface OpenWatch {
  readonly upstream: IncomingMessage;
  readonly downstream: ServerResponse;
  isFrozen: boolean;
}

/** The watches that go through a proxy, and what can happen to them. */
export class ProxiedWatches {
  readonly #open = new Set<OpenWatch>();
  #opened = 0;

  /** Watches that were ever opened. */
  get opened(): number {
    return this.#opened;
  }

  /** Hands a stream on, piece by piece, until one side ends it. */
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

  /** Breaks them off, without an end of the answer. */
  cut(): void {
    for (const { downstream } of this.#open) downstream.destroy();
  }

  /** Ends them in order. */
  end(): void {
    for (const { downstream } of this.#open) downstream.end();
  }

  /** From now on they bring no byte, and stay open. Watches that are opened later are whole. */
  freeze(): void {
    for (const watch of this.#open) watch.isFrozen = true;
  }

  /** Says something in the server's place. */
  say(text: string): void {
    for (const { downstream } of this.#open) downstream.write(text);
  }
}
