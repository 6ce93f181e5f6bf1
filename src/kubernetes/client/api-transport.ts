import type { IncomingMessage } from 'node:http';
import type { KubeConfig } from '@kubernetes/client-node';
import type { Clock } from '../../clock.ts';
import type { AuthHeaders } from '../kubeconfig/auth-headers.ts';
import { withDeadline } from '../deadline.ts';
import {
  ApiAnswerTooLargeError,
  ApiConnectionError,
  ApiError,
  ApiResponseError,
  ApiTimeoutError,
  statusError,
} from './api-errors.ts';
import { ConnectionSource } from './connection.ts';
import type { Connection, ProxyUrlFor } from './connection.ts';
import { AnswerTooLargeError, readText, sendRequest } from './http-exchange.ts';
import type { HttpRequest } from './http-exchange.ts';

/** Query parameters. Undefined ones are left out. */
export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** Options that every call to the API server takes. */
export interface CallOptions {
  /** Cancels the call and destroys its socket. */
  signal?: AbortSignal | undefined;
  /** @default 30000 for a read; 35000 for a write, and 65000 while writes are slow */
  timeoutMs?: number | undefined;
}

/** A request whose answer is one JSON value. */
export interface JsonRequest extends CallOptions {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** From the root of the API server: `/apis/…`. */
  path: string;
  query?: Query;
  body?: unknown;
  /** @default 'application/json' */
  contentType?: string;
  /** Limit for the answer; a larger one is an `ApiAnswerTooLargeError`. @default unlimited */
  maxBytes?: number | undefined;
}

/** A request whose answer continues until one side ends it. */
export interface StreamRequest {
  path: string;
  query?: Query;
  signal: AbortSignal;
  /** Limits the time until the answer's head. The body may take any time. */
  connectTimeoutMs: number;
}

export interface ApiTransportOptions {
  kubeConfig: KubeConfig;
  clock: Clock;
  /** Sent as User-Agent: audit logs and API Priority and Fairness show it. */
  userAgent: string;
  /** Parallel requests. @default 32 */
  maxSockets?: number;
  /** For a cluster without `proxy-url`. @default no proxy */
  proxyUrlFor?: ProxyUrlFor | undefined;
  /** Called synchronously for every request that was sent, as soon as its answer begins or fails. Must not throw. */
  onRequest?: ((request: SentRequest) => void) | undefined;
}

/** The result of a request. */
export interface SentRequest {
  method: string;
  /** The HTTP status, or `<error>` without an answer, as client-go counts them. */
  code: string;
}

/** Longer than a busy server queues a request, which is 15 s by default. */
const READ_TIMEOUT_MS = 30_000;
/**
 * A webhook may take 30 s, and the server gives up after 60 s. A client that disconnects earlier cancels the write
 * and retries it without end.
 */
const WRITE_TIMEOUT_MS = 35_000;
const SLOW_WRITE_TIMEOUT_MS = 65_000;
const DEFAULT_MAX_SOCKETS = 32;

/**
 * JSON over HTTP to one API server, with the credentials of a kubeconfig and a pool of kept-alive connections.
 *
 * It does not use client-node's generated clients. In 2.0.1 these make a new undici Agent per request as soon as the
 * kubeconfig has a CA or a certificate, so every request pays for a TCP and a TLS handshake. 1,000 status writes over
 * TLS on loopback, 32 at a time, both ends in one process, take 9.4 s and 1,000 connections with them, and 1.5 s and
 * 32 connections with this class.
 *
 * Throws `ApiStatusError`, `ApiConnectionError`, `ApiTimeoutError`, `ApiResponseError`. It retries nothing, except a
 * GET on a kept-alive connection that the server was just closing.
 */
export class ApiTransport {
  readonly #connections: ConnectionSource;
  readonly #clock: Clock;
  readonly #userAgent: string;
  readonly #onRequest: ApiTransportOptions['onRequest'];
  #writeTimeoutMs = WRITE_TIMEOUT_MS;

