import { fastify } from 'fastify';
import type { FastifyInstance, FastifyReply } from 'fastify';
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
 * of an exception.
 */
export async function startHttpServer(options: HttpServerOptions): Promise<StartedHttpServer> {
  const { host, port, log } = options;
  const server = createServer(options);
  try {
    await listen(server, { host, port });
    // Fastify reports 127.0.0.1 for a server that listens on all addresses.
    const address = boundAddress(server.server.address()) ?? `${host}:${String(port)}`;
    log.info({ address }, 'started serving health and metrics');
    return {
      kind: 'listening',
      address,
      close: async () => {
        await server.close();
      },
    };
  } catch (error) {
    await server.close();
    log.error({ err: error, host, port }, 'failed to serve health and metrics');
    return { kind: 'unavailable', message: error instanceof Error ? error.message : String(error) };
  }
}

const ANY_IPV6 = '::';
const NO_IPV6: ReadonlySet<string> = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL']);

/** `::` covers both address families. A node without IPv6 falls back to IPv4. */
async function listen(server: FastifyInstance, address: { host: string; port: number }): Promise<void> {
  try {
    await server.listen(address);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (address.host !== ANY_IPV6 || !NO_IPV6.has(code)) {
      throw error;
    }
    await server.listen({ ...address, host: '0.0.0.0' });
  }
}

function boundAddress(bound: ReturnType<FastifyInstance['server']['address']>): string | undefined {
  if (bound === null || typeof bound === 'string') {
    return undefined;
  }
  const host = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address;
  return `http://${host}:${String(bound.port)}`;
}

function createServer({ checks, metrics, log }: HttpServerOptions): FastifyInstance {
  // Prometheus and the kubelet keep connections open, which must not delay the shutdown.
  const server = fastify({ forceCloseConnections: true, requestTimeout: REQUEST_TIMEOUT_MS });
  server.get('/healthz', async (_request, reply) => await answerHealth(reply, checks.live));
  server.get('/readyz', async (_request, reply) => await answerHealth(reply, checks.ready));
  server.get('/metrics', async (_request, reply) => {
    try {
      return await reply.type(metrics.contentType).send(await metrics.scrape());
    } catch (error) {
      log.error({ err: error }, 'failed to collect metrics');
      return await reply.code(500).type('text/plain').send('metrics cannot be collected\n');
    }
  });
  return server;
}

async function answerHealth(reply: FastifyReply, checks: readonly HealthCheck[]): Promise<FastifyReply> {
  const report = reportHealth(checks);
  return await reply
    .code(report.status === 'ok' ? 200 : 503)
    .header('cache-control', 'no-store')
    .send(report);
}
