import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { startHttpServer } from '../../src/observability/http-server.ts';
import type { HttpServerOptions, StartedHttpServer } from '../../src/observability/http-server.ts';

const started: StartedHttpServer[] = [];

afterEach(async () => {
  for (const server of started.splice(0)) {
    if (server.kind === 'listening') {
      await server.close();
    }
  }
});

const log = { info: () => undefined, error: () => undefined };
const metrics = {
  contentType: 'text/plain; version=0.0.4',
  scrape: async () => await Promise.resolve('up 1\n'),
};

async function start(options: Partial<HttpServerOptions> = {}): Promise<StartedHttpServer> {
  const checks = { live: [], ready: [] };
  const server = await startHttpServer({ host: '127.0.0.1', port: 0, checks, metrics, log, ...options });
  started.push(server);
  return server;
}

async function get(path: string, options: Partial<HttpServerOptions> = {}): Promise<Response> {
  const server = await start(options);
  return await fetch(server.kind === 'listening' ? server.address + path : 'about:blank');
}

const good = { name: 'watch', read: () => ({ isOk: true }) };
const standby = { name: 'lease', read: () => ({ isOk: true, message: 'standby' }) };
const bad = { name: 'watch', read: () => ({ isOk: false, message: 'no complete list yet' }) };
const throwing = {
  name: 'bug',
  read: () => {
    throw new Error('canary');
  },
};

describe('a health endpoint', () => {
  it.each([
    { name: 'there are no checks', path: '/healthz', checks: { live: [], ready: [bad] }, status: 200 },
    { name: 'every check passes', path: '/readyz', checks: { live: [bad], ready: [good] }, status: 200 },
    {
      name: 'the process is a standby',
      path: '/readyz',
      checks: { live: [], ready: [good, standby] },
      status: 200,
    },
    { name: 'one check fails', path: '/readyz', checks: { live: [], ready: [standby, bad] }, status: 503 },
    { name: 'a liveness check fails', path: '/healthz', checks: { live: [bad], ready: [] }, status: 503 },
    { name: 'a check throws', path: '/healthz', checks: { live: [throwing], ready: [] }, status: 503 },
  ])('answers $status if $name', async ({ path, checks, status }) => {
    expect((await get(path, { checks })).status).toBe(status);
  });

  it('shows the state of each check', async () => {
    const response = await get('/readyz', { checks: { live: [], ready: [standby, bad, throwing] } });

    expect(await response.json()).toEqual({
      status: 'failing',
      checks: [
        { name: 'lease', isOk: true, message: 'standby' },
        { name: 'watch', isOk: false, message: 'no complete list yet' },
        { name: 'bug', isOk: false, message: 'the check itself failed' },
      ],
    });
  });
});

describe('/metrics', () => {
  it('serves the scrape with its content type', async () => {
    const response = await get('/metrics');

    expect(response.headers.get('content-type')).toContain('version=0.0.4');
    expect(await response.text()).toBe('up 1\n');
  });

  it('answers 500 without the reason if the metrics cannot be collected', async () => {
    const failing = { ...metrics, scrape: async () => await Promise.reject(new Error('canary')) };
    const response = await get('/metrics', { metrics: failing });

    expect(response.status).toBe(500);
    expect(await response.text()).toBe('metrics cannot be collected\n');
  });
});

describe('startHttpServer', () => {
  it('reports a port that is taken', async () => {
    const first = await start();
    const port = first.kind === 'listening' ? Number(new URL(first.address).port) : 0;

    expect(await start({ port })).toEqual({
      kind: 'unavailable',
      message: expect.stringContaining('EADDRINUSE'),
    });
  });

  it('frees the port even while a client keeps its connection', async () => {
    const server = await start();
    const address = server.kind === 'listening' ? server.address : '';
    await (await fetch(`${address}/healthz`, { headers: { connection: 'keep-alive' } })).text();
    if (server.kind === 'listening') {
      await server.close();
    }

    const probe = createServer();
    const isFree = await new Promise((resolve) => {
      probe.once('error', () => resolve(false));
      probe.listen(Number(new URL(address).port), '127.0.0.1', () => resolve(true));
    });
    await new Promise((resolve) => probe.close(resolve));

    expect(isFree).toBe(true);
  });

  it('does not wait for a request that hangs', async () => {
    const begun = Promise.withResolvers<undefined>();
    const scrape = async () => {
      begun.resolve(undefined);
      return await new Promise<string>(() => undefined);
    };
    const server = await start({ metrics: { ...metrics, scrape } });
    const request = fetch(server.kind === 'listening' ? `${server.address}/metrics` : 'about:blank');
    const failed = request.then(
      () => false,
      () => true,
    );
    await begun.promise;
    if (server.kind === 'listening') {
      await server.close();
    }

    expect(await failed).toBe(true);
  });

  it('answers 404 to any other path', async () => {
    expect((await get('/')).status).toBe(404);
  });
});
