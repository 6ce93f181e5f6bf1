import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { systemClock } from '../../src/clock.ts';

/**
 * What happens to requests on a silent connection. `lost`: nobody gets them. `held`: `deliverHeld()` delivers them,
 * even if their sender is dead by then. `delivered`: the peer gets them, but the answers are lost.
 */
export type Silence = 'lost' | 'held' | 'delivered';

/**
 * The faults of a network:
 * - `clear`: nothing.
 * - `refused`: nobody listens, and open connections are reset.
 * - `silent`: old and new connections stay open without an answer, as when the peer vanishes. A silent connection
 *   stays silent.
 * - `reset`: each connection breaks after this many bytes of its answer.
 * - `slow`: answers arrive in small pieces.
 * - `late`: everything arrives later.
 */
export type LinkState =
  | { readonly kind: 'clear' }
  | { readonly kind: 'refused' }
  | { readonly kind: 'silent'; readonly requests: Silence }
  | { readonly kind: 'reset'; readonly afterBytes: number }
  | { readonly kind: 'slow'; readonly bytes: number; readonly everyMs: number }
  | { readonly kind: 'late'; readonly ms: number };

interface Connection {
  readonly client: Socket;
  readonly server: Socket;
  readonly held: Buffer[];
  answered: number;
  silence: Silence | undefined;
  /** Sends pieces one after the other, however long each takes. */
  sending: Promise<void>;
}

interface Trap {
  readonly text: string;
  readonly silence: Silence;
  readonly caught: () => void;
}

/** A TCP link between two programs of this host, with any network fault. It does not decrypt TLS. */
export class TcpLink {
  readonly port: number;
  readonly #target: number;
  readonly #connections = new Set<Connection>();
  #server: Server | undefined;
  #linkState: LinkState = { kind: 'clear' };
  #traps: Trap[] = [];

  private constructor(target: number, server: Server, port: number) {
    this.#target = target;
    this.#server = server;
    this.port = port;
    server.on('connection', (client) => this.#accept(client));
  }

  /** Listens on a free loopback port, and forwards to another port. */
  static async open(targetPort: number): Promise<TcpLink> {
    const server = await listen(0);
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('a TCP server has no port');
    return new TcpLink(targetPort, server, address.port);
  }

  /** Takes effect at once, also for open connections. */
  async become(linkState: LinkState): Promise<void> {
    this.#linkState = linkState;
    if (linkState.kind === 'silent') {
      for (const connection of this.#connections) connection.silence ??= linkState.requests;
    }
    if (linkState.kind === 'refused') {
      for (const connection of this.#connections) connection.client.resetAndDestroy();
      await closed(this.#server);
      this.#server = undefined;
    } else if (this.#server === undefined) {
      this.#server = await listen(this.port);
      this.#server.on('connection', (client) => this.#accept(client));
    }
  }

  /** Silences the next connection that sends this text, from that text on. Resolves when that has happened. */
  async silenceAt(text: string, silence: Silence): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#traps.push({ text, silence, caught: resolve });
    });
  }

  /** Delivers the held requests, even if their sender is dead. A living sender gets the answer. */
  deliverHeld(): void {
    for (const connection of this.#connections) {
      if (connection.silence !== 'held') continue;
      connection.silence = undefined;
      for (const piece of connection.held.splice(0)) connection.server.write(piece);
    }
  }

  async close(): Promise<void> {
    for (const { client, server } of this.#connections) {
      client.destroy();
      server.destroy();
    }
    await closed(this.#server);
  }

  #accept(client: Socket): void {
    const server = connect(this.#target, '127.0.0.1');
    const connection: Connection = {
      client,
      server,
      held: [],
      answered: 0,
      silence: this.#linkState.kind === 'silent' ? this.#linkState.requests : undefined,
      sending: Promise.resolve(),
    };
    this.#connections.add(connection);
    client.on('data', (piece: Buffer) => this.#request(connection, piece));
    server.on('data', (piece: Buffer) => this.#answer(connection, piece));
    client.on('error', () => undefined);
    server.on('error', () => undefined);
    client.once('close', () => {
      // A held request is already sent, even if its sender is dead.
      if (connection.held.length === 0) server.destroy();
    });
    server.once('close', () => {
      this.#connections.delete(connection);
      if (connection.silence === undefined) client.destroy();
    });
  }

  #request(connection: Connection, piece: Buffer): void {
    const trap = this.#traps.find(({ text }) => piece.includes(text));
    if (trap !== undefined) {
      this.#traps = this.#traps.filter((one) => one !== trap);
      connection.silence = trap.silence;
      trap.caught();
    }
    if (connection.silence === 'held') connection.held.push(piece);
    else if (connection.silence === 'delivered') connection.server.write(piece);
    else if (connection.silence === undefined) this.#send(connection, connection.server, piece);
  }

  #answer(connection: Connection, piece: Buffer): void {
    if (connection.silence !== undefined) return;
    const linkState = this.#linkState;
    if (linkState.kind === 'slow') {
      for (let at = 0; at < piece.length; at += linkState.bytes) {
        this.#send(
          connection,
          connection.client,
          piece.subarray(at, at + linkState.bytes),
          linkState.everyMs,
        );
      }
      return;
    }
    if (linkState.kind !== 'reset') {
      this.#send(connection, connection.client, piece);
      return;
    }
    const rest = Math.max(0, linkState.afterBytes - connection.answered);
    connection.answered += piece.length;
    connection.client.write(piece.subarray(0, rest), () => {
      if (piece.length > rest) connection.client.resetAndDestroy();
    });
  }

  #send(connection: Connection, to: Socket, piece: Buffer, pauseMs = 0): void {
    const linkState = this.#linkState;
    const delayMs = linkState.kind === 'late' ? linkState.ms : pauseMs;
    connection.sending = connection.sending.then(async () => {
      if (delayMs > 0) await systemClock.sleep(delayMs);
      if (!to.destroyed && connection.silence === undefined) to.write(piece);
    });
  }
}

async function listen(port: number): Promise<Server> {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function closed(server: Server | undefined): Promise<void> {
  if (server === undefined) return;
  const close = once(server, 'close');
  server.close();
  await close;
}
