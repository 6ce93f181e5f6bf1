import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Server, Socket } from 'node:net';

/** One request as a server received it. */
export interface SeenRequest {
  readonly method: string;
  /** Path without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface CannedAnswer {
  readonly status?: number;
  /** Sent unchanged. */
  readonly text?: string;
  /** Sent as JSON. */
  readonly json?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface LoopbackServer {
  readonly url: string;
  readonly port: number;
  readonly seen: SeenRequest[];
}

/** Runs `use` with a real HTTP server on 127.0.0.1 that records its requests. */
export async function withServer(
  answer: (request: SeenRequest) => CannedAnswer | Promise<CannedAnswer>,
  use: (server: LoopbackServer) => Promise<void>,
): Promise<void> {
  const seen: SeenRequest[] = [];
  await withRawServer(
    (request, response) => {
      void readRequest(request).then(async (seenRequest) => {
        seen.push(seenRequest);
        send(response, await answer(seenRequest));
      });
    },
    (raw) => use({ ...raw, seen }),
  );
}

/** Like {@link withServer}, for malformed answers. */
export async function withRawServer(
  listener: RequestListener,
  use: (server: { url: string; port: number }) => Promise<void>,
): Promise<void> {
  const server = createServer(listener);
  // On a busy computer a test may pause for longer than the default of 5 s, and the client would need a new connection.
  server.keepAliveTimeout = 120_000;
  try {
    const port = await listen(server);
    await use({ url: `http://127.0.0.1:${String(port)}`, port });
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** A TCP server, for faults before or outside HTTP. */
export async function withTcpServer(
  onConnection: (socket: Socket) => void,
  use: (port: number) => Promise<void>,
): Promise<void> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  try {
    await use(await listen(server));
  } finally {
    for (const socket of sockets) {
      socket.destroy();
    }
    await new Promise((resolve) => server.close(resolve));
  }
}

export async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') {
    throw new Error('the server has no port');
  }
  return address.port;
}

async function readRequest(request: IncomingMessage): Promise<SeenRequest> {
  const body = await text(request);
  const url = new URL(request.url ?? '/', 'http://localhost');
  return {
    method: request.method ?? '',
    path: url.pathname,
    query: url.searchParams,
    headers: request.headers,
    body,
  };
}

function send(response: ServerResponse, answer: CannedAnswer): void {
  const isJson = answer.json !== undefined;
  response.writeHead(answer.status ?? 200, {
    'content-type': isJson ? 'application/json' : 'text/html',
    ...answer.headers,
  });
  response.end(isJson ? JSON.stringify(answer.json) : answer.text);
}
