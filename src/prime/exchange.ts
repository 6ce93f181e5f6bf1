import { Agent as HttpAgent } from 'node:http';
import type { ClientRequest } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import got from 'got';
import type { PlainResponse, Request } from 'got';
import { errorCode } from './error-code.ts';

/** Decompressed bytes that are read of an answer; a list of 600 offers is below 1 MiB. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;
const FIRST_BUFFER_BYTES = 64 * 1024;
/** Promises of an answer (1xx) before it; a server that sends nothing else would keep this process busy. */
const MAX_INTERIM_ANSWERS = 100;

export interface ExchangeRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** From here to the last byte of the answer. */
  readonly totalTimeoutMs: number;
  /** For each of: name look-up, TCP, TLS. */
  readonly connectTimeoutMs: number;
  /**
   * Asked once TCP and TLS stand on a connection of this request's own, right before its first byte is
   * given to it. False: the connection is torn down, and no byte was sent.
   */
  readonly maySend?: () => boolean;
}

/**
 * What came of one HTTP request. Never an exception for what a network or server does.
 *
 * - `reply`: an answer with its whole body.
 * - `withheld`: `maySend` said no.
 * - `broken`: no (whole) answer. `sent` is false only if it is certain that no byte of the request left.
 *   `stale` means: a kept-alive connection that the server had already closed, and nothing came back.
 * - `unreadable`: an answer whose body is too large or cannot be decoded.
 */
export type Exchange =
  | { readonly kind: 'reply'; readonly status: number; readonly retryAfter?: string; readonly text: string }
  | { readonly kind: 'withheld' }
  | { readonly kind: 'broken'; readonly sent: boolean; readonly stale: boolean; readonly code: string }
  | { readonly kind: 'unreadable'; readonly status: number; readonly message: string };

export interface Exchanger {
  exchange(request: ExchangeRequest): Promise<Exchange>;
  /** Closes all connections; requests that are under way break. */
  close(): void;
}

/**
 * The only place that calls got. What rents or terminates gets a connection of its own: a kept one may have been dropped
 * by something in between that said nothing, and the request would hang on it.
 */
export function createExchanger(): Exchanger {
  const kept = { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) };
  const single = { http: new HttpAgent({ keepAlive: false }), https: new HttpsAgent({ keepAlive: false }) };

  return {
    exchange: (request) => runExchange(request, request.method === 'GET' ? kept : single),
    close() {
      for (const agent of [kept.http, kept.https, single.http, single.https]) {
        agent.destroy();
      }
    },
  };
}

/** How far a request came: what decides between "nothing was sent" and "the outcome is unknown". */
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
    // Whatever happened: a request that nobody waits for any more must not go on, not even its upload.
    stream.destroy();
  }
}

function openStream(request: ExchangeRequest, agent: { http: HttpAgent; https: HttpsAgent }): Request {
  const { connectTimeoutMs, totalTimeoutMs } = request;
  return got.stream(request.url, {
    method: request.method,
    // Answers are small, and an answer that was not compressed cannot be a bomb. A proxy that compresses
    // anyway is read too: the limit counts decompressed bytes.
    headers: { ...request.headers, 'accept-encoding': 'identity' },
    agent,
    // A redirect would carry the key and the create to another place; a repeat would rent twice.
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
 * Node writes a request only when its body begins, so that a connection can stand before a byte of the
 * request, its header included, is sent.
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
    // `secureConnect` comes after the certificate was checked.
    socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', listener);
  };
  if (nativeRequest.socket === null) {
    nativeRequest.once('socket', watch);
  } else {
    watch(nativeRequest.socket);
  }
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

/** Copies what comes: an answer that drips in byte by byte would otherwise be kept as millions of small pieces. */
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