  constructor(options: ApiTransportOptions) {
    const { kubeConfig, clock, userAgent, maxSockets, proxyUrlFor, onRequest } = options;
    this.#onRequest = onRequest;
    this.#clock = clock;
    this.#userAgent = userAgent;
    this.#connections = new ConnectionSource({
      kubeConfig,
      clock,
      maxSockets: maxSockets ?? DEFAULT_MAX_SOCKETS,
      proxyUrlFor,
    });
  }

  /** Sends a request and returns the parsed body of its 2xx answer. */
  async requestJson(request: JsonRequest): Promise<unknown> {
    const { signal, method } = request;
    const timeoutMs = request.timeoutMs ?? (method === 'GET' ? READ_TIMEOUT_MS : this.#writeTimeoutMs);
    try {
      return await withDeadline({ clock: this.#clock, timeoutMs, signal }, async (limit) => {
        try {
          return await this.#exchange(request, limit);
        } catch (error) {
          if (method !== 'GET' || !isStaleSocket(error)) throw error;
          return await this.#exchange(request, limit);
        }
      });
    } catch (error) {
      // Webhooks in sequence may take longer than the slowest one, so the next write gets as long as the server
      // allows.
      if (method !== 'GET' && error instanceof ApiTimeoutError) this.#writeTimeoutMs = SLOW_WRITE_TIMEOUT_MS;
      throw error;
    }
  }

  /** A credential plug-in that hangs delays no caller beyond its own deadline. */
  async #connection(signal: AbortSignal): Promise<Connection> {
    signal.throwIfAborted();
    const calledOff = Promise.withResolvers<never>();
    const onAbort = (): void => {
      calledOff.reject(signal.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await Promise.race([this.#connections.get(), calledOff.promise]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Opens a stream and returns its 2xx answer with the body unread. Aborting the signal destroys the socket. */
  async openStream(request: StreamRequest): Promise<IncomingMessage> {
    const deadline = { clock: this.#clock, timeoutMs: request.connectTimeoutMs };
    return await withDeadline(deadline, async (connectLimit) => {
      // The caller's signal applies to the whole stream, the limit only until the head arrives.
      return await this.#openStream(request, AbortSignal.any([request.signal, connectLimit]));
    });
  }

  /** Closes all connections, including those in use. */
  close(): void {
    this.#connections.close();
  }

  async #exchange(request: JsonRequest, signal: AbortSignal): Promise<unknown> {
    const { method, path, query, body } = request;
    const connection = await this.#connection(signal);
    const response = await wrapErrors(signal, async () => {
      const answer = await this.#send({
        url: requestUrl(connection.server, path, query),
        method,
        headers: this.#headers(connection.headers, body === undefined ? undefined : request),
        agent: connection.requestAgent,
        body: body === undefined ? undefined : JSON.stringify(body),
        signal,
      });
      return { answer, text: await readText(answer, request.maxBytes) };
    });
    this.#assertSuccess(response.answer, response.text);
    return parseBody(response.text);
  }

  async #openStream({ path, query }: StreamRequest, signal: AbortSignal): Promise<IncomingMessage> {
    const connection = await this.#connection(signal);
    return await wrapErrors(signal, async () => {
      const answer = await this.#send({
        url: requestUrl(connection.server, path, query),
        method: 'GET',
        headers: this.#headers(connection.headers, undefined),
        agent: connection.streamAgent,
        signal,
      });
      if (!isSuccess(answer)) this.#assertSuccess(answer, await readText(answer));
      return answer;
    });
  }

  async #send(request: HttpRequest): Promise<IncomingMessage> {
    const { method } = request;
    try {
      const answer = await sendRequest(request);
      this.#onRequest?.({ method, code: String(answer.statusCode) });
      return answer;
    } catch (error) {
      this.#onRequest?.({ method, code: '<error>' });
      throw error;
    }
  }

  #headers(auth: AuthHeaders, withBody: JsonRequest | undefined): AuthHeaders {
    const headers = { ...auth, accept: 'application/json', 'user-agent': this.#userAgent };
    if (withBody === undefined) return headers;
    return { ...headers, 'content-type': withBody.contentType ?? 'application/json' };
  }

  #assertSuccess(answer: IncomingMessage, text: string): void {
    if (isSuccess(answer)) return;
    if (answer.statusCode === 401) this.#connections.invalidate();
    throw statusError(answer.statusCode ?? 0, text, answer.headers['retry-after']);
  }
}

function isSuccess({ statusCode }: IncomingMessage): boolean {
  return statusCode !== undefined && statusCode >= 200 && statusCode < 300;
}

/** The server of a kubeconfig may have a path of its own, as with a proxy for many clusters. */
function requestUrl(server: string, path: string, query: Query = {}): URL {
  const url = new URL(server.replace(/\/+$/, '') + path);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  return url;
}

/** Errors of other classes come from the socket, unless the caller or the deadline aborted the request. */
async function wrapErrors<R>(signal: AbortSignal, work: () => Promise<R>): Promise<R> {
  try {
    return await work();
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof AnswerTooLargeError) throw new ApiAnswerTooLargeError(error.message);
    throw error instanceof ApiError ? error : new ApiConnectionError(error);
  }
}

function isStaleSocket(error: unknown): boolean {
  return error instanceof ApiConnectionError && ['ECONNRESET', 'EPIPE'].includes(error.code);
}

function parseBody(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiResponseError('the API server answered with something other than JSON');
  }
}
