import http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node';
import { FakeObjects, targetOf } from './fake-objects.ts';
import type { Answer, ObjectRules } from './fake-objects.ts';
import { FakeWatches } from './fake-watches.ts';
import type { SeenRequest } from './seen-request.ts';

/** A fault of a request: this answer, no answer, a broken connection, or a reset during the answer. */
export type Fault = Answer | 'hang' | 'cut' | 'reset';

/** Chooses the fault of a request. `undefined` lets it through. */
export type FaultPlan = (request: SeenRequest) => Fault | undefined;

/**
 * A loopback HTTP server that simulates an API server for any resource path. It has objects with versions, paged
 * lists, guarded writes, watches with bookmarks, and faults on demand.
 */
export class FakeApiServer {
  readonly objects: FakeObjects;
  readonly watches: FakeWatches;
  readonly requests: SeenRequest[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #server: http.Server;
  #plan: FaultPlan = () => undefined;
  #isDelayed: (request: SeenRequest) => boolean = () => false;
  #delay: () => Promise<void> = async () => {
    await Promise.resolve();
  };

  private constructor(rules: ObjectRules) {
    this.objects = new FakeObjects(rules);
    this.watches = new FakeWatches(this.objects);
    this.#server = http.createServer((request, response) => {
      this.#handle(request, response).catch(() => response.destroy());
    });
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  static async start(rules: ObjectRules = {}): Promise<FakeApiServer> {
    const fake = new FakeApiServer(rules);
    await new Promise<void>((resolve) => fake.#server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  get url(): string {
    return `http://127.0.0.1:${String(portOf(this.#server))}`;
  }

  /** The number of open connections. */
  get openSockets(): number {
    return this.#sockets.size;
  }

  kubeConfig(): KubeConfig {
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromClusterAndUser(
      { name: 'fake', server: this.url, skipTLSVerify: true },
      { name: 'tester', token: 'secret-token' },
    );
    return kubeConfig;
  }

  /** Faults from now on, until the next plan. */
  plan(plan: FaultPlan): void {
    this.#plan = plan;
  }

  /** Delays requests like this. The server ignores them if their sender has disconnected by then. */
  delay(isDelayed: (request: SeenRequest) => boolean, delay: () => Promise<void>): void {
    this.#isDelayed = isDelayed;
    this.#delay = delay;
  }

  /** Faults for the next requests that match `applies`, one each. */
  failNext(applies: (request: SeenRequest) => boolean, ...faults: Fault[]): void {
    this.#plan = (request) => (applies(request) ? faults.shift() : undefined);
  }

  /** Requests by kind: `GET`, `LIST`, `WATCH`, `POST`, … */
  count(kind: string): number {
    return this.requests.filter((request) => kindOf(request) === kind).length;
  }

  /** Breaks every connection. */
  cutAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cutAll();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #handle(incoming: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const request = await readRequest(incoming);
    this.requests.push(request);
    if (this.#isDelayed(request)) await this.#delay();
    if (incoming.socket.destroyed) return;
    const fault = this.#plan(request);
    if (fault === 'cut') incoming.socket.destroy();
    else if (fault === 'hang') return;
    else if (fault === 'reset') sendHalf(response);
    else if (fault !== undefined) send(response, fault);
    else if (isWatch(request)) this.watches.open(request.path, request.query, response);
    else send(response, this.objects.answer(request));
  }
}

/** `GET` of one object, `LIST`, `WATCH`, or the method. */
export function kindOf(request: SeenRequest): string {
  if (request.method !== 'GET') return request.method;
  if (isWatch(request)) return 'WATCH';
  const target = targetOf(request.path);
  return target !== undefined && target.name === undefined ? 'LIST' : 'GET';
}

/** Whether the request starts or continues a list. */
export function isList(request: SeenRequest): boolean {
  return kindOf(request) === 'LIST';
}

/** Whether the request opens a watch. */
export function isWatch({ method, query }: SeenRequest): boolean {
  return method === 'GET' && query.get('watch') === 'true';
}

/** Sends half of an answer, then RST. */
function sendHalf(response: http.ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
  response.write('{"kind":"ThingList","items":[', () => response.socket?.resetAndDestroy());
}

function send(response: http.ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

async function readRequest(incoming: http.IncomingMessage): Promise<SeenRequest> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of incoming) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  const url = new URL(incoming.url ?? '/', 'http://fake');
  return {
    method: incoming.method ?? '',
    path: url.pathname,
    query: url.searchParams,
    headers: incoming.headers,
    body: Buffer.concat(chunks).toString('utf8'),
  };
}

function portOf(server: http.Server): number {
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server is not listening');
  return address.port;
}
