import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../src/clock.ts';
import { ApiTransport } from '../../src/kubernetes/api-transport.ts';
import { loadKubeConfig } from '../../src/kubernetes/kube-config.ts';
import { LOOPBACK_CERTIFICATE, LOOPBACK_KEY } from '../prime/loopback-certificate.ts';
import { NAMED_CERTIFICATE, NAMED_HOST, NAMED_KEY } from '../support/named-certificate.ts';
import { TlsServer } from '../support/tls-server.ts';
import type { TlsAnswer, TlsRequest } from '../support/tls-server.ts';
import { ask, kubeConfigText, writeFiles } from './support/kubectl-rules.ts';

let directory: string;
let server: TlsServer | undefined;
let answer: (request: TlsRequest) => TlsAnswer;

beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'kubectl-rules-test-'));
  answer = () => ({ json: {} });
});

afterEach(async () => {
  await server?.close();
  server = undefined;
  await rm(directory, { recursive: true });
});

async function open(isNamed = false): Promise<TlsServer> {
  server = await TlsServer.open({
    certificate: isNamed ? NAMED_CERTIFICATE : LOOPBACK_CERTIFICATE,
    key: isNamed ? NAMED_KEY : LOOPBACK_KEY,
    answer: (request) => answer(request),
  });
  return server;
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

const CA = { 'certificate-authority-data': base64(LOOPBACK_CERTIFICATE) };
/** A certificate that signed nothing here. */
const OTHER = NAMED_CERTIFICATE;

function plugin(lines: string): string {
  return `#!/bin/sh\n${lines}\n`;
}

function credential(status: string): string {
  return `echo "{\\"kind\\":\\"ExecCredential\\",\\"status\\":${status}}"`;
}

interface Row {
  readonly title: string;
  readonly cluster?: object;
  readonly user?: object;
  /** Files beside the kubeconfig. */
  readonly files?: Readonly<Record<string, string>>;
  readonly isNamed?: boolean;
  readonly headers?: Readonly<Record<string, readonly string[]>>;
  readonly seen?: Partial<TlsRequest>;
}

const ROWS: readonly Row[] = [
  {
    title: 'sends the token of a file beside the kubeconfig',
    user: { tokenFile: 'secrets/token' },
    files: { 'secrets/token': 'from-file\n' },
    headers: { authorization: ['Bearer from-file'] },
  },
  {
    title: 'prefers the file to the token, because it may be newer',
    user: { tokenFile: 'token', token: 'old' },
    files: { token: 'new' },
    headers: { authorization: ['Bearer new'] },
  },
  {
    title: 'uses the token if its file is missing',
    user: { tokenFile: 'missing', token: 'old' },
    headers: { authorization: ['Bearer old'] },
  },
  {
    title: 'trusts the data of the cluster, although a file with another certificate is named',
    cluster: { ...CA, 'certificate-authority': 'stale.crt' },
    files: { 'stale.crt': OTHER },
    user: { token: 't' },
  },
  {
    title: 'trusts the data of the cluster, although the file is missing',
    cluster: { ...CA, 'certificate-authority': '/nonexistent/ca.crt' },
    user: { token: 't' },
  },
  {
    title: 'reads the certificate of the cluster from a file beside the kubeconfig',
    cluster: { 'certificate-authority': 'pki/ca.crt' },
    files: { 'pki/ca.crt': LOOPBACK_CERTIFICATE },
    user: { token: 't' },
  },
  {
    title: 'shows the client certificate from files beside the kubeconfig',
    user: { 'client-certificate': 'pki/me.crt', 'client-key': 'pki/me.key' },
    files: { 'pki/me.crt': LOOPBACK_CERTIFICATE, 'pki/me.key': LOOPBACK_KEY },
    seen: { clientName: 'loopback test' },
  },
  {
    title: 'shows the client certificate from data, although files are named',
    user: {
      'client-certificate-data': base64(LOOPBACK_CERTIFICATE),
      'client-certificate': 'stale.crt',
      'client-key-data': base64(LOOPBACK_KEY),
      'client-key': 'stale.key',
    },
    files: { 'stale.crt': NAMED_CERTIFICATE, 'stale.key': NAMED_KEY },
    seen: { clientName: 'loopback test' },
  },
  {
    title: 'impersonates with groups, UID and extra fields',
    user: {
      token: 't',
      as: 'jürgen',
      'as-uid': '0-1-2',
      'as-groups': ['system:masters', 'team:ml'],
      'as-user-extra': { 'example.com/Team': ['a', 'b'], scopes: ['read'] },
    },
    headers: {
      'impersonate-user': [Buffer.from('jürgen').toString('latin1')],
      'impersonate-uid': ['0-1-2'],
      'impersonate-group': ['system:masters', 'team:ml'],
      'impersonate-extra-example.com%2fteam': ['a', 'b'],
      'impersonate-extra-scopes': ['read'],
    },
  },
  {
    title: 'trusts the certificate of the cluster for a context without a user',
    seen: { headers: expect.not.objectContaining({ authorization: expect.anything() }) as never },
  },
  {
    title: 'checks the name that tls-server-name gives, also for a context without a user',
    cluster: {
      'certificate-authority-data': base64(NAMED_CERTIFICATE),
      'tls-server-name': NAMED_HOST,
    },
    isNamed: true,
    seen: { serverName: NAMED_HOST },
  },
  {
    title: 'skips the check with insecure-skip-tls-verify, also for a context without a user',
    cluster: { 'insecure-skip-tls-verify': true },
    isNamed: true,
  },
  {
    title: 'runs a plug-in beside the kubeconfig',
    user: { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: './bin/login', args: ['x'] } },
    files: { 'bin/login': plugin(credential('{\\"token\\":\\"for-$1\\"}')) },
    headers: { authorization: ['Bearer for-x'] },
  },
  {
    title: 'prefers a token to a plug-in',
    user: { token: 'mine', exec: { apiVersion: 'client.authentication.k8s.io/v1', command: './login' } },
    files: { login: plugin(credential('{\\"token\\":\\"its\\"}')) },
    headers: { authorization: ['Bearer mine'] },
  },
];

