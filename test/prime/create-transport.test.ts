import { createServer as createHttpsServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server, Socket } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { CreateOutcome } from '../../src/lifecycle/provider.ts';
import { aCreateRequest, aPodRow, withProvider } from './builders.ts';
import { LOOPBACK_CERTIFICATE, LOOPBACK_KEY } from './loopback-certificate.ts';
import { listen, withRawServer, withTcpServer } from './loopback-server.ts';

const always = { mayStillSend: () => true };
const SHORT_TIMEOUTS = { readMs: 150, deleteMs: 150, createMs: 150, connectMs: 150 };

function createAt(url: string, options = always): Promise<CreateOutcome> {
  return withProvider(url, (provider) => provider.createPod(aCreateRequest(), options));
}

async function closedPort(): Promise<number> {
  let freed = 0;
  await withTcpServer(
    () => undefined,
    async (port) => {
      freed = port;
      await Promise.resolve();
    },
  );
  return freed;
}

describe('a create request without an established connection is not sent', () => {
  it('after a refused connection', async () => {
    const url = `http://127.0.0.1:${String(await closedPort())}`;

    expect(await createAt(url)).toEqual({
      kind: 'notSent',
      reason: 'ApiUnavailable',
      message: 'POST /pods/: no answer from the provider (ECONNREFUSED).',
    });
  });

  it('for an unknown host name', async () => {
    expect(await createAt('https://nowhere.invalid')).toMatchObject({
      kind: 'notSent',
      reason: 'ApiUnavailable',
    });
  });

  it('to a server without TLS', async () => {
    await withTcpServer(
      (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
      async (port) => {
        const outcome = await createAt(`https://127.0.0.1:${String(port)}`);

        expect(outcome).toMatchObject({ kind: 'notSent', reason: 'ApiUnavailable' });
      },
    );
  });

  it('to a server that never answers the TLS handshake', async () => {
    await withTcpServer(
      (socket) => socket.resume(),
      async (port) => {
        const outcome = await withProvider(
          `https://127.0.0.1:${String(port)}`,
          (provider) => provider.createPod(aCreateRequest(), always),
          { timeouts: SHORT_TIMEOUTS },
        );

        expect(outcome).toMatchObject({ kind: 'notSent', reason: 'ApiUnavailable' });
      },
    );
  });
});

describe('a create request over TLS', () => {
  let server: Server;
  let url = '';
  let requests = 0;
  const defaultCertificates = getCACertificates('default');

  beforeEach(async () => {
    requests = 0;
    const tls = { cert: LOOPBACK_CERTIFICATE, key: LOOPBACK_KEY };
    server = createHttpsServer(tls, (_request: IncomingMessage, response: ServerResponse) => {
      requests += 1;
      response.setHeader('connection', 'close');
      response.end(JSON.stringify(aPodRow()));
    });
    url = `https://127.0.0.1:${String(await listen(server))}`;
  });

  afterEach(async () => {
    setDefaultCACertificates(defaultCertificates);
    await new Promise((resolve) => server.close(resolve));
  });

  it('is not sent to a server with an untrusted certificate', async () => {
    const outcome = await createAt(url);

    expect(outcome).toMatchObject({ kind: 'notSent', reason: 'ApiUnavailable' });
    expect(requests).toBe(0);
  });

  it('is sent to a server with a trusted certificate', async () => {
    setDefaultCACertificates([...defaultCertificates, LOOPBACK_CERTIFICATE]);

    expect(await createAt(url)).toMatchObject({ kind: 'created' });
    expect(requests).toBe(1);
  });

  it('is not sent if it is no longer allowed once TLS is established', async () => {
    setDefaultCACertificates([...defaultCertificates, LOOPBACK_CERTIFICATE]);

    const outcome = await createAt(url, { mayStillSend: () => false });

    expect(outcome).toMatchObject({ kind: 'notSent', reason: 'Withheld' });
    expect(requests).toBe(0);
  });
});

describe('mayStillSend', () => {
  it('is called once, on an established connection, and prevents every byte if it returns false', async () => {
    let connections = 0;
    let bytes = 0;
    const connectionsWhenAsked: number[] = [];
    await withTcpServer(
      (socket) => {
        connections += 1;
        socket.on('data', (chunk) => (bytes += chunk.length));
      },
      async (port) => {
        const outcome = await createAt(`http://127.0.0.1:${String(port)}`, {
          mayStillSend: () => {
            connectionsWhenAsked.push(connections);
            return false;
          },
        });

        expect(outcome).toMatchObject({ kind: 'notSent', reason: 'Withheld' });
        expect(connectionsWhenAsked).toHaveLength(1);
        expect(bytes).toBe(0);
      },
    );
  });

  it('is not called without a connection', async () => {
    let asked = 0;

    await createAt(`http://127.0.0.1:${String(await closedPort())}`, {
      mayStillSend: () => {
        asked += 1;
        return true;
      },
    });

    expect(asked).toBe(0);
  });
});

describe('a create request that was sent has an unknown outcome unless the answer is complete', () => {
  const answers: { name: string; respond: (response: ServerResponse, socket: Socket) => void }[] = [
    { name: 'reset without an answer', respond: (_response, socket) => socket.resetAndDestroy() },
    { name: 'closed without an answer', respond: (_response, socket) => socket.end() },
    {
      name: 'cut within a body of known length',
      respond: (response, socket) => {
        response.writeHead(200, { 'content-length': '1000' });
        response.write(JSON.stringify(aPodRow()), () => socket.destroy());
      },
    },
    {
      name: 'cut within a chunked body that looks complete',
      respond: (response, socket) => {
        response.write(JSON.stringify(aPodRow()), () => socket.destroy());
      },
    },
    {
      name: 'cut within an error',
      respond: (response, socket) => {
        response.writeHead(400);
        response.write('{"detail":"no longer available"}', () => socket.destroy());
      },
    },
    { name: 'no HTTP', respond: (_response, socket) => socket.end('hello\r\n\r\n') },
    {
      name: 'not decodable',
      respond: (response) => {
        response.writeHead(200, { 'content-encoding': 'gzip' });
        response.end('this is not gzip');
      },
    },
    { name: 'no answer before the time-out', respond: () => undefined },
    {
      name: 'a slow drip that never ends',
      respond: (response, socket) => {
        response.writeHead(200);
        const timer = setInterval(() => response.write(' '), 10);
        socket.once('close', () => {
          clearInterval(timer);
        });
      },
    },
  ];

  it.each(answers)('$name', async ({ respond }) => {
    let requests = 0;
    await withRawServer(
      (request, response) => {
        requests += 1;
        request.resume();
        request.once('end', () => {
          respond(response, request.socket);
        });
      },
      async ({ url }) => {
        const outcome = await withProvider(url, (p) => p.createPod(aCreateRequest(), always), {
          timeouts: { createMs: 300 },
        });

        expect(outcome).toMatchObject({ kind: 'unknown' });
        expect(requests).toBe(1);
      },
    );
  });

  it('and its connection is closed', async () => {
    const closed = Promise.withResolvers<undefined>();
    await withRawServer(
      (request) => {
        request.socket.once('close', () => {
          closed.resolve(undefined);
        });
      },
      async ({ url }) => {
        await withProvider(
          url,
          async (provider) => {
            await provider.createPod(aCreateRequest(), always);
            // Before the provider is closed, so that the time-out itself closes the connection.
            await closed.promise;
          },
          { timeouts: { createMs: 100 } },
        );

        await expect(closed.promise).resolves.toBeUndefined();
      },
    );
  });
});
