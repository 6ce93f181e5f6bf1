import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startSimulator } from '../../src/simulator/start-simulator.ts';
import type { Simulator } from '../../src/simulator/start-simulator.ts';
import { createBody } from './support.ts';

let simulator: Simulator;

beforeEach(async () => {
  simulator = await startSimulator({ settings: { provisioningMs: 0, installingMs: 0, deletingMs: 0 } });
});

afterEach(async () => {
  await simulator.stop();
});

function call(method: string, path: string, extra: RequestInit = {}): Promise<Response> {
  return fetch(`${simulator.url}${path}`, {
    method,
    ...extra,
    headers: { authorization: 'Bearer test-key', 'content-type': 'application/json' },
  });
}

function create(path = '/api/v1/pods/'): Promise<Response> {
  return call('POST', path, { body: JSON.stringify(createBody()) });
}

/** The whole raw answer to a raw request. */
async function rawCall(text: string): Promise<string> {
  const socket = connect(Number(new URL(simulator.url).port), '127.0.0.1');
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk.toString();
  });
  socket.write(text);
  await once(socket, 'close');
  return answer;
}

describe('the HTTP server', () => {
  it.each(['', 'Content-Length: 0\r\n'])(
    'accepts GET and DELETE with a JSON content type and no body (%j)',
    async (length) => {
      const rest = `Host: x\r\nAuthorization: Bearer test-key\r\nContent-Type: application/json\r\n${length}Connection: close\r\n\r\n`;
      const id =
        simulator.world.ledger.entries().length === 0
          ? await create().then(() => simulator.ledger.live()[0]?.id)
          : '';
      expect(await rawCall(`GET /api/v1/pods/ HTTP/1.1\r\n${rest}`)).toMatch(/^HTTP\/1.1 200 /);
      expect(await rawCall(`DELETE /api/v1/pods/${String(id)} HTTP/1.1\r\n${rest}`)).toMatch(
        /^HTTP\/1.1 200 /,
      );
      expect(simulator.ledger.live()).toEqual([]);
    },
  );

  it('redirects a path with the wrong slash by 307, and a POST arrives with its body', async () => {
    const bare = await call('GET', '/api/v1/pods?limit=5', { redirect: 'manual' });
    expect(bare.status).toBe(307);
    expect(bare.headers.get('location')).toBe(`${simulator.url}/api/v1/pods/?limit=5`);
    expect((await create('/api/v1/pods')).status).toBe(200);
    expect(simulator.ledger.live()).toHaveLength(1);
    expect((await call('GET', '/api/v1/pods/status/?pod_ids=x', { redirect: 'manual' })).status).toBe(307);
  });

  it('serves a path with the wrong slash directly, by setting', async () => {
    simulator.settings.slash = 'Direct';
    expect((await call('GET', '/api/v1/pods', { redirect: 'manual' })).status).toBe(200);
    expect((await call('GET', '/api/v1/pods/status/?pod_ids=x', { redirect: 'manual' })).status).toBe(200);
  });

  it('refuses a body over the limit', async () => {
    simulator.settings.bodyLimitBytes = 10;
    expect((await create()).status).toBe(413);
  });

  it('breaks off in the middle of a cut answer, after it executed the request', async () => {
    simulator.faults.add({ method: 'POST', effect: { kind: 'Cut', keepBytes: 15 } });
    const response = await create();
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow('terminated');
    expect(simulator.ledger.live()).toHaveLength(1);
  });

  it('sends nothing before a reset', async () => {
    simulator.faults.add({ method: 'POST', effect: { kind: 'ResetAfter' } });
    await expect(create()).rejects.toThrow('fetch failed');
    expect(simulator.ledger.live()).toHaveLength(1);
  });

  it('completes an answer that it sends slowly, byte by byte', async () => {
    simulator.faults.add({ effect: { kind: 'Drip', chunkBytes: 50, everyMs: 1 } });
    expect(await (await call('GET', '/api/v1/user/teams')).json()).toHaveProperty('total_count', 2);
  });

  it('sends a huge answer of the set size', async () => {
    simulator.faults.add({ effect: { kind: 'Huge', bytes: 3_000_000 } });
    expect((await (await call('GET', '/api/v1/pods/')).text()).length).toBeGreaterThan(3_000_000);
  });

  it('sends a compressed bomb that is small on the wire and huge once decompressed', async () => {
    simulator.faults.add({ effect: { kind: 'Bomb', bytes: 3_000_000 } });
    const response = await call('GET', '/api/v1/pods/');
    expect(Number(response.headers.get('content-length'))).toBeLessThan(10_000);
    expect((await response.text()).length).toBeGreaterThan(3_000_000);
  });

  it('stops without waiting for slow answers', async () => {
    simulator.faults.add({ effect: { kind: 'DelayBefore', ms: 600_000 } });
    const pending = call('GET', '/api/v1/pods/').catch(() => 'dead');
    await new Promise<void>((resolve) => {
      simulator.requests.onArrival(() => {
        resolve();
      });
    });
    await simulator.stop();
    expect(await pending).toBe('dead');
  });
});

