import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  ApiConnectionError,
  ApiResponseError,
  ApiStatusError,
  ApiTimeoutError,
  isAlreadyExists,
  isConflict,
  isNotFound,
} from '../../../src/kubernetes/client/api-errors.ts';
import { configMapClient } from '../../../src/kubernetes/client/config-map-client.ts';
import { serverVersion } from '../../../src/kubernetes/kubeconfig/kube-config.ts';
import type { RawObject } from '../../../src/kubernetes/objects.ts';
import { ResourceClient } from '../../../src/kubernetes/client/resource-client.ts';
import { secretData, secretsClient, secretText } from '../../../src/kubernetes/client/secrets-client.ts';
import { statusAnswer } from '../support/fake-objects.ts';
import { startRuntime } from '../support/runtime.ts';
import type { Runtime } from '../support/runtime.ts';
import { turn, until } from '../support/until.ts';

const THINGS = '/apis/example.dev/v1/things';

let runtime: Runtime;
let things: ResourceClient<RawObject>;

beforeEach(async () => {
  runtime = await startRuntime();
  things = new ResourceClient({
    transport: runtime.transport,
    type: { group: 'example.dev', version: 'v1', plural: 'things' },
    decode: (raw) => raw,
  });
});

afterEach(async () => {
  await runtime.close();
});

const a = { namespace: 'default', name: 'a' };

function put(name: string, fields?: Readonly<Record<string, unknown>>): RawObject {
  return runtime.server.objects.put(THINGS, `default/${name}`, fields);
}

