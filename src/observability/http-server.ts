import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { reportHealth } from './health.ts';
import type { HealthCheck, HealthChecks } from './health.ts';
import type { Logger } from './logger.ts';

/** The source of `/metrics`. */
export interface MetricsSource {
  readonly contentType: string;
  scrape(): Promise<string>;
}

export interface HttpServerOptions {
  readonly host: string;
  /** 0 means any free port. */
  readonly port: number;
  readonly checks: HealthChecks;
  readonly metrics: MetricsSource;
  readonly log: Pick<Logger, 'info' | 'error'>;
}

export type StartedHttpServer =
  | {
      readonly kind: 'listening';
      /** `http://127.0.0.1:8080` */
      readonly address: string;
      close(): Promise<void>;
    }
  /** The operator keeps managing instances without this server. */
  | { readonly kind: 'unavailable'; readonly message: string };

const REQUEST_TIMEOUT_MS = 10_000;

/**
 * Serves `/healthz`, `/readyz` and `/metrics`. If the address is not available, the result says so instead
 * of an exception. Three paths without parameters need no framework, which would take 6 MiB of memory.
 */
export async function startHttpServer(options: HttpServerOptions): Promise<StartedHttpServer> {
  const { host, port, log } = options;
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, listener(options));
  try {
    await listen(server, { host, port });
    // Without a listener, a connection that cannot be accepted (no file descriptors left) would end the process.
    server.on('error', (error) => {
      log.error({ err: error }, 'failed to accept a connection');
    });
    const address = boundAddress(server.address()) ?? `${host}:${String(port)}`;
    log.info({ address }, 'started serving health and metrics');
    return {
      kind: 'listening',
      address,
      close: async () => {
        await close(server);
      },
    };
  } catch (error) {
    log.error({ err: error, host, port }, 'failed to serve health and metrics');
    return { kind: 'unavailable', message: error instanceof Error ? error.message : String(error) };
  }
}

const ANY_IPV6 = '::';
const NO_IPV6: ReadonlySet<string> = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL']);

/** `::` covers both address families. A node without IPv6 falls back to IPv4. */
async function listen(server: Server, address: { host: string; port: number }): Promise<void> {
  try {
    await listenAt(server, address);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (address.host !== ANY_IPV6 || !NO_IPV6.has(code)) {
      throw error;
    }
    await listenAt(server, { ...address, host: '0.0.0.0' });
  }
}

async function listenAt(server: Server, address: { host: string; port: number }): Promise<void> {
  server.listen(address);
  await once(server, 'listening');
}

/** Prometheus and the kubelet keep connections open, which must not delay the shutdown. */
async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}

function boundAddress(bound: ReturnType<Server['address']>): string | undefined {
  if (bound === null || typeof bound === 'string') {
    return undefined;
  }
  const host = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address;
  return `http://${host}:${String(bound.port)}`;
}

interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

type Path = (options: HttpServerOptions) => Answer | Promise<Answer>;

const PATHS: ReadonlyMap<string, Path> = new Map<string, Path>([
  ['/healthz', ({ checks }) => healthAnswer(checks.live)],
  ['/readyz', ({ checks }) => healthAnswer(checks.ready)],
  ['/metrics', metricsAnswer],
]);

const METHODS: ReadonlySet<string | undefined> = new Set(['GET', 'HEAD']);
const NOT_FOUND: Answer = { status: 404, contentType: 'text/plain', body: 'not found\n' };

/** Node sends the header alone to HEAD. */
function listener(options: HttpServerOptions): RequestListener {
  return (request, response) => {
    const [path = ''] = request.url?.split('?') ?? [];
    const found = METHODS.has(request.method) ? PATHS.get(path) : undefined;
    void Promise.resolve(found?.(options) ?? NOT_FOUND).then(({ status, contentType, body }) => {
      response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' }).end(body);
    });
  };
}

function healthAnswer(checks: readonly HealthCheck[]): Answer {
  const report = reportHealth(checks);
  const status = report.status === 'ok' ? 200 : 503;
  return { status, contentType: 'application/json; charset=utf-8', body: JSON.stringify(report) };
}

async function metricsAnswer({ metrics, log }: HttpServerOptions): Promise<Answer> {
  try {
    return { status: 200, contentType: metrics.contentType, body: await metrics.scrape() };
  } catch (error) {
    log.error({ err: error }, 'failed to collect metrics');
    return { status: 500, contentType: 'text/plain', body: 'metrics cannot be collected\n' };
  }
}