describe('a kubeconfig', () => {
  it.each(ROWS)('$title', async ({ cluster = CA, user, files = {}, isNamed, headers = {}, seen = {} }) => {
    const { url, requests } = await open(isNamed);
    const file = path.join(directory, 'config');
    await writeFiles(directory, {
      ...files,
      config: kubeConfigText({ cluster: { server: url, ...cluster }, user }),
    });

    await ask({ path: file });

    expect(requests).toMatchObject([{ ...seen, headerLists: headers }]);
  });

  it('gives a plug-in what client-go gives it', async () => {
    const { url, requests } = await open();
    const cluster = {
      server: url,
      ...CA,
      extensions: [{ name: 'client.authentication.k8s.io/exec', extension: { audience: 'me' } }],
    };
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1beta1',
      command: './login',
      provideClusterInfo: true,
    };
    const login = plugin(
      `token=$(printf %s "$KUBERNETES_EXEC_INFO" | base64 -w0)\n${credential('{\\"token\\":\\"$token\\"}')}`,
    );
    await writeFiles(directory, { login, config: kubeConfigText({ cluster, user: { exec } }) });

    await ask({ path: path.join(directory, 'config') });

    const token = requests[0]?.headers.authorization?.replace('Bearer ', '') ?? '';
    expect(JSON.parse(Buffer.from(token, 'base64').toString())).toEqual({
      kind: 'ExecCredential',
      apiVersion: exec.apiVersion,
      spec: { interactive: false, cluster: { server: url, ...CA, config: { audience: 'me' } } },
    });
  });

  it('does not trust the server with the certificate of another cluster', async () => {
    const { url } = await open();
    const cluster = { server: url, 'certificate-authority-data': base64(OTHER) };
    await writeFiles(directory, { config: kubeConfigText({ cluster }) });

    await expect(ask({ path: path.join(directory, 'config') })).rejects.toThrow(
      'DEPTH_ZERO_SELF_SIGNED_CERT',
    );
  });
});

describe('credentials that the server refuses', () => {
  it.each([
    {
      title: 'are read again from the token file',
      user: { tokenFile: 'token' },
      first: { token: 'one' },
      second: { token: 'two' },
    },
    {
      title: 'are requested again from the plug-in',
      user: { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: './login' } },
      first: { login: plugin(credential('{\\"token\\":\\"one\\"}')) },
      second: { login: plugin(credential('{\\"token\\":\\"two\\"}')) },
    },
  ])('$title', async ({ user, first, second }) => {
    const { url, requests } = await open();
    await writeFiles(directory, {
      ...first,
      config: kubeConfigText({ cluster: { server: url, ...CA }, user }),
    });
    const { kubeConfig } = loadKubeConfig({ path: path.join(directory, 'config') });
    const transport = new ApiTransport({ kubeConfig, clock: systemClock, userAgent: 'test/1' });
    const get = async (): Promise<unknown> =>
      await transport.requestJson({ method: 'GET', path: '/version' });
    await get();
    await writeFiles(directory, second);
    answer = ({ headers }) => ({ status: headers.authorization === 'Bearer two' ? 200 : 401 });

    await expect(get()).rejects.toThrow('401');
    await get();
    transport.close();

    expect(requests.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer one',
      'Bearer one',
      'Bearer two',
    ]);
  });
});

