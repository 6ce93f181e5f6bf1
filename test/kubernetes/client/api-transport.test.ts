import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { ApiConnectionError } from '../../../src/kubernetes/client/api-errors.ts';
import { ApiTransport } from '../../../src/kubernetes/client/api-transport.ts';
import { isList } from '../support/fake-api-server.ts';
import { startRuntime } from '../support/runtime.ts';
import type { Runtime } from '../support/runtime.ts';

const THINGS = '/apis/example.dev/v1/namespaces/default/things';

let runtime: Runtime;
let transport: ApiTransport;
let counted: string[];

beforeEach(async () => {
  runtime = await startRuntime();
  counted = [];
  transport = new ApiTransport({
    kubeConfig: runtime.server.kubeConfig(),
    clock: runtime.clock,
    userAgent: 'test/1',
    onRequest: ({ method, code }) => counted.push(`${method} ${code}`),
  });
  runtime.onClose(() => {
    transport.close();
  });
});

afterEach(async () => {
  await runtime.close();
});

it('reports each request by method and status, and as an error when no answer came', async () => {
  const body = { metadata: { name: 'a' } };
  await transport.requestJson({ method: 'POST', path: THINGS, body });
  await transport.requestJson({ method: 'GET', path: `${THINGS}/a` });
  await expect(transport.requestJson({ method: 'GET', path: `${THINGS}/b` })).rejects.toThrow('NotFound');
  runtime.server.failNext(() => true, 'cut');
  await expect(transport.requestJson({ method: 'PUT', path: `${THINGS}/a`, body })).rejects.toThrow(
    ApiConnectionError,
  );

  expect(counted).toEqual(['POST 201', 'GET 200', 'GET 404', 'PUT <error>']);
});

it('counts a request that it repeats because the connection was closing', async () => {
  runtime.server.failNext(isList, 'cut');
  await transport.requestJson({ method: 'GET', path: THINGS });

  expect(counted).toEqual(['GET <error>', 'GET 200']);
});

it('counts a watch when it opens, and not again when it ends', async () => {
  const stopping = new AbortController();
  const query = { watch: true, resourceVersion: '1' };
  const stream = await transport.openStream({
    path: '/apis/example.dev/v1/things',
    query,
    signal: stopping.signal,
    connectTimeoutMs: 10_000,
  });
  stream.on('error', () => undefined);
  stopping.abort();

  expect(counted).toEqual(['GET 200']);
});
