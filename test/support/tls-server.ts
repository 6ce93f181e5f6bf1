import { once } from 'node:events';
import https from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { text } from 'node:stream/consumers';
import { stringAt } from '../../src/json.ts';

/** A request as the server received it. */
export interface TlsRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  /** Each header by lower-case name, in order, with its repetitions. */
  readonly headerLists: Readonly<Record<string, readonly string[]>>;
  readonly body: string;
  /** The common name of the client's certificate. */
  readonly clientName: string | undefined;
  /** The name that the client asked for in the handshake. */
  readonly serverName: string | undefined;
}

export interface TlsAnswer {
  readonly status?: number;
  readonly json?: unknown;
}

export interface TlsServerOptions {
  readonly certificate: string;
  readonly key: string;
  readonly answer?: (request: TlsRequest) => TlsAnswer;
}

/** An HTTPS server on loopback that records its requests. It asks for a client certificate and requires none. */
export class TlsServer {
  readonly requests: TlsRequest[] = [];
  readonly port: number;
  readonly #server: https.Server;

  private constructor(server: https.Server, port: number, answer: (request: TlsRequest) => TlsAnswer) {
    this.#server = server;
    this.port = port;
    server.on('request', (incoming, outgoing) => {
      void this.#serve(incoming, outgoing, answer);
    });
  }

  static async open({ certificate, key, answer = () => ({}) }: TlsServerOptions): Promise<TlsServer> {
    const server = https.createServer({
      cert: certificate,
      key,
      ca: certificate,
      requestCert: true,
      rejectUnauthorized: false,
    });
    server.on('tlsClientError', () => undefined);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the server has no port');
    return new TlsServer(server, address.port, answer);
  }

  get url(): string {
    return `https://127.0.0.1:${String(this.port)}`;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    answer: (request: TlsRequest) => TlsAnswer,
  ): Promise<void> {
    const request: TlsRequest = {
      method: incoming.method ?? '',
      path: incoming.url ?? '',
      headers: incoming.headers,
      headerLists: Object.fromEntries(
        Object.entries(incoming.headersDistinct).map(([name, values]) => [name, values ?? []]),
      ),
      body: await text(incoming),
      ...namesOf(incoming.socket),
    };
    this.requests.push(request);
    const { status = 200, json = {} } = answer(request);
    outgoing.writeHead(status, { 'content-type': 'application/json' });
    outgoing.end(JSON.stringify(json));
  }
}

function namesOf(socket: Socket): Pick<TlsRequest, 'clientName' | 'serverName'> {
  if (!(socket instanceof TLSSocket)) return { clientName: undefined, serverName: undefined };
  const { servername: serverName } = socket;
  const subject: unknown = socket.getPeerCertificate().subject;
  return {
    clientName: stringAt(subject, 'CN'),
    serverName: typeof serverName === 'string' && serverName !== '' ? serverName : undefined,
  };
}
