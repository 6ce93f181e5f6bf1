import type { Socket } from 'node:net';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { aCreateRequest, aPodRow, podsPage, withProvider } from './builders.ts';
import { withRawServer, withServer } from './loopback-server.ts';

const always = { mayStillSend: () => true };

describe('connections', () => {
  it('are shared by reads, and separate for each create and each DELETE', async () => {
    const sockets = new Map<Socket, string[]>();
    await withRawServer(
      (request, response) => {
        sockets.set(request.socket, [...(sockets.get(request.socket) ?? []), request.method ?? '']);
        request.resume();
        response.end(JSON.stringify(request.method === 'GET' ? podsPage([]) : aPodRow()));
      },
      async ({ url }) => {
        await withProvider(url, async (provider) => {
          await provider.listPods([undefined]);
          await provider.createPod(aCreateRequest(), always);
          await provider.listPods([undefined]);
          await provider.createPod(aCreateRequest(), always);
          await provider.deletePod('pod-1');
          await provider.deletePod('pod-1');
        });

        expect([...sockets.values()]).toEqual([['GET', 'GET'], ['POST'], ['POST'], ['DELETE'], ['DELETE']]);
      },
    );
  });

  it('repeat a read once if the server has just closed the connection', async () => {
    let requests = 0;
    await withRawServer(
      (request, response) => {
        requests += 1;
        if (requests === 2) {
          request.socket.destroy();
          return;
        }
        response.end(JSON.stringify(podsPage([])));
      },
      async ({ url }) => {
        await withProvider(url, async (provider) => {
          expect(await provider.listPods([undefined])).toMatchObject({ kind: 'ok' });
          expect(await provider.listPods([undefined])).toMatchObject({ kind: 'ok' });
        });

        expect(requests).toBe(3);
      },
    );
  });

  it('do not repeat a read on a new connection', async () => {
    let requests = 0;
    await withRawServer(
      (request) => {
        requests += 1;
        request.socket.destroy();
      },
      async ({ url }) => {
        const answer = await withProvider(url, (provider) => provider.listPods([undefined]));

        expect(answer).toMatchObject({ kind: 'failure', reason: 'ApiUnavailable' });
        expect(requests).toBe(1);
      },
    );
  });
});

describe('redirects', () => {
  it.each([301, 302, 303, 307, 308])(
    'are not followed with status %i, so that key and create request go nowhere else',
    async (status) => {
      await withServer(
        () => ({ json: aPodRow() }),
        async (elsewhere) => {
          await withServer(
            () => ({ status, headers: { location: `${elsewhere.url}/api/v1/pods/` }, json: {} }),
            async ({ url, seen }) => {
              await withProvider(url, async (provider) => {
                expect(await provider.createPod(aCreateRequest(), always)).toMatchObject({ kind: 'unknown' });
                expect(await provider.deletePod('p1')).toMatchObject({
                  kind: 'failure',
                  reason: 'UnexpectedResponse',
                  httpStatus: status,
                });
                expect(await provider.listPods([undefined])).toMatchObject({ reason: 'UnexpectedResponse' });
              });

              expect(seen).toHaveLength(3);
              expect(elsewhere.seen).toHaveLength(0);
            },
          );
        },
      );
    },
  );
});

describe('too large bodies', () => {
  const bomb = Buffer.alloc(24 * 1024 * 1024, ' ');
  const bodies: { name: string; headers: Record<string, string>; body: Buffer }[] = [
    { name: 'plain', headers: {}, body: bomb },
    { name: 'a gzip bomb', headers: { 'content-encoding': 'gzip' }, body: gzipSync(bomb) },
    { name: 'a brotli bomb', headers: { 'content-encoding': 'br' }, body: brotliCompressSync(bomb) },
  ];

  it.each(bodies)('$name', async ({ headers, body }) => {
    await withRawServer(
      (request, response) => {
        request.resume();
        response.on('error', () => undefined);
        response.writeHead(200, headers);
        response.end(body);
      },
      async ({ url }) => {
        await withProvider(url, async (provider) => {
          expect(await provider.whoami()).toEqual({
            kind: 'failure',
            reason: 'UnexpectedResponse',
            message: 'GET /user/whoami: the answer is larger than 4 MiB.',
            httpStatus: 200,
          });
          expect(await provider.createPod(aCreateRequest(), always)).toMatchObject({ kind: 'unknown' });
        });
      },
    );
  });

  it('accepts a normal answer that a proxy compresses', async () => {
    const answer = JSON.stringify({ data: { id: 'u1' } });
    await withRawServer(
      (_request, response) => {
        response.writeHead(200, { 'content-encoding': 'gzip' });
        response.end(gzipSync(answer));
      },
      async ({ url }) => {
        expect(await withProvider(url, (p) => p.whoami())).toEqual({ kind: 'ok', value: { userId: 'u1' } });
      },
    );
  });
});

describe('reads', () => {
  it('stop at their time-out', async () => {
    await withRawServer(
      () => undefined,
      async ({ url }) => {
        const answer = await withProvider(url, (p) => p.whoami(), { timeouts: { readMs: 150 } });

        expect(answer).toMatchObject({ kind: 'failure', reason: 'ApiUnavailable' });
      },
    );
  });
});
