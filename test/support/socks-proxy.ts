import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';

/** A SOCKS5 proxy on loopback that resolves the names of its clients itself. */
export class SocksProxy {
  /** The targets of all connections, as `host:port`. */
  readonly targets: string[] = [];
  readonly port: number;
  readonly #server: Server;
  readonly #routes: Readonly<Record<string, number>>;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, port: number, routes: Readonly<Record<string, number>>) {
    this.#server = server;
    this.port = port;
    this.#routes = routes;
    server.on('connection', (client) => {
      this.#keep(client);
      void this.#serve(client);
    });
  }

  /** `routes`: the loopback port for each target. */
  static async open(routes: Readonly<Record<string, number>>): Promise<SocksProxy> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
    return new SocksProxy(server, address.port, routes);
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  async #serve(client: Socket): Promise<void> {
    await once(client, 'data');
    // Version 5, no authentication.
    client.write(Buffer.from([5, 0]));
    const [request] = (await once(client, 'data')) as [Buffer];
    // Version, command, reserved, kind of address, length of the name, name, port.
    const length = request.readUInt8(4);
    const host = request.toString('utf8', 5, 5 + length);
    const target = `${host}:${String(request.readUInt16BE(5 + length))}`;
    this.targets.push(target);
    const server = connect(this.#routes[target] ?? 1, '127.0.0.1', () => {
      client.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
      client.pipe(server).pipe(client);
    });
    this.#keep(server);
    client.once('close', () => server.destroy());
    server.once('close', () => client.destroy());
  }
}