describe('KUBECONFIG with several files', () => {
  it('takes each name from the first file that defines it, with paths relative to that file', async () => {
    const { url, requests } = await open();
    await writeFiles(directory, {
      'a/config': JSON.stringify({
        users: [{ name: 'u', user: { tokenFile: 'token' } }],
        clusters: [{ name: 'c', cluster: { server: url, ...CA } }],
        'current-context': 'main',
      }),
      'a/token': 'of-a',
      'b/config': JSON.stringify({
        users: [{ name: 'u', user: { token: 'of-b', as: 'b' } }],
        clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
        contexts: [{ name: 'main', context: { cluster: 'c', user: 'u', namespace: 'b' } }],
        'current-context': 'other',
      }),
    });
    const list = ['missing', 'a/config', '', 'b/config'].map((name) =>
      name === '' ? '' : path.join(directory, name),
    );

    const env = { KUBECONFIG: list.join(path.delimiter) };
    await ask({ env });

    expect(loadKubeConfig({ env }).namespace).toBe('b');
    expect(requests).toMatchObject([{ headers: { authorization: 'Bearer of-a' } }]);
    expect(requests[0]?.headers).not.toHaveProperty('impersonate-user');
  });

  it('names all files if none is there', () => {
    const env = { KUBECONFIG: ['/nonexistent/a', '/nonexistent/b'].join(path.delimiter) };

    expect(() => loadKubeConfig({ env })).toThrow(
      /no file of KUBECONFIG exists: \/nonexistent\/a, \/nonexistent\/b/,
    );
  });

  it('names the file that cannot be parsed', async () => {
    await writeFiles(directory, { good: kubeConfigText({ cluster: {} }), bad: ': : not yaml: [' });
    const env = {
      KUBECONFIG: [path.join(directory, 'good'), path.join(directory, 'bad')].join(path.delimiter),
    };

    expect(() => loadKubeConfig({ env })).toThrow(path.join(directory, 'bad'));
  });
});

describe('without a kubeconfig that says anything', () => {
  const ROOT_FILES = {
    'var/run/secrets/kubernetes.io/serviceaccount/token': 'pod-token',
    'var/run/secrets/kubernetes.io/serviceaccount/ca.crt': LOOPBACK_CERTIFICATE,
    'var/run/secrets/kubernetes.io/serviceaccount/namespace': 'pods-own',
  };
  const POD = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' };

  it.each([
    { title: 'KUBECONFIG is /dev/null', env: { KUBECONFIG: '/dev/null' } },
    { title: 'KUBECONFIG is empty', env: { KUBECONFIG: '' } },
    { title: 'KUBECONFIG is a list of nothing', env: { KUBECONFIG: path.delimiter } },
    { title: 'KUBECONFIG is not set, and the home directory has none', env: { HOME: '/nonexistent' } },
  ])('uses the service account of the Pod: $title', async ({ env }) => {
    await writeFiles(directory, ROOT_FILES);

    expect(loadKubeConfig({ env: { ...env, ...POD }, root: directory }).namespace).toBe('pods-own');
  });

  it('uses the file of the home directory first', async () => {
    await writeFiles(directory, {
      ...ROOT_FILES,
      '.kube/config': kubeConfigText({ cluster: { server: 'https://10.9.9.9' } }),
    });

    expect(loadKubeConfig({ env: { ...POD, HOME: directory }, root: directory }).server).toBe(
      'https://10.9.9.9',
    );
  });

  it.each([
    { title: 'the Pod has no token', env: POD, files: {} },
    { title: 'it is no Pod', env: {}, files: ROOT_FILES },
  ])('says what to do if $title', async ({ env, files }) => {
    await writeFiles(directory, files);

    expect(() => loadKubeConfig({ env: { ...env, KUBECONFIG: '/dev/null' }, root: directory })).toThrow(
      'no kubeconfig found: set KUBECONFIG',
    );
  });
});