describe('/_simulator', () => {
  async function control(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; body: unknown }> {
    const response = await fetch(`${simulator.url}/_simulator${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.json() };
  }

  it('shows the ledger and the requests to another process', async () => {
    await create();
    expect((await control('GET', '/ledger')).body).toMatchObject({
      entries: [{ provider: 'hyperstack' }],
      deletes: [],
    });
    expect((await control('GET', '/requests')).body).toMatchObject({ counts: { 'POST /pods/': 1 } });
  });

  it('shows only the queried requests', async () => {
    await create();
    await call('GET', '/api/v1/pods/');
    const { body } = await control('GET', '/requests?method=POST&afterNumber=0');
    expect(body).toMatchObject({ requests: [{ method: 'POST', route: '/pods/', status: 200 }] });
    expect((await control('GET', '/requests?colour=red')).status).toBe(400);
  });

  it('logs no key', async () => {
    await create();
    expect(JSON.stringify((await control('GET', '/requests')).body)).not.toContain('test-key');
  });

  it('adds and clears faults', async () => {
    const { body } = await control('POST', '/faults', { effect: { kind: 'Answer', status: 503 } });
    expect((await create()).status).toBe(503);
    expect(body).toEqual({ id: 'fault-1' });
    await control('DELETE', '/faults/fault-1');
    expect((await create()).status).toBe(200);
  });

  it('changes settings, and names the problem of an invalid one', async () => {
    expect((await control('POST', '/settings', { slash: 'Direct' })).status).toBe(200);
    expect(simulator.settings.slash).toBe('Direct');
    const wrong = await control('POST', '/settings', { slash: 'Maybe', colour: 1 });
    expect(wrong.status).toBe(400);
    expect(JSON.stringify(wrong.body)).toMatch(/slash.*colour|colour.*slash/);
    expect(simulator.settings.slash).toBe('Direct');
  });

  it('changes, adds and removes offers', async () => {
    const { body } = await control('POST', '/offers', {
      change: [{ match: { cloudId: 'n3-H100x1' }, set: { stockStatus: 'Low' } }],
      remove: [{ provider: 'runpod' }],
    });
    expect(body).toEqual({ changed: [2], removed: [2] });
    expect(simulator.offers.gpus()[0]).toMatchObject({ stockStatus: 'Low', prices: { onDemand: 1.9 } });
  });

  it('plants an instance and forces states', async () => {
    const { body } = await control('POST', '/pods', { name: 'stranger', userId: 'user_2' });
    const id = simulator.ledger.live()[0]?.id ?? '';
    expect(body).toEqual({ id });
    await control('POST', `/pods/${id}/status`, { status: 'TERMINATED' });
    expect(simulator.ledger.entries()).toMatchObject([
      { name: 'stranger', origin: 'Planted', endedBy: { reason: 'Forced' } },
    ]);
  });
});
