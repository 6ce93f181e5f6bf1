import type { IncomingMessage } from 'node:http';
import type { KubeConfig } from '@kubernetes/client-node';
import type { Clock } from '../clock.ts';
import {
  ApiAnswerTooLargeError,
  ApiConnectionError,
  ApiError,
  ApiResponseError,
  ApiTimeoutError,
  statusError,
} from './api-errors.ts';
import { ConnectionSource } from './connection.ts';
import type { Connection } from './connection.ts';
import { withDeadline } from './deadline.ts';
import { AnswerTooLargeError, readText, sendRequest } from './http-exchange.ts';
import type { HttpRequest } from './http-exchange.ts';

/** Query parameters; those that are undefined are left out. */
export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** Options that every call to the API server takes. */
export interface CallOptions {
  /** Calls it off; the socket is torn down. */
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
  /** Of the answer; more of it is an `ApiAnswerTooLargeError`. @default any number */
  maxBytes?: number | undefined;
}

/** A request whose answer goes on until one side ends it. */
export interface StreamRequest {
  path: string;
  query?: Query;
  signal: AbortSignal;
  /** How long the head of the answer may take; the body may take for ever. */
  connectTimeoutMs: number;
}

export interface ApiTransportOptions {
  kubeConfig: KubeConfig;
  clock: Clock;
  /** Sent as User-Agent: audit logs and API Priority and Fairness show it. */
  userAgent: string;
  /** Parallel requests. @default 32 */
  maxSockets?: number;
  /** Told of every request that was sent, as soon as its answer begins or fails to. Called synchronously; must not throw. */
  onRequest?: ((request: SentRequest) => void) | undefined;
}

/** What became of a request. */
export interface SentRequest {
  method: string;
  /** The HTTP status, or `<error>` where there was no answer: as client-go counts them. */
  code: string;
}

/** Longer than a request may stand in line at a server that is busy, 15 s by default. */
const READ_TIMEOUT_MS = 30_000;
/**
 * A webhook may take 30 s, and a server gives up by itself after 60 s. Who hangs up before that has the write called off,
 * and sends it again, without end.
 */
const WRITE_TIMEOUT_MS = 35_000;
const SLOW_WRITE_TIMEOUT_MS = 65_000;
const DEFAULT_MAX_SOCKETS = 32;

/**
 * JSON over HTTP to one API server, on client-node's credentials and on a pool of kept-alive connections.
 *
 * Not through client-node's generated clients: in 2.0.1 these make a new undici Agent per request as soon as the
 * kubeconfig has a CA or a certificate, so every request pays for a TCP and a TLS handshake. 1,000 status writes over TLS
 * on loopback, 32 at a time, both ends in one process: 9.4 s and 1,000 connections that way, 1.5 s and 32 connections this way.
 *
 * Throws `ApiStatusError`, `ApiConnectionError`, `ApiTimeoutError`, `ApiResponseError`; nothing is retried here,
 * except a GET that met a kept-alive connection which the server was just closing.
 */
export class ApiTransport {
  readonly #connections: ConnectionSource;
  readonly #clock: Clock;
  readonly #userAgent: string;
  readonly #onRequest: ApiTransportOptions['onRequest'];
  #writeTimeoutMs = WRITE_TIMEOUT_MS;

  constructor({ kubeConfig, clock, userAgent, maxSockets, onRequest }: ApiTransportOptions) {
    this.#onRequest = onRequest;
    this.#clock = clock;
    this.#userAgent = userAgent;
    this.#connections = new ConnectionSource({
      kubeConfig,
      clock,
      maxSockets: maxSockets ?? DEFAULT_MAX_SOCKETS,
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
      // One webhook after the other may take longer than the slowest: the next write is given all that the server gives.
      if (method !== 'GET' && error instanceof ApiTimeoutError) this.#writeTimeoutMs = SLOW_WRITE_TIMEOUT_MS;
      throw error;
    }
  }

  /** A plug-in that hangs holds up nobody for longer than they wanted to wait. */
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

  /** Opens a stream and returns its 2xx answer, body unread. Aborting the signal destroys the socket. */
  async openStream(request: StreamRequest): Promise<IncomingMessage> {
    const deadline = { clock: this.#clock, timeoutMs: request.connectTimeoutMs };
    return await withDeadline(deadline, async (connectLimit) => {
      // The caller's signal holds for the whole stream, the limit only until its head is here.
      return await this.#openStream(request, AbortSignal.any([request.signal, connectLimit]));
    });
  }

  /** Closes all connections, those in use too. */
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

  #headers(
    auth: Readonly<Record<string, string>>,
    withBody: JsonRequest | undefined,
  ): Record<string, string> {
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

/** A kubeconfig's server may carry a path of its own (a proxy in front of many clusters). */
function requestUrl(server: string, path: string, query: Query = {}): URL {
  const url = new URL(server.replace(/\/+$/, '') + path);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  return url;
}

/** What is not ours yet came from the socket, unless the caller or the deadline called it off. */
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
