import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { systemClock } from '../../src/clock.ts';

/**
 * What becomes of the requests on a silent connection: they are lost; or held until `deliverHeld()`, even if their
 * sender is dead by then; or delivered, and their answers reach nobody.
 */
export type Silence = 'lost' | 'held' | 'delivered';

/**
 * What a network does to those who talk over it:
 * - `clear`: nothing.
 * - `refused`: nobody listens; what was open is reset.
 * - `silent`: connections stand and bring no answer, old ones and new ones: the peer is gone without a word. A
 *   connection that was ever silent stays so.
 * - `reset`: each connection breaks after so many bytes of its answer.
 * - `slow`: answers come in small pieces.
 * - `late`: everything comes later.
 */
export type Weather =
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
  /** Pieces go out one after the other, however long each takes. */
  sending: Promise<void>;
}

interface Trap {
  readonly text: string;
  readonly silence: Silence;
  readonly caught: () => void;
}

/** A TCP connection between two programs of this machine, in whatever weather. It does not look into TLS. */
export class TcpLink {
  readonly port: number;
  readonly #target: number;
  readonly #connections = new Set<Connection>();
  #server: Server | undefined;
  #weather: Weather = { kind: 'clear' };
  #traps: Trap[] = [];

  private constructor(target: number, server: Server, port: number) {
    this.#target = target;
    this.#server = server;
    this.port = port;
    server.on('connection', (client) => this.#accept(client));
  }

  /** Listens on a free port of loopback, and leads to another one. */
  static async open(targetPort: number): Promise<TcpLink> {
    const server = await listen(0);
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('a TCP server has no port');
    return new TcpLink(targetPort, server, address.port);
  }

  /** Counts at once, for what is open too. */
  async become(weather: Weather): Promise<void> {
    this.#weather = weather;
    if (weather.kind === 'silent') {
      for (const connection of this.#connections) connection.silence ??= weather.requests;
    }
    if (weather.kind === 'refused') {
      for (const connection of this.#connections) connection.client.resetAndDestroy();
      await closed(this.#server);
      this.#server = undefined;
    } else if (this.#server === undefined) {
      this.#server = await listen(this.port);
      this.#server.on('connection', (client) => this.#accept(client));
    }
  }

  /** The next connection on which this text is sent is silent from there on; resolves when that has happened. */
  async silenceAt(text: string, silence: Silence): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#traps.push({ text, silence, caught: resolve });
    });
  }

  /** Sends on what was held, whatever has become of its sender; if that lives, it gets its answer. */
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
      silence: this.#weather.kind === 'silent' ? this.#weather.requests : undefined,
      sending: Promise.resolve(),
    };
    this.#connections.add(connection);
    client.on('data', (piece: Buffer) => this.#request(connection, piece));
    server.on('data', (piece: Buffer) => this.#answer(connection, piece));
    client.on('error', () => undefined);
    server.on('error', () => undefined);
    client.once('close', () => {
      // What is held is on its way, whoever sent it.
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
    const weather = this.#weather;
    if (weather.kind === 'slow') {
      for (let at = 0; at < piece.length; at += weather.bytes) {
        this.#send(connection, connection.client, piece.subarray(at, at + weather.bytes), weather.everyMs);
      }
      return;
    }
    if (weather.kind !== 'reset') {
      this.#send(connection, connection.client, piece);
      return;
    }
    const rest = Math.max(0, weather.afterBytes - connection.answered);
    connection.answered += piece.length;
    connection.client.write(piece.subarray(0, rest), () => {
      if (piece.length > rest) connection.client.resetAndDestroy();
    });
  }

  #send(connection: Connection, to: Socket, piece: Buffer, pauseMs = 0): void {
    const weather = this.#weather;
    const delayMs = weather.kind === 'late' ? weather.ms : pauseMs;
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
