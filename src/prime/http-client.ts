import type { Clock } from '../clock.ts';
import type { Failure } from '../lifecycle/provider.ts';
import type { Reply } from './reply.ts';
import type { ApiKeySource, Secret } from './api-key.ts';
import type { Exchange, Exchanger, ExchangeRequest } from './exchange.ts';
import { failure } from './failure.ts';
import type { Ask, RateLimiter } from './rate-limiter.ts';
import { parseRetryAfter } from './retry-after.ts';
import { withoutKey } from './without-key.ts';

/** Time limits for the parts of a request. */
export interface PrimeTimeouts {
  /** A whole GET. @default 30_000 */
  readonly readMs: number;
  /** A whole DELETE. @default 30_000 */
  readonly deleteMs: number;
  /** A whole POST. The protocol timings of a create build on it. @default 60_000 */
  readonly createMs: number;
  /** Each of DNS lookup, TCP and TLS. @default 10_000 */
  readonly connectMs: number;
}

export const DEFAULT_TIMEOUTS: PrimeTimeouts = {
  readMs: 30_000,
  deleteMs: 30_000,
  createMs: 60_000,
  connectMs: 10_000,
};

/** One request that was sent, for metrics. `endpoint` is a fixed text such as `/pods/{id}`, never an ID. */
export interface ObservedRequest {
  readonly endpoint: string;
  readonly method: string;
  readonly status: number | 'error';
  readonly durationMs: number;
}

export interface HttpClientOptions {
  /** With `/api/v1`, without a trailing slash. */
  readonly baseUrl: string;
  readonly apiKey: ApiKeySource;
  readonly clock: Clock;
  readonly exchanger: Exchanger;
  readonly timeouts: PrimeTimeouts;
  readonly limiter?: RateLimiter;
  readonly observe?: (event: ObservedRequest) => void;
}

/** A GET or a DELETE. Both are safe to repeat. */
export interface ReadCall {
  readonly method: 'GET' | 'DELETE';
  /** Below the base URL, with a leading slash. */
  readonly path: string;
  /** The path with placeholders for its variable parts, for metrics and messages. */
  readonly endpoint: string;
  readonly query?: readonly (readonly [name: string, value: string])[];
  /**
   * Called when the connection is established, before the first byte. If it returns false, nothing is sent
   * and the call fails.
   */
  readonly maySend?: () => boolean;
}

/** A call, and how often it was refused with 429 and sent again. */
type ResentCall = ReadCall & { readonly resends: number };

export interface CreateCall {
  readonly path: string;
  readonly endpoint: string;
  readonly body: string;
  readonly maySend: () => boolean;
  /** True if the caller already acquired a turn from the limiter. */
  readonly turnTaken: boolean;
}

export type CreateReply =
  | Reply
  | {
      readonly kind: 'notSent';
      readonly reason: 'CredentialsMissing' | 'ApiUnavailable' | 'Withheld';
      readonly message: string;
    }
  | { readonly kind: 'unknown'; readonly message: string };

export interface HttpClient {
  read(call: ReadCall): Promise<Reply | Failure>;
  create(call: CreateCall): Promise<CreateReply>;
  readonly clock: Clock;
}

/** How long to repeat a read that is answered 429 before the caller gets the 429. */
const LIMITED_MS = 10_000;