describe('is refused at the start, with the sentence of kubectl', () => {
  const https = { server: 'https://10.0.0.1' };
  const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'login' };
  it.each([
    {
      title: 'a certificate file that is missing',
      cluster: { ...https, 'certificate-authority': '/nonexistent/ca.crt' },
      message: /unable to read certificate-authority \/nonexistent\/ca\.crt for c due to ENOENT/,
    },
    {
      title: 'a certificate that is none',
      cluster: { ...https, 'certificate-authority-data': base64('garbage') },
      message: /the certificates or the key of cluster "c" .* cannot be used/,
    },
    {
      title: 'a certificate together with insecure-skip-tls-verify',
      cluster: { ...https, ...CA, 'insecure-skip-tls-verify': true },
      message: /specifying a root certificates file with the insecure flag is not allowed/,
    },
    {
      title: 'a client certificate file that is missing',
      user: { 'client-certificate': '/nonexistent/a', 'client-key': '/nonexistent/b' },
      message:
        /unable to read client-cert \/nonexistent\/a for u.*unable to read client-key \/nonexistent\/b for u/,
    },
    {
      title: 'a client certificate without a key',
      user: { 'client-certificate-data': base64(LOOPBACK_CERTIFICATE) },
      message: /client-key-data or client-key must be specified for u/,
    },
    {
      title: 'a client key that does not fit',
      user: {
        'client-certificate-data': base64(LOOPBACK_CERTIFICATE),
        'client-key-data': base64(NAMED_KEY),
      },
      message: /cannot be used/,
    },
    {
      title: 'a token file that is missing',
      user: { tokenFile: '/nonexistent/token' },
      message: /unable to read tokenFile \/nonexistent\/token for u/,
    },
    {
      title: 'two ways to authenticate',
      user: { token: 't', username: 'me', password: 'pw' },
      message: /more than one authentication method found for u; found \[token basicAuth\]/,
    },
    {
      title: 'groups without a user to impersonate',
      user: { token: 't', 'as-groups': ['g'] },
      message: /requesting uid, groups or user-extra for u without impersonating a user/,
    },
    {
      title: 'a UID without a user to impersonate',
      user: { token: 't', 'as-uid': '1' },
      message: /without impersonating a user/,
    },
    {
      title: 'extra fields without a user to impersonate',
      user: { token: 't', 'as-user-extra': { a: ['b'] } },
      message: /without impersonating a user/,
    },
    {
      title: 'groups that are not a list',
      user: { token: 't', as: 'a', 'as-groups': 'g' },
      message: /user "u" of the kubeconfig: as-groups must be a list of strings/,
    },
    {
      title: 'a group with a line break',
      user: { token: 't', as: 'a', 'as-groups': ['g\nh'] },
      message: /control characters/,
    },
    {
      title: 'a token that is a number',
      user: { token: 12_345 },
      message: /user "u" of the kubeconfig: token must be a string/,
    },
    {
      title: 'a plug-in without a command',
      user: { exec: { ...exec, command: '' } },
      message: /command must be specified for u to use exec authentication plugin/,
    },
    {
      title: 'a plug-in that needs a terminal',
      user: { exec: { ...exec, interactiveMode: 'Always' } },
      message: /interactiveMode Always/,
    },
    {
      title: 'a plug-in together with an auth provider',
      user: { exec, 'auth-provider': { name: 'oidc' } },
      message: /authProvider cannot be provided in combination with an exec plugin for u/,
    },
    {
      title: 'an auth provider that nobody knows',
      user: { 'auth-provider': { name: 'openstack' } },
      message: /no Auth Provider found for name "openstack"/,
    },
    {
      title: 'a proxy of an unknown kind',
      cluster: { ...https, 'proxy-url': 'ftp://me:pass-word@proxy.example' },
      message: /invalid proxy-url for cluster "c": unsupported scheme "ftp", must be http, https, or socks5$/,
    },
    {
      title: 'a proxy that could read the token',
      cluster: {
        server: 'http://10.0.0.1',
        'insecure-skip-tls-verify': true,
        'proxy-url': 'http://proxy.example',
      },
      message: /the proxy could read the credentials/,
    },
    {
      title: 'a cluster without a server',
      cluster: {},
      message: /no server found for cluster "c"/,
    },
  ])('$title', async ({ cluster = https, user, message }) => {
    const file = path.join(directory, 'config');
    await writeFile(file, kubeConfigText({ cluster, user }));

    expect(() => loadKubeConfig({ path: file })).toThrow(message);
  });

  it.each([
    {
      title: 'a user that is missing',
      config: {
        contexts: [{ name: 'main', context: { cluster: 'c', user: 'gone' } }],
        'current-context': 'main',
      },
      message: /names the user "gone", which it does not contain/,
    },
    {
      title: 'no current context',
      config: { contexts: [{ name: 'main', context: { cluster: 'c' } }] },
      message: /sets no current-context: choose one with --context; it has: main/,
    },
    {
      title: 'a name that is defined twice in one file',
      config: { users: [{ name: 'u' }, { name: 'u' }] },
      message: /duplicate name "u" in "users"/,
    },
  ])('$title', async ({ config, message }) => {
    const file = path.join(directory, 'config');
    await writeFile(file, JSON.stringify({ clusters: [{ name: 'c', cluster: https }], ...config }));

    expect(() => loadKubeConfig({ path: file })).toThrow(message);
  });
});
