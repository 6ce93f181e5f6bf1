import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { loadKubeConfig } from '../../../src/kubernetes/kubeconfig/kube-config.ts';
import { LOOPBACK_CERTIFICATE, LOOPBACK_KEY } from '../../prime/loopback-certificate.ts';
import { TlsServer } from '../../support/tls-server.ts';
import { ask, kubeConfigText, writeFiles } from '../support/kubectl-rules.ts';

const ca = { 'certificate-authority-data': Buffer.from(LOOPBACK_CERTIFICATE).toString('base64') };
let directory: string;
let server: TlsServer | undefined;

beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'kubectl-rules-test-'));
});

afterEach(async () => {
  await server?.close();
  server = undefined;
  await rm(directory, { recursive: true });
});

describe('KUBECONFIG with several files', () => {
  it('takes each name from the first file that defines it, with paths relative to that file', async () => {
    server = await TlsServer.open({ certificate: LOOPBACK_CERTIFICATE, key: LOOPBACK_KEY });
    const { url, requests } = server;
    await writeFiles(directory, {
      'a/config': JSON.stringify({
        users: [{ name: 'u', user: { tokenFile: 'token' } }],
        clusters: [{ name: 'c', cluster: { server: url, ...ca } }],
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

  it('never takes the rights of its Pod for a context that somebody asked for', async () => {
    await writeFiles(directory, ROOT_FILES);

    expect(() => loadKubeConfig({ env: POD, root: directory, context: 'prod' })).toThrow(
      'context "prod" does not exist: no kubeconfig was found',
    );
  });
});
