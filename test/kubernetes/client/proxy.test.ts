import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { KubeConfig } from '@kubernetes/client-node';
import { systemClock } from '../../../src/clock.ts';
import { ApiTransport } from '../../../src/kubernetes/client/api-transport.ts';
import type { ProxyUrlFor } from '../../../src/kubernetes/client/connection.ts';
import { LOOPBACK_CERTIFICATE, LOOPBACK_KEY } from '../../prime/loopback-certificate.ts';
import { ConnectProxy } from '../../support/connect-proxy.ts';
import type { ConnectProxyOptions } from '../../support/connect-proxy.ts';
import { NAMED_CERTIFICATE, NAMED_HOST, NAMED_KEY } from '../../support/named-certificate.ts';
import { SocksProxy } from '../../support/socks-proxy.ts';
import { TlsServer } from '../../support/tls-server.ts';

const TOKEN = 'a-token-that-only-the-server-may-read';
const TARGET = `${NAMED_HOST}:6443`;

let server: TlsServer;
let proxies: { close(): Promise<void> }[];
let transports: ApiTransport[];

beforeEach(async () => {
  server = await TlsServer.open({ certificate: NAMED_CERTIFICATE, key: NAMED_KEY });
  proxies = [];
  transports = [];
});

afterEach(async () => {
  for (const transport of transports) transport.close();
  for (const proxy of proxies) await proxy.close();
  await server.close();
  setDefaultCACertificates(defaultCertificates);
});

async function openProxy(options: Partial<ConnectProxyOptions> = {}): Promise<ConnectProxy> {
  const proxy = await ConnectProxy.open({ ...options, routes: { [TARGET]: server.port } });
  proxies.push(proxy);
  return proxy;
}

/** A transport to a server whose name only the proxies know. */
function transportVia(proxyUrl: string | undefined, proxyUrlFor?: ProxyUrlFor): ApiTransport {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromClusterAndUser(
    {
      name: 'c',
      server: `https://${TARGET}`,
      skipTLSVerify: false,
      caData: Buffer.from(NAMED_CERTIFICATE).toString('base64'),
      ...(proxyUrl === undefined ? {} : { proxyUrl }),
    },
    { name: 'u', token: TOKEN },
  );
  const transport = new ApiTransport({ kubeConfig, clock: systemClock, userAgent: 'test/1', proxyUrlFor });
  transports.push(transport);
  return transport;
}

const defaultCertificates = getCACertificates('default');
const VERSION = { method: 'GET', path: '/version' } as const;

describe('requests to the API server', () => {
  it('go through the proxy of the kubeconfig, which sees neither token nor path', async () => {
    const proxy = await openProxy();
    const transport = transportVia(proxy.url);

    await transport.requestJson(VERSION);
    await transport.requestJson({ ...VERSION, method: 'POST', body: { kind: 'Secret' } });
    const stream = await transport.openStream({
      path: '/apis/watched',
      signal: new AbortController().signal,
      connectTimeoutMs: 60_000,
    });
    stream.resume();

    expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /version',
      'POST /version',
      'GET /apis/watched',
    ]);
    expect(server.requests).toMatchObject(
      Array.from({ length: 3 }, () => ({ headers: { authorization: `Bearer ${TOKEN}` } })),
    );
    // One tunnel for requests, which is kept, and one for the stream.
    expect(proxy.targets).toEqual([TARGET, TARGET]);
    expect(proxy.plainRequests).toEqual([]);
    expect(proxy.read).not.toContain(TOKEN);
    expect(proxy.read).not.toContain('/version');
  });

  it('give the proxy the credentials of its URL, and no other', async () => {
    const proxy = await openProxy({ credentials: 'me:pass-word' });

    await transportVia(proxy.url).requestJson(VERSION);

    expect(proxy.tunnels).toMatchObject([
      { headers: { 'proxy-authorization': `Basic ${Buffer.from('me:pass-word').toString('base64')}` } },
    ]);
    expect(proxy.tunnels[0]?.headers).not.toHaveProperty('authorization');
    expect(server.requests[0]?.headers).not.toHaveProperty('proxy-authorization');
  });

  it('name the proxy as the cause if it refuses, without the credentials', async () => {
    const proxy = await openProxy({ credentials: 'me:pass-word' });
    const url = proxy.url.replace('pass-word', 'wrong-word');

    const error: unknown = await transportVia(url)
      .requestJson(VERSION)
      .catch((thrown: unknown) => thrown);

    expect(String(error)).toContain('the proxy answered 407');
    expect(String(error)).not.toContain('wrong-word');
    expect(server.requests).toEqual([]);
  });

  it('go through a proxy that speaks TLS itself', async () => {
    setDefaultCACertificates([LOOPBACK_CERTIFICATE]);
    const tls = { certificate: LOOPBACK_CERTIFICATE, key: LOOPBACK_KEY };
    const proxy = await openProxy({ tls, credentials: 'me:pass-word' });

    await transportVia(proxy.url).requestJson(VERSION);

    expect(proxy.targets).toEqual([TARGET]);
    expect(proxy.read).toContain('CONNECT');
    expect(proxy.read).not.toContain(TOKEN);
  });

  it.each(['socks5', 'socks5h'])(
    'go through a proxy that speaks %s, which resolves the name',
    async (scheme) => {
      const proxy = await SocksProxy.open({ [TARGET]: server.port });
      proxies.push(proxy);

      await transportVia(`${scheme}://127.0.0.1:${String(proxy.port)}`).requestJson(VERSION);

      expect(proxy.targets).toEqual([TARGET]);
      expect(server.requests).toMatchObject([{ headers: { authorization: `Bearer ${TOKEN}` } }]);
    },
  );

  it('go through the proxy of the environment if the cluster names none', async () => {
    const proxy = await openProxy();
    const asked: string[] = [];

    await transportVia(undefined, (url) => {
      asked.push(url);
      return proxy.url;
    }).requestJson(VERSION);

    expect(proxy.targets).toEqual([TARGET]);
    expect(asked).toEqual([`https://${TARGET}`]);
  });

  it('prefer the proxy of the cluster to that of the environment', async () => {
    const [ofCluster, ofEnvironment] = [await openProxy(), await openProxy()];

    await transportVia(ofCluster.url, () => ofEnvironment.url).requestJson(VERSION);

    expect([ofCluster.targets, ofEnvironment.targets]).toEqual([[TARGET], []]);
  });
});
