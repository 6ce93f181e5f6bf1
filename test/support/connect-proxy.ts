import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** A CONNECT request as the proxy received it. */
export interface ProxyRequest {
  /** `host:port`. */
  readonly target: string;
  readonly headers: IncomingMessage['headers'];
}

export interface ConnectProxyOptions {
  /** The loopback port for each target. Other targets are answered 502. */
  readonly routes: Readonly<Record<string, number>>;
  /** `user:password` that it requires. */
  readonly credentials?: string;
  /** It speaks TLS itself, with this certificate. */
  readonly tls?: { readonly certificate: string; readonly key: string };
  /** Leaves CONNECT requests unanswered. */
  readonly isSilent?: boolean;
}

/** A forward proxy on loopback that knows CONNECT and nothing else, and keeps what it could read. */
export class ConnectProxy {
  readonly tunnels: ProxyRequest[] = [];
  /** Requests that a client wanted the proxy itself to send: it would read them. */
  readonly plainRequests: string[] = [];
  readonly port: number;
  readonly #server: http.Server | https.Server;
  readonly #options: ConnectProxyOptions;
  readonly #sockets = new Set<Duplex>();
  readonly #seen: Buffer[] = [];

  private constructor(server: http.Server | https.Server, port: number, options: ConnectProxyOptions) {
    this.#server = server;
    this.port = port;
    this.#options = options;
    server.on(options.tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
      this.#keep(socket);
      socket.on('data', (piece: Buffer) => this.#seen.push(piece));
    });
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      this.plainRequests.push(request.url ?? '');
      response.writeHead(502).end();
    });
    server.on('connect', (request: IncomingMessage, socket: Duplex) => {
      this.#tunnel(request, socket);
    });
  }

  static async open(options: ConnectProxyOptions): Promise<ConnectProxy> {
    const { tls } = options;
    const server =
      tls === undefined ? http.createServer() : https.createServer({ cert: tls.certificate, key: tls.key });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
    return new ConnectProxy(server, address.port, options);
  }

  /** Its address, with credentials if it requires some. */
  get url(): string {
    const { credentials, tls } = this.#options;
    return `${tls === undefined ? 'http' : 'https'}://${credentials === undefined ? '' : `${credentials}@`}127.0.0.1:${String(this.port)}`;
  }

  /** Everything that clients sent, as the proxy could read it. */
  get read(): string {
    return Buffer.concat(this.#seen).toString('latin1');
  }

  /** The targets of all tunnels. */
  get targets(): string[] {
    return this.tunnels.map(({ target }) => target);
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #keep(socket: Duplex): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  #tunnel({ url: target = '', headers }: IncomingMessage, client: Duplex): void {
    this.tunnels.push({ target, headers });
    const { credentials, routes, isSilent } = this.#options;
    if (isSilent === true) return;
    const expected =
      credentials === undefined ? undefined : `Basic ${Buffer.from(credentials).toString('base64')}`;
    if (expected !== undefined && headers['proxy-authorization'] !== expected) {
      client.end('HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic\r\n\r\n');
      return;
    }
    const port = routes[target];
    if (port === undefined) {
      client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
      return;
    }
    const server = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      client.pipe(server).pipe(client);
    });
    this.#keep(server);
    client.once('close', () => server.destroy());
    server.once('close', () => client.destroy());
  }
}
