import { Agent as HttpAgent } from 'node:http';
import type { ClientRequest } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import got from 'got';
import type { PlainResponse, Request } from 'got';
import { errorCode } from './error-text.ts';

/** The limit for a decompressed body. A list of 600 offers is below 1 MiB. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;
const FIRST_BUFFER_BYTES = 64 * 1024;
/** The limit for interim answers (1xx). A server that sends nothing else would keep this process busy. */
const MAX_INTERIM_ANSWERS = 100;

export interface ExchangeRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** From now to the last byte of the answer. */
  readonly totalTimeoutMs: number;
  /** For each of DNS lookup, TCP and TLS. */
  readonly connectTimeoutMs: number;
  /**
   * Only for a method other than GET, which has a connection of its own. The exchanger calls this when TCP and
   * TLS are established, before it writes the first byte. If it returns false, the exchanger closes the
   * connection without sending a byte.
   */
  readonly maySend?: () => boolean;
}

/**
 * The result of one HTTP request. Network and server errors are values, not exceptions.
 *
 * - `reply`: an answer with its whole body.
 * - `withheld`: `maySend` returned false.
 * - `broken`: no complete answer. `sent` is false only if certainly no byte of the request left. `stale`
 * means that the server had already closed a kept-alive connection, and nothing came back.
 * - `unreadable`: the body of the answer is too large or cannot be decoded.
 */
export type Exchange =
  | { readonly kind: 'reply'; readonly status: number; readonly retryAfter?: string; readonly text: string }
  | { readonly kind: 'withheld' }
  | { readonly kind: 'broken'; readonly sent: boolean; readonly stale: boolean; readonly code: string }
  | { readonly kind: 'unreadable'; readonly status: number; readonly message: string };

export interface Exchanger {
  exchange(request: ExchangeRequest): Promise<Exchange>;
  /** Closes all connections. Requests in flight fail. */
  close(): void;
}

export interface ExchangerOptions {
  /** The URL of a proxy, with its credentials. @default none */
  readonly proxyUrl?: string | undefined;
  /** How long the proxy may take for each step of a tunnel. */
  readonly tunnelTimeoutMs: number;
}

/**
 * The only place that calls got. A create or delete request gets its own connection: a proxy may have
 * dropped a kept-alive connection silently, and the request would hang on it.
 */
export function createExchanger({ proxyUrl, tunnelTimeoutMs }: ExchangerOptions): Exchanger {
  // Node's own agent tunnels with CONNECT. TLS ends at the provider, so the proxy sees no request. Without a timeout a
  // silent proxy would keep the socket of each request that was given up. Requests over http use no proxy, which could
  // read the key.
  const tunnel =
    proxyUrl === undefined ? {} : { proxyEnv: { https_proxy: proxyUrl }, timeout: tunnelTimeoutMs };
  const kept = {
    http: new HttpAgent({ keepAlive: true }),
    https: new HttpsAgent({ keepAlive: true, ...tunnel }),
  };
  const single = {
    http: new HttpAgent({ keepAlive: false }),
    https: new HttpsAgent({ keepAlive: false, ...tunnel }),
  };

  return {
    exchange: (request) => runExchange(request, request.method === 'GET' ? kept : single),
    close() {
      for (const agent of [kept.http, kept.https, single.http, single.https]) {
        agent.destroy();
      }
    },
  };
}

/** How far a request came. It decides between "nothing was sent" and "the outcome is unknown". */
interface Progress {
  sent: boolean;
  withheld: boolean;
  reusedConnection: boolean;
  response?: PlainResponse;
}

async function runExchange(
  request: ExchangeRequest,
  agent: { http: HttpAgent; https: HttpsAgent },
): Promise<Exchange> {
  const progress: Progress = { sent: false, withheld: false, reusedConnection: false };
  const stream = openStream(request, agent);
  stream.once('response', (response: PlainResponse) => {
    progress.response = response;
  });
  stream.once('request', (nativeRequest: ClientRequest) => {
    boundInterimAnswers(stream, nativeRequest);
    sendWhenAllowed(request, { stream, nativeRequest, progress });
  });
  try {
    const body = await readBounded(stream);
    return toReply(progress, body);
  } catch (error) {
    return toFailure(progress, error);
  } finally {
    // Nobody waits for this request any more, so neither its upload nor its download may continue.
    stream.destroy();
  }
}

