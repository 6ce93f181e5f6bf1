import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../../src/clock.ts';
import { ApiTransport } from '../../../src/kubernetes/client/api-transport.ts';
import { loadKubeConfig } from '../../../src/kubernetes/kubeconfig/kube-config.ts';
import { LOOPBACK_CERTIFICATE, LOOPBACK_KEY } from '../../prime/loopback-certificate.ts';
import { NAMED_CERTIFICATE, NAMED_HOST, NAMED_KEY } from '../../support/named-certificate.ts';
import { TlsServer } from '../../support/tls-server.ts';
import type { TlsAnswer, TlsRequest } from '../../support/tls-server.ts';
import { ask, kubeConfigText, writeFiles } from '../support/kubectl-rules.ts';

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
    headers: { authorization: ['Bearer t'] },
  },
  {
    title: 'trusts the data of the cluster, although the file is missing',
    cluster: { ...CA, 'certificate-authority': '/nonexistent/ca.crt' },
    user: { token: 't' },
    headers: { authorization: ['Bearer t'] },
  },
  {
    title: 'reads the certificate of the cluster from a file beside the kubeconfig',
    cluster: { 'certificate-authority': 'pki/ca.crt' },
    files: { 'pki/ca.crt': LOOPBACK_CERTIFICATE },
    user: { token: 't' },
    headers: { authorization: ['Bearer t'] },
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
      authorization: ['Bearer t'],
      'impersonate-user': [Buffer.from('jürgen').toString('latin1')],
      'impersonate-uid': ['0-1-2'],
      'impersonate-group': ['system:masters', 'team:ml'],
      'impersonate-extra-example.com%2fteam': ['a', 'b'],
      'impersonate-extra-scopes': ['read'],
    },
  },
  {
    title: 'trusts the certificate of the cluster for a context without a user',
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
    expect(requests[0]?.headerLists['authorization']).toEqual(headers['authorization']);
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
