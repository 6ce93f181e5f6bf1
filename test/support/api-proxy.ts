import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import https from 'node:https';
import { text } from 'node:stream/consumers';
import { systemClock } from '../../src/clock.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { ProxiedWatches } from './proxied-watches.ts';

/** A request as the proxy received it, and the status of its answer. The status is undefined without an answer. */
export interface ProxiedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: string;
  status: number | undefined;
}

/** An answer instead of that of the server. */
export interface CannedAnswer {
  readonly status: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** `request`: the proxy holds the request. `answer`: the server has executed it, and the proxy holds the answer. */
export type Moment = 'request' | 'answer';
type Test = (request: ProxiedRequest) => boolean;

/** A hold for the next matching request. */
export interface Hold {
  /** Resolves when the request is held. */
  readonly reached: Promise<ProxiedRequest>;
  /** Forwards it, even if its sender is dead. */
  readonly release: () => void;
  /** Drops it, and breaks the connection. */
  readonly drop: () => void;
}

interface PendingHold {
  readonly moment: Moment;
  readonly isIt: Test;
  readonly reach: (request: ProxiedRequest) => void;
  readonly faultPlan: Promise<'released' | 'dropped'>;
}

interface Rule {
  readonly isIt: Test;
  readonly answer: CannedAnswer;
  left: number;
}

/** Called for each answer of the server, before the client gets it. */
type AnswerListener = (request: ProxiedRequest, body: string) => void;

/**
 * A proxy between a client and the API server, with TLS on both sides. It records, holds and answers requests. It
 * forwards the token of a client; a client without a token acts as the administrator.
 */
export class ApiProxy {
  readonly watches = new ProxiedWatches();
  readonly requests: ProxiedRequest[] = [];
  readonly port: number;
  readonly #server: https.Server;
  readonly #upstream: Upstream;
  readonly #listeners: AnswerListener[] = [];
  #holds: PendingHold[] = [];
  #rules: Rule[] = [];
  readonly #delays: { readonly isIt: Test; readonly ms: number }[] = [];

  private constructor(server: https.Server, port: number, upstream: Upstream) {
    this.#server = server;
    this.port = port;
    this.#upstream = upstream;
    server.on('request', (incoming, outgoing) => {
      // Tests break connections on purpose.
      this.#serve(incoming, outgoing).catch(() => outgoing.destroy());
    });
  }

  static async open({ credentials, serverUrl }: ControlPlane): Promise<ApiProxy> {
    const { serving, client, caPem } = credentials;
    const [cert, key, clientCert, clientKey] = await Promise.all(
      [serving.certificateFile, serving.keyFile, client.certificateFile, client.keyFile].map(
        async (file) => await readFile(file),
      ),
    );
    const server = https.createServer({ cert, key });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
    return new ApiProxy(server, address.port, {
      url: serverUrl,
      administrator: new https.Agent({ keepAlive: true, ca: caPem, cert: clientCert, key: clientKey }),
      bearer: new https.Agent({ keepAlive: true, ca: caPem }),
    });
  }

  /** Holds the next request that matches. */
  hold(moment: Moment, isIt: Test): Hold {
    const reached = Promise.withResolvers<ProxiedRequest>();
    const faultPlan = Promise.withResolvers<'released' | 'dropped'>();
    this.#holds.push({ moment, isIt, reach: reached.resolve, faultPlan: faultPlan.promise });
    return {
      reached: reached.promise,
      release: () => faultPlan.resolve('released'),
      drop: () => faultPlan.resolve('dropped'),
    };
  }

  /** Answers matching requests instead of the server, this many times. */
  answer(isIt: Test, answer: CannedAnswer, times = 1): void {
    this.#rules.push({ isIt, answer, left: times });
  }

  /** Delays matching requests, as slow admission webhooks do. */
  delay(isIt: Test, ms: number): void {
    this.#delays.push({ isIt, ms });
  }

  /** Removes all answers that replace those of the server. */
  clear(): void {
    this.#rules = [];
  }

  onAnswer(listener: AnswerListener): void {
    this.#listeners.push(listener);
  }

  async close(): Promise<void> {
    const close = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await close;
    this.#upstream.administrator.destroy();
    this.#upstream.bearer.destroy();
  }

  async #serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const url = new URL(incoming.url ?? '/', 'https://localhost');
    const request: ProxiedRequest = {
      method: incoming.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      body: await text(incoming),
      status: undefined,
    };
    this.requests.push(request);
    const canned = this.#cannedAnswer(request);
    if (canned !== undefined) {
      request.status = canned.status;
      outgoing.writeHead(canned.status, { 'content-type': 'application/json', ...canned.headers });
      outgoing.end(canned.body);
      return;
    }
    const slow = this.#delays.find(({ isIt }) => isIt(request));
    if (slow !== undefined) await systemClock.sleep(slow.ms);
    if (incoming.socket.destroyed) return;
    await this.#pass('request', request);
    const answer = await send(this.#upstream, incoming, request.body);
    request.status = answer.statusCode;
    if (request.query.get('watch') === 'true' && answer.statusCode === 200) {
      this.watches.carry(answer, outgoing);
      return;
    }
    const body = await text(answer);
    for (const listener of this.#listeners) listener(request, body);
    await this.#pass('answer', request);
    outgoing.writeHead(answer.statusCode ?? 0, forwarded(answer.headers));
    outgoing.end(body);
  }

  #cannedAnswer(request: ProxiedRequest): CannedAnswer | undefined {
    const rule = this.#rules.find(({ isIt, left }) => left > 0 && isIt(request));
    if (rule === undefined) return undefined;
    rule.left -= 1;
    return rule.answer;
  }

  /** @throws when the request is dropped. */
  async #pass(moment: Moment, request: ProxiedRequest): Promise<void> {
    const hold = this.#holds.find((one) => one.moment === moment && one.isIt(request));
    if (hold === undefined) return;
    this.#holds = this.#holds.filter((one) => one !== hold);
    hold.reach(request);
    if ((await hold.faultPlan) === 'dropped') throw new Error('lost on the way');
  }
}

interface Upstream {
  readonly url: string;
  readonly administrator: https.Agent;
  readonly bearer: https.Agent;
}

const HOP_BY_HOP = new Set(['host', 'connection', 'content-length', 'transfer-encoding', 'keep-alive']);

function forwarded(headers: IncomingMessage['headers']): IncomingMessage['headers'] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name)));
}

async function send(
  { url, administrator, bearer }: Upstream,
  { method, url: target = '/', headers }: IncomingMessage,
  body: string,
): Promise<IncomingMessage> {
  const agent = headers.authorization === undefined ? administrator : bearer;
  const length = body === '' ? {} : { 'content-length': Buffer.byteLength(body) };
  return await new Promise((resolve, reject) => {
    const outgoing = https.request(new URL(target, url), {
      method,
      agent,
      headers: { ...forwarded(headers), ...length },
    });
    outgoing.once('response', resolve);
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}
