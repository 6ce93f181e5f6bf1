import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LOOPBACK_CERTIFICATE } from '../prime/loopback-certificate.ts';
import { ConnectProxy } from '../support/connect-proxy.ts';
import { NAMED_CERTIFICATE, NAMED_HOST, NAMED_KEY } from '../support/named-certificate.ts';
import { TlsServer } from '../support/tls-server.ts';

const program = path.resolve(import.meta.dirname, '../support/ask-both.ts');
const API_KEY = 'pit_canary_0123456789abcdef';
const TOKEN = 'token-canary-0123456789';
const PASSWORD = 'proxy-canary';
const PROVIDER = `${NAMED_HOST}:443`;
const API_SERVER = `${NAMED_HOST}:6443`;

let directory: string;
let server: TlsServer;

beforeAll(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'corporate-network-test-'));
  server = await TlsServer.open({
    certificate: NAMED_CERTIFICATE,
    key: NAMED_KEY,
    answer: ({ path: asked }) => ({ json: asked === '/version' ? {} : { data: { id: 'user-1' } } }),
  });
  const kubeconfig = {
    // A certificate that did not sign for the server: a proxy that inspects TLS answers with its own.
    clusters: [
      {
        name: 'c',
        cluster: {
          server: `https://${API_SERVER}`,
          'certificate-authority-data': Buffer.from(LOOPBACK_CERTIFICATE).toString('base64'),
        },
      },
    ],
    users: [{ name: 'u', user: { token: TOKEN } }],
    contexts: [{ name: 'main', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'main',
  };
  await writeFile(path.join(directory, 'kubeconfig'), JSON.stringify(kubeconfig));
  await writeFile(path.join(directory, 'corporate.pem'), NAMED_CERTIFICATE);
});

afterAll(async () => {
  await server.close();
  await rm(directory, { recursive: true });
});

interface Run {
  readonly proxy: ConnectProxy;
  readonly output: { readonly provider: unknown; readonly apiServer: string };
  readonly text: string;
}

async function run(env: (proxyUrl: string) => Readonly<Record<string, string>>): Promise<Run> {
  const proxy = await ConnectProxy.open({
    routes: { [PROVIDER]: server.port, [API_SERVER]: server.port },
    credentials: `me:${PASSWORD}`,
  });
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [program], {
      env: {
        PATH: process.env['PATH'],
        PRIME_API_KEY: API_KEY,
        PRIME_API_BASE_URL: `https://${NAMED_HOST}`,
        KUBECONFIG: path.join(directory, 'kubeconfig'),
        ...env(proxy.url),
      },
    });
    return { proxy, output: JSON.parse(stdout) as Run['output'], text: stdout + stderr };
  } finally {
    await proxy.close();
  }
}

describe('behind a proxy', () => {
  const ca = (): { NODE_EXTRA_CA_CERTS: string } => ({
    NODE_EXTRA_CA_CERTS: path.join(directory, 'corporate.pem'),
  });

  it.each([
    { title: 'upper case', env: (url: string) => ({ HTTPS_PROXY: url, ...ca() }) },
    { title: 'lower case', env: (url: string) => ({ https_proxy: url, ...ca() }) },
  ])('reaches provider and API server, with an extra certificate: $title', async ({ env }) => {
    const { proxy, output, text } = await run(env);

    const shown = `http://127.0.0.1:${String(proxy.port)}`;
    expect(output).toMatchObject({
      provider: { kind: 'ok' },
      apiServer: 'ok',
      proxies: { provider: shown, apiServer: shown },
    });
    expect(new Set(proxy.targets)).toEqual(new Set([PROVIDER, API_SERVER]));
    expect(server.requests.slice(-2).map(({ headers }) => headers.authorization)).toEqual([
      `Bearer ${API_KEY}`,
      `Bearer ${TOKEN}`,
    ]);
    for (const secret of [API_KEY, TOKEN]) expect(proxy.read).not.toContain(secret);
    for (const secret of [API_KEY, TOKEN, PASSWORD]) expect(text).not.toContain(secret);
  });

  it('trusts neither without the extra certificate', async () => {
    const { output } = await run((url) => ({ HTTPS_PROXY: url }));

    expect(output).toMatchObject({
      provider: { kind: 'failure', reason: 'ApiUnavailable' },
      apiServer: expect.stringContaining('DEPTH_ZERO_SELF_SIGNED_CERT'),
    });
  });

  it('reaches directly what NO_PROXY names, and only that', async () => {
    const { proxy, output } = await run((url) => ({ HTTPS_PROXY: url, no_proxy: API_SERVER, ...ca() }));

    // No resolver knows the name, so that a direct connection fails.
    expect(output).toMatchObject({ provider: { kind: 'ok' }, apiServer: expect.stringContaining('failed') });
    expect(proxy.targets).toEqual([PROVIDER]);
  });
});