async function caught(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('reading', () => {
  it('gets one object, or undefined', async () => {
    put('a', { spec: 1 });

    expect((await things.get(a))?.['spec']).toBe(1);
    expect(await things.get({ ...a, name: 'b' })).toBeUndefined();
  });

  it('lists all pages, of all namespaces or one', async () => {
    for (let index = 0; index < 1203; index += 1) put(`thing-${String(index)}`);
    runtime.server.objects.put(THINGS, 'other/one');

    expect(await things.list()).toHaveLength(1204);
    expect(await things.list({ namespace: 'other' })).toHaveLength(1);
    expect(runtime.server.count('LIST')).toBe(6);
  });

  it('sends the user agent and the credentials', async () => {
    await things.get(a);

    expect(runtime.server.requests[0]?.headers).toMatchObject({
      authorization: 'Bearer secret-token',
      'user-agent': 'test/1',
    });
  });

  it('asks for the server version', async () => {
    expect(await serverVersion(runtime.transport)).toBe('v1.99.0');
  });
});

describe('writing', () => {
  it('creates, and distinguishes an existing object from other conflicts', async () => {
    const created = await things.create('default', { metadata: { name: 'a' }, spec: 1 });
    const error = await caught(things.create('default', { metadata: { name: 'a' } }));

    expect(created.metadata.uid).toBe('uid-1');
    expect([isAlreadyExists(error), isConflict(error)]).toEqual([true, false]);
  });

  it('patches metadata of exactly this version and uid', async () => {
    const { metadata } = put('a', { spec: 1, metadata: { annotations: { kept: '1', gone: '1' } } });
    const patched = await things.patchMetadata({
      ...a,
      resourceVersion: metadata.resourceVersion,
      uid: metadata.uid,
      metadata: { finalizers: ['f'], annotations: { gone: null, fresh: '2' } },
    });

    expect(patched).toMatchObject({ spec: 1, metadata: { finalizers: ['f'] } });
    expect(patched.metadata.annotations).toEqual({ kept: '1', fresh: '2' });
    expect(runtime.server.requests[0]?.headers['content-type']).toBe('application/merge-patch+json');
  });

  it.each([
    { name: 'another version', guard: { resourceVersion: '1' } },
    { name: 'another uid', guard: { uid: 'another' } },
  ])('does not patch metadata of $name', async ({ guard }) => {
    const { metadata } = put('a');
    const current = { resourceVersion: metadata.resourceVersion, uid: metadata.uid };
    const error = await caught(
      things.patchMetadata({ ...a, ...current, ...guard, metadata: { finalizers: [] } }),
    );

    expect(isConflict(error)).toBe(true);
    expect(runtime.server.objects.get(THINGS, 'default/a')?.metadata.resourceVersion).toBe(
      metadata.resourceVersion,
    );
  });

  it('replaces only the status, of exactly this version', async () => {
    const held = put('a', { spec: 1 });
    const written = await things.replaceStatus({ ...held, spec: 'ignored', status: { phase: 'Ready' } });
    const error = await caught(things.replaceStatus({ ...held, status: { phase: 'Old' } }));

    expect(written).toMatchObject({ spec: 1, status: { phase: 'Ready' } });
    expect(runtime.server.requests[0]?.path).toBe('/apis/example.dev/v1/namespaces/default/things/a/status');
    expect(isConflict(error)).toBe(true);
  });

  it('deletes exactly this uid, and returns whether it existed', async () => {
    const { uid } = put('a').metadata;

    expect(isConflict(await caught(things.delete(a, { preconditions: { uid: 'other' } })))).toBe(true);
    expect(await things.delete(a, { preconditions: { uid } })).toBe(true);
    expect(await things.delete(a)).toBe(false);
  });

  it('throws when the object no longer exists', async () => {
    expect(isNotFound(await caught(things.mergePatch(a, { spec: 1 })))).toBe(true);
  });
});

describe('failures', () => {
  it('gives up after the timeout, and closes the connection', async () => {
    runtime.server.plan(() => 'hang');
    const failed = caught(things.get(a, { timeoutMs: 3000 }));
    await until(() => runtime.server.requests.length === 1);
    await runtime.clock.advance(3000);

    expect(await failed).toBeInstanceOf(ApiTimeoutError);
    await until(() => runtime.server.openSockets === 0);
  });

  it('stops when it is aborted, with the reason of the signal', async () => {
    runtime.server.plan(() => 'hang');
    const controller = new AbortController();
    const failed = caught(things.get(a, { signal: controller.signal }));
    await until(() => runtime.server.requests.length === 1);
    controller.abort(new Error('shutting down'));

    expect(await failed).toEqual(new Error('shutting down'));
    await until(() => runtime.server.openSockets === 0);
  });

  it('does not send a request that is already aborted', async () => {
    await caught(things.get(a, { signal: AbortSignal.abort() }));

    expect(runtime.server.requests).toEqual([]);
  });

  it('reports an incomplete body as a broken connection', async () => {
    runtime.server.plan(() => ({ status: 200, headers: { 'content-length': '5000' }, body: '{"half":' }));
    const failed = caught(things.replaceStatus(put('a')));
    await until(() => runtime.server.requests.length === 1);
    await turn();
    runtime.server.cutAll();

    expect(await failed).toBeInstanceOf(ApiConnectionError);
  });

  it.each([
    { name: 'HTML with status 200', answer: { status: 200, body: '<html>' } },
    { name: 'JSON that is not an object', answer: { status: 200, body: '[]' } },
    { name: 'an empty body', answer: { status: 200, body: '' } },
  ])('does not accept $name as an object', async ({ answer }) => {
    runtime.server.plan(() => answer);

    expect(await caught(things.get(a))).toBeInstanceOf(ApiResponseError);
  });

  it('carries the retry delay of the server', async () => {
    runtime.server.plan(() => statusAnswer(429, 'TooManyRequests', { 'retry-after': '3' }));
    const error = await caught(things.get(a));

    expect(error).toBeInstanceOf(ApiStatusError);
    expect(error).toMatchObject({ status: 429, retryAfterMs: 3000 });
  });

  it('repeats a GET once when the connection was closing', async () => {
    put('a');
    runtime.server.failNext(() => true, 'cut');
    expect(await things.get(a)).toBeDefined();

    runtime.server.failNext(() => true, 'cut', 'cut');
    expect(await caught(things.get(a))).toBeInstanceOf(ApiConnectionError);
  });

  it.each(['POST', 'PATCH', 'PUT', 'DELETE'])(
    'never repeats a %s, because the server may have executed it',
    async (method) => {
      const held = put('a');
      const calls: Record<string, () => Promise<unknown>> = {
        POST: async () => await things.create('default', { metadata: { name: 'b' } }),
        PATCH: async () => await things.mergePatch(a, {}),
        PUT: async () => await things.replace(held),
        DELETE: async () => await things.delete(a),
      };
      runtime.server.plan(() => 'cut');

      expect(await caught(calls[method]?.() ?? Promise.resolve())).toBeInstanceOf(ApiConnectionError);
      expect(runtime.server.requests.map((request) => request.method)).toEqual([method]);
    },
  );
});

it('reuses connections, and keeps no more of them than allowed', async () => {
  put('a');
  let most = 0;
  runtime.server.plan(() => {
    most = Math.max(most, runtime.server.openSockets);
    return undefined;
  });
  await Promise.all(Array.from({ length: 200 }, async () => await things.get(a)));
  const opened = runtime.server.openSockets;
  await things.get(a);

  expect(most).toBeLessThanOrEqual(32);
  expect(runtime.server.openSockets).toBe(opened);
});

it('reads and writes Secrets as text', async () => {
  const secrets = secretsClient(runtime.transport);
  const data = secretData({ password: 'größe', empty: '' });
  await secrets.create('default', { metadata: { name: 'a' }, type: 'Opaque', data });
  const secret = await secrets.get(a);

  expect(secret?.type).toBe('Opaque');
  expect(
    secret === undefined ? [] : ['password', 'empty', 'absent'].map((key) => secretText(secret, key)),
  ).toEqual([{ kind: 'text', text: 'größe' }, { kind: 'text', text: '' }, { kind: 'absent' }]);
});

it('reads a ConfigMap without data as an empty one', async () => {
  runtime.server.objects.put('/api/v1/configmaps', 'default/a');

  expect((await configMapClient(runtime.transport).get(a))?.data).toEqual({});
});

it.each([
  { what: 'bytes that are not UTF-8', base64: '//4A', read: { kind: 'notText' } },
  { what: 'a NUL', base64: Buffer.from('a\0b').toString('base64'), read: { kind: 'notText' } },
  {
    what: 'a line break at its end',
    base64: Buffer.from('pw\n').toString('base64'),
    read: { kind: 'text', text: 'pw\n' },
  },
  {
    what: 'a byte-order mark',
    base64: Buffer.from('\uFEFFa').toString('base64'),
    read: { kind: 'text', text: '\uFEFFa' },
  },
])('reads a value with $what byte for byte', ({ base64, read }) => {
  const metadata = { name: 'a', uid: 'u', resourceVersion: '1' };
  expect(secretText({ metadata, data: { key: base64 } }, 'key')).toEqual(read);
});
