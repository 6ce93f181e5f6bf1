import { describe, expect, it } from '@jest/globals';
import { createServer as createTlsServer } from 'node:https';
import { aCreateRequest, aPodRow, CANARY_KEY, POD_NAME, withProvider } from './builders.ts';
import { withRawServer, withServer, withTcpServer } from './loopback-server.ts';
import type { CannedAnswer } from './loopback-server.ts';

void createTlsServer;
const always = { mayStillSend: () => true };

interface OutcomeCase {
  readonly name: string;
  readonly answer: CannedAnswer;
  readonly expected: Readonly<Record<string, unknown>>;
}

function detail(status: number, text: string): CannedAnswer {
  return { status, json: { detail: text } };
}

describe('createPod: what an answer means', () => {
  const cases: OutcomeCase[] = [
    { name: '200 with the pod', answer: { json: aPodRow() }, expected: { kind: 'created' } },
    { name: '201 is a success too', answer: { status: 201, json: aPodRow() }, expected: { kind: 'created' } },
    {
      name: 'the case of the name does not matter',
      answer: { json: aPodRow({ name: POD_NAME.toUpperCase() }) },
      expected: { kind: 'created' },
    },
    {
      name: 'another name is not ours',
      answer: { json: aPodRow({ name: 'x' }) },
      expected: { kind: 'unknown' },
    },
    { name: '200 without an id', answer: { json: aPodRow({ id: null }) }, expected: { kind: 'unknown' } },
    { name: '200 with an empty id', answer: { json: aPodRow({ id: '' }) }, expected: { kind: 'unknown' } },
    { name: '200 without a body', answer: { text: '' }, expected: { kind: 'unknown' } },
    { name: '200 with a page', answer: { text: '<html>ok</html>' }, expected: { kind: 'unknown' } },
    { name: '204', answer: { status: 204 }, expected: { kind: 'unknown' } },
    { name: '200 with a list', answer: { json: [aPodRow()] }, expected: { kind: 'unknown' } },
    { name: '302', answer: { status: 302, headers: { location: '/x' } }, expected: { kind: 'unknown' } },
    { name: '304', answer: { status: 304 }, expected: { kind: 'unknown' } },
    { name: '307', answer: { status: 307, headers: { location: '/x' } }, expected: { kind: 'unknown' } },
    {
      name: '400 as a page of a proxy',
      answer: { status: 400, text: '<h1>no</h1>' },
      expected: { kind: 'unknown' },
    },
    { name: '400 without a text in it', answer: { status: 400, json: {} }, expected: { kind: 'unknown' } },
    { name: '404 as a page', answer: { status: 404, text: 'nginx' }, expected: { kind: 'unknown' } },
    { name: '408', answer: detail(408, 'timeout'), expected: { kind: 'unknown' } },
    { name: '409', answer: detail(409, 'conflict'), expected: { kind: 'unknown' } },
    { name: '425', answer: detail(425, 'early'), expected: { kind: 'unknown' } },
    { name: '500 as JSON', answer: detail(500, 'no longer available'), expected: { kind: 'unknown' } },
    { name: '502 as a page', answer: { status: 502, text: '<html>' }, expected: { kind: 'unknown' } },
    { name: '503', answer: detail(503, 'busy'), expected: { kind: 'unknown' } },
    {
      name: '401',
      answer: detail(401, 'Invalid token'),
      expected: { kind: 'refused', reason: 'Unauthorized', httpStatus: 401 },
    },
    {
      name: '401 as a page: a proxy too decides before it passes anything on',
      answer: { status: 401, text: '<html>' },
      expected: { kind: 'refused', reason: 'Unauthorized' },
    },
    {
      name: '402',
      answer: { status: 402, json: { error: { message: 'Insufficient balance' } } },
      expected: { kind: 'refused', reason: 'PaymentRequired' },
    },
    {
      name: '403',
      answer: detail(403, 'Not authenticated'),
      expected: { kind: 'refused', reason: 'Unauthorized' },
    },
    {
      name: '429 with Retry-After',
      answer: { ...detail(429, 'Too many requests.'), headers: { 'retry-after': '7' } },
      expected: { kind: 'refused', reason: 'RateLimited', retryAfterMs: 7000 },
    },
    {
      name: '422 in the shape of this API',
      answer: { status: 422, json: { errors: [{ param: 'body.pod.cloudId', details: 'field required' }] } },
      expected: {
        kind: 'refused',
        reason: 'InvalidRequest',
        message: 'POST /pods/: the provider answered 422: body.pod.cloudId: field required',
      },
    },
  ];

  it.each(cases)('$name', async ({ answer, expected }) => {
    await withServer(
      () => answer,
      async ({ url, seen }) => {
        const outcome = await withProvider(url, (provider) => provider.createPod(aCreateRequest(), always));

        expect(outcome).toMatchObject(expected);
        expect(seen).toHaveLength(1);
      },
    );
  });

  it('sends the body, the key and the canonical path', async () => {
    const request = aCreateRequest({ envVars: [{ key: 'A', value: 'ü' }] });
    await withServer(
      () => ({ json: aPodRow() }),
      async ({ url, seen }) => {
        await withProvider(url, (provider) => provider.createPod(request, always));

        const [first] = seen;
        expect(first).toMatchObject({ method: 'POST', path: '/api/v1/pods/' });
        expect(first?.headers['authorization']).toBe(`Bearer ${CANARY_KEY}`);
        expect(first?.headers['content-type']).toBe('application/json');
        expect(JSON.parse(first?.body ?? '')).toEqual(request);
      },
    );
  });
});

describe('createPod: how far the request came', () => {
  it('a refused connection is not sent', async () => {
    let port = 0;
    await withTcpServer(
      () => undefined,
      async (usedPort) => {
        port = usedPort;
        await Promise.resolve();
      },
    );

    const outcome = await withProvider(`http://127.0.0.1:${String(port)}`, (provider) =>
      provider.createPod(aCreateRequest(), always),
    );

    expect(outcome).toMatchObject({ kind: 'notSent', reason: 'ApiUnavailable' });
  });

  it('a reset after the request began is unknown', async () => {
    await withRawServer(
      (request) => {
        request.socket.destroy();
      },
      async ({ url }) => {
        const outcome = await withProvider(url, (provider) => provider.createPod(aCreateRequest(), always));

        expect(outcome).toMatchObject({ kind: 'unknown' });
      },
    );
  });

  it('is not sent when it may no longer be, and not a byte of it leaves', async () => {
    let receivedBytes = 0;
    let connections = 0;
    await withTcpServer(
      (socket) => {
        connections += 1;
        socket.on('data', (chunk) => {
          receivedBytes += chunk.length;
        });
      },
      async (port) => {
        const outcome = await withProvider(`http://127.0.0.1:${String(port)}`, (provider) =>
          provider.createPod(aCreateRequest(), { mayStillSend: () => false }),
        );

        expect(outcome).toMatchObject({ kind: 'notSent', reason: 'Withheld' });
        expect(connections).toBeLessThanOrEqual(1);
        expect(receivedBytes).toBe(0);
      },
    );
  });
});