function openStream(request: ExchangeRequest, agent: { http: HttpAgent; https: HttpsAgent }): Request {
  const { connectTimeoutMs, totalTimeoutMs } = request;
  return got.stream(request.url, {
    method: request.method,
    // Answers are small, and an uncompressed answer cannot be a decompression bomb. If a proxy compresses
    // anyway, the limit counts decompressed bytes.
    headers: { ...request.headers, 'accept-encoding': 'identity' },
    agent,
    // A redirect would send the key and the create request to another host, and a retry could rent twice.
    followRedirect: false,
    retry: { limit: 0 },
    throwHttpErrors: false,
    timeout: {
      lookup: connectTimeoutMs,
      connect: connectTimeoutMs,
      secureConnect: connectTimeoutMs,
      request: totalTimeoutMs,
    },
  });
}

interface Sending {
  readonly stream: Request;
  readonly nativeRequest: ClientRequest;
  readonly progress: Progress;
}

/**
 * Node writes a request only when its body begins. This allows the connection to be established before any
 * byte of the request is sent, its header included.
 */
function sendWhenAllowed(request: ExchangeRequest, sending: Sending): void {
  const { stream, nativeRequest, progress } = sending;
  const { maySend } = request;
  progress.reusedConnection = nativeRequest.reusedSocket;
  if (maySend === undefined) {
    progress.sent = true;
    if (request.method !== 'GET') {
      stream.end(request.body);
    }
    return;
  }
  whenConnected(nativeRequest, () => {
    if (maySend()) {
      progress.sent = true;
      stream.end(request.body);
    } else {
      progress.withheld = true;
      stream.destroy(new Error('withheld'));
    }
  });
}

function whenConnected(nativeRequest: ClientRequest, listener: () => void): void {
  const watch = (socket: Socket): void => {
    // A tunnel comes with its TLS connection established, and its certificate checked.
    if (socket instanceof TLSSocket && !isSecureConnecting(socket)) {
      listener();
      return;
    }
    // `secureConnect` follows the check of the certificate.
    socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', listener);
  };
  if (nativeRequest.socket === null) {
    nativeRequest.once('socket', watch);
  } else {
    watch(nativeRequest.socket);
  }
}

/** Node documents no other way to ask whether `secureConnect` is still to come. */
function isSecureConnecting(socket: TLSSocket): boolean {
  return (socket as { secureConnecting?: boolean }).secureConnecting !== false;
}

class InterimAnswersError extends Error {
  override readonly name = 'InterimAnswersError';
  readonly code = 'TOO_MANY_INTERIM_ANSWERS';
}

function boundInterimAnswers(stream: Request, nativeRequest: ClientRequest): void {
  let count = 0;
  nativeRequest.on('information', () => {
    count += 1;
    if (count > MAX_INTERIM_ANSWERS) {
      stream.destroy(new InterimAnswersError());
    }
  });
}

class BodyTooLargeError extends Error {
  override readonly name = 'BodyTooLargeError';
}

/**
 * Copies each chunk into one buffer. An answer that arrives byte by byte would otherwise be kept as millions
 * of small chunks.
 */
async function readBounded(stream: Request): Promise<string> {
  let body = Buffer.alloc(FIRST_BUFFER_BYTES);
  let length = 0;
  for await (const chunk of stream) {
    if (!(chunk instanceof Uint8Array)) {
      throw new TypeError('got answered with something else than bytes');
    }
    const end = length + chunk.length;
    if (end > MAX_BODY_BYTES) {
      throw new BodyTooLargeError();
    }
    if (end > body.length) {
      body = Buffer.concat([body], Math.max(end, 2 * body.length));
    }
    body.set(chunk, length);
    length = end;
  }
  return body.toString('utf8', 0, length);
}

function toReply(progress: Progress, text: string): Exchange {
  const { response } = progress;
  if (response === undefined) {
    return { kind: 'broken', sent: progress.sent, stale: false, code: 'NO_RESPONSE' };
  }
  const retryAfter = response.headers['retry-after'];
  return {
    kind: 'reply',
    status: response.statusCode,
    text,
    ...(retryAfter === undefined ? {} : { retryAfter }),
  };
}

function toFailure(progress: Progress, error: unknown): Exchange {
  if (progress.withheld) {
    return { kind: 'withheld' };
  }
  const code = errorCode(error);
  if (progress.response !== undefined && (error instanceof BodyTooLargeError || code.startsWith('Z_'))) {
    const message =
      error instanceof BodyTooLargeError
        ? 'the answer is larger than 4 MiB'
        : 'the answer cannot be decompressed';
    return { kind: 'unreadable', status: progress.response.statusCode, message };
  }
  const reset = code === 'ECONNRESET' || code === 'EPIPE';
  const stale = progress.reusedConnection && progress.response === undefined && reset;
  return { kind: 'broken', sent: progress.sent, stale, code };
}