/**
 * HTTP with the API key, the rate limit and the clock. Of all statuses it handles only 429; callers
 * interpret the rest.
 */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const { apiKey, clock, exchanger, limiter, timeouts } = options;

  async function send(endpoint: string, request: ExchangeRequest, resends = 0): Promise<Exchange> {
    const startedAtMs = clock.monotonicMs();
    const exchange = await exchanger.exchange(request);
    if (exchange.kind === 'withheld') {
      return exchange;
    }
    const status = exchange.kind === 'broken' ? 'error' : exchange.status;
    options.observe?.({
      endpoint,
      method: request.method,
      status,
      durationMs: clock.monotonicMs() - startedAtMs,
    });
    if (status === 429) {
      const refusal = { retryAfterMs: retryAfterMs(exchange), resends };
      limiter?.reportLimited(askOf(request.method, endpoint), startedAtMs, refusal);
    } else if (status !== 'error') {
      limiter?.reportPassed(startedAtMs);
    }
    return exchange;
  }

  function retryAfterMs(exchange: Exchange): number | undefined {
    return exchange.kind === 'reply' ? parseRetryAfter(exchange.retryAfter, clock.nowMs()) : undefined;
  }

  function toReply(
    { label, mayHoldUnknownSecrets }: Pick<Reply, 'label' | 'mayHoldUnknownSecrets'>,
    exchange: Exchange & { kind: 'reply' },
    key: Secret,
  ): Reply {
    const waitMs = retryAfterMs(exchange);
    return {
      kind: 'reply',
      label,
      status: exchange.status,
      text: withoutKey(exchange.text, key.reveal()),
      secrets: [key.reveal()],
      mayHoldUnknownSecrets,
      ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
    };
  }

  /** A request that was answered 429 was not carried out. It waits for another turn, unknown to the caller. */
  async function read(call: ReadCall): Promise<Reply | Failure> {
    const giveUpAtMs = clock.monotonicMs() + LIMITED_MS;
    for (let resends = 0; ; resends += 1) {
      const reply = await readInTurn({ ...call, resends });
      const isLimited = reply.kind === 'reply' && reply.status === 429 && limiter !== undefined;
      if (!isLimited || clock.monotonicMs() + (reply.retryAfterMs ?? 0) >= giveUpAtMs) {
        return reply;
      }
    }
  }

  async function readInTurn(call: ResentCall): Promise<Reply | Failure> {
    const label = `${call.method} ${call.endpoint}`;
    const first = await readOnce(call, label);
    // The server may close a kept-alive connection just as it is reused. That says nothing about the server,
    // and a GET or DELETE is safe to repeat.
    return (first.stale ? await readOnce(call, label) : first).reply;
  }

  async function readOnce(
    call: ResentCall,
    label: string,
  ): Promise<{ reply: Reply | Failure; stale: boolean }> {
    const pausedForMs = (await limiter?.acquire(askOf(call.method, call.endpoint))) ?? 0;
    if (pausedForMs > 0) {
      return { reply: pausedReply(label, pausedForMs), stale: false };
    }
    const state = apiKey.current();
    if (state.kind === 'missing') {
      return { reply: failure('CredentialsMissing', state.message), stale: false };
    }
    const request: ExchangeRequest = {
      method: call.method,
      url: toUrl(options.baseUrl, call),
      headers: commonHeaders(state.key),
      ...(call.maySend === undefined ? {} : { maySend: call.maySend }),
      totalTimeoutMs: call.method === 'DELETE' ? timeouts.deleteMs : timeouts.readMs,
      connectTimeoutMs: timeouts.connectMs,
    };
    const exchange = await send(call.endpoint, request, call.resends);
    const mayHoldUnknownSecrets = call.endpoint.startsWith('/pods/');
    const reply =
      exchange.kind === 'reply'
        ? toReply({ label, mayHoldUnknownSecrets }, exchange, state.key)
        : noReply(label, exchange);
    return { reply, stale: exchange.kind === 'broken' && exchange.stale };
  }

  async function create(call: CreateCall): Promise<CreateReply> {
    const label = `POST ${call.endpoint}`;
    if (!call.turnTaken) {
      await limiter?.acquire({ priority: 'create' });
    }
    const state = apiKey.current();
    if (state.kind === 'missing') {
      return { kind: 'notSent', reason: 'CredentialsMissing', message: state.message };
    }
    const exchange = await send(call.endpoint, {
      method: 'POST',
      url: options.baseUrl + call.path,
      headers: { ...commonHeaders(state.key), ...bodyHeaders(call.body) },
      body: call.body,
      maySend: call.maySend,
      totalTimeoutMs: timeouts.createMs,
      connectTimeoutMs: timeouts.connectMs,
    });
    // The caller knows all secrets of a create request, and so all that the answer may repeat.
    return exchange.kind === 'reply'
      ? toReply({ label, mayHoldUnknownSecrets: false }, exchange, state.key)
      : noCreateReply(label, exchange);
  }

  return { clock, read, create };
}

function askOf(method: ExchangeRequest['method'], endpoint: string): Ask {
  switch (method) {
    case 'DELETE':
      // A key costs nothing, so its removal must not take a turn from an instance that bills.
      return endpoint.startsWith('/ssh_keys/') ? { priority: 'read', endpoint } : { priority: 'delete' };
    case 'POST':
      return { priority: 'create' };
    case 'GET':
      return { priority: 'read', endpoint };
  }
}

/** The failure for a request that was not sent because of a 429 pause. */
function pausedReply(label: string, pausedForMs: number): Failure {
  const message = `${label}: the provider asked the operator to wait before it sends this again (429 with Retry-After).`;
  return { ...failure('RateLimited', message), retryAfterMs: pausedForMs };
}

type NoReply = Exclude<Exchange, { kind: 'reply' }>;

function noReply(label: string, exchange: NoReply): Failure {
  return exchange.kind === 'unreadable'
    ? { ...failure('UnexpectedResponse', describe(label, exchange)), httpStatus: exchange.status }
    : failure('ApiUnavailable', describe(label, exchange));
}

function noCreateReply(label: string, exchange: NoReply): CreateReply {
  const message = describe(label, exchange);
  if (exchange.kind === 'withheld') {
    return { kind: 'notSent', reason: 'Withheld', message };
  }
  return exchange.kind === 'broken' && !exchange.sent
    ? { kind: 'notSent', reason: 'ApiUnavailable', message }
    : { kind: 'unknown', message };
}

function describe(label: string, exchange: NoReply): string {
  switch (exchange.kind) {
    case 'withheld':
      return `${label}: not sent, because it was no longer allowed once the connection was established.`;
    case 'broken':
      return `${label}: no answer from the provider (${exchange.code}).`;
    case 'unreadable':
      return `${label}: ${exchange.message}.`;
  }
}

function commonHeaders(key: Secret): Record<string, string> {
  return {
    authorization: `Bearer ${key.reveal()}`,
    accept: 'application/json',
    'user-agent': 'gpupod-operator',
  };
}

function bodyHeaders(body: string): Record<string, string> {
  return { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) };
}

function toUrl(baseUrl: string, call: ReadCall): string {
  const query = new URLSearchParams(call.query?.map(([name, value]) => [name, value]) ?? []).toString();
  return `${baseUrl}${call.path}${query === '' ? '' : `?${query}`}`;
}
