import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ConnectProxy } from '../support/connect-proxy.ts';
import type { ConnectProxyOptions } from '../support/connect-proxy.ts';
import { NAMED_CERTIFICATE, NAMED_HOST, NAMED_KEY } from '../support/named-certificate.ts';
import { TlsServer } from '../support/tls-server.ts';
import { aCreateRequest, aPodRow, CANARY_KEY, podsPage, withProvider } from './builders.ts';
import { withServer } from './loopback-server.ts';

const BASE_URL = `https://${NAMED_HOST}`;
const TARGET = `${NAMED_HOST}:443`;
const always = { mayStillSend: () => true };
const SHORT_TIMEOUTS = { readMs: 300, deleteMs: 300, createMs: 300, connectMs: 300 };
const defaultCertificates = getCACertificates('default');

let server: TlsServer;
let proxy: ConnectProxy;

beforeEach(async () => {
  setDefaultCACertificates([NAMED_CERTIFICATE]);
  server = await TlsServer.open({
    certificate: NAMED_CERTIFICATE,
    key: NAMED_KEY,
    answer: ({ method }) => ({ json: method === 'GET' ? podsPage([]) : aPodRow() }),
  });
});

afterEach(async () => {
  await proxy.close();
  await server.close();
  setDefaultCACertificates(defaultCertificates);
});

async function openProxy(options: Partial<ConnectProxyOptions> = {}): Promise<string> {
  proxy = await ConnectProxy.open({ routes: { [TARGET]: server.port }, ...options });
  return proxy.url;
}

describe('requests to the provider through a proxy', () => {
  it('reach it with the API key, of which the proxy sees nothing', async () => {
    const proxyUrl = await openProxy();

    await withProvider(
      BASE_URL,
      async (provider) => {
        expect(await provider.listPods([undefined])).toMatchObject({ kind: 'ok' });
        expect(await provider.createPod(aCreateRequest(), always)).toMatchObject({ kind: 'created' });
        expect(await provider.deletePod('pod-1')).toMatchObject({ kind: 'accepted' });
        expect(await provider.listPods([undefined])).toMatchObject({ kind: 'ok' });
      },
      { proxyUrl },
    );

    expect(server.requests.map(({ method }) => method)).toEqual(['GET', 'POST', 'DELETE', 'GET']);
    expect(new Set(server.requests.map(({ headers }) => headers.authorization))).toEqual(
      new Set([`Bearer ${CANARY_KEY}`]),
    );
    // Reads share a tunnel. A create request and a DELETE each have their own.
    expect(proxy.targets).toEqual([TARGET, TARGET, TARGET]);
    expect(proxy.plainRequests).toEqual([]);
    expect(proxy.read).not.toContain(CANARY_KEY);
    expect(proxy.read).not.toContain('/api/v1');
  });

  it('give it the credentials of its URL, and no other', async () => {
    const proxyUrl = await openProxy({ credentials: 'me:pass-word' });

    await withProvider(BASE_URL, (provider) => provider.listPods([undefined]), { proxyUrl });

    expect(proxy.tunnels[0]?.headers).toMatchObject({
      'proxy-authorization': `Basic ${Buffer.from('me:pass-word').toString('base64')}`,
    });
    expect(proxy.tunnels[0]?.headers).not.toHaveProperty('authorization');
    expect(server.requests[0]?.headers).not.toHaveProperty('proxy-authorization');
  });

  it('name the proxy as the cause if it refuses, and a create request is not sent', async () => {
    const proxyUrl = (await openProxy({ credentials: 'me:pass-word' })).replace('pass-word', 'wrong-word');

    const answers = await withProvider(
      BASE_URL,
      async (provider) => [
        await provider.listPods([undefined]),
        await provider.createPod(aCreateRequest(), always),
      ],
      { proxyUrl },
    );

    expect(answers).toMatchObject([
      { kind: 'failure', reason: 'ApiUnavailable' },
      {
        kind: 'notSent',
        reason: 'ApiUnavailable',
        message: 'POST /pods/: no answer from the provider (the proxy answered 407).',
      },
    ]);
    expect(JSON.stringify(answers)).not.toContain('wrong-word');
    expect(server.requests).toEqual([]);
  });

  it('are not sent if the proxy never answers', async () => {
    const proxyUrl = await openProxy({ isSilent: true });

    const outcome = await withProvider(BASE_URL, (provider) => provider.createPod(aCreateRequest(), always), {
      proxyUrl,
      timeouts: SHORT_TIMEOUTS,
    });

    expect(outcome).toMatchObject({ kind: 'notSent', reason: 'ApiUnavailable' });
  });

  it('are withheld if the tunnel is established too late', async () => {
    const proxyUrl = await openProxy();

    const outcome = await withProvider(
      BASE_URL,
      (provider) => provider.createPod(aCreateRequest(), { mayStillSend: () => proxy.targets.length === 0 }),
      { proxyUrl },
    );

    expect(outcome).toMatchObject({ kind: 'notSent', reason: 'Withheld' });
    expect(proxy.targets).toEqual([TARGET]);
    expect(server.requests).toEqual([]);
  });

  it('are not sent to a server whose certificate nobody trusts, although the proxy let them through', async () => {
    setDefaultCACertificates(defaultCertificates);
    const proxyUrl = await openProxy();

    const outcome = await withProvider(BASE_URL, (provider) => provider.createPod(aCreateRequest(), always), {
      proxyUrl,
    });

    expect(outcome).toMatchObject({ kind: 'notSent', reason: 'ApiUnavailable' });
    expect(server.requests).toEqual([]);
  });

  it('use no proxy over http, because it could read the key', async () => {
    const proxyUrl = await openProxy();
    await withServer(
      () => ({ json: podsPage([]) }),
      async ({ url, seen }) => {
        await withProvider(url, (provider) => provider.listPods([undefined]), { proxyUrl });

        expect(seen).toHaveLength(1);
      },
    );

    expect([proxy.targets, proxy.plainRequests]).toEqual([[], []]);
  });
});
