import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { KubeConfigError } from '../../../src/kubernetes/kubeconfig/kube-config-error.ts';
import { loadKubeConfig } from '../../../src/kubernetes/kubeconfig/kube-config.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'kube-config-test-'));
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

interface Parts {
  server?: string;
  cluster?: string;
  skipTls?: boolean;
}

async function write({
  server = 'https://10.0.0.1:6443',
  cluster = 'c',
  skipTls = false,
}: Parts = {}): Promise<string> {
  const file = path.join(directory, 'config');
  const config = {
    clusters: [{ name: 'c', cluster: { server, 'insecure-skip-tls-verify': skipTls } }],
    users: [{ name: 'u', user: { token: 't' } }],
    contexts: [
      { name: 'main', context: { cluster, user: 'u', namespace: 'ml' } },
      { name: 'other', context: { cluster, user: 'u' } },
    ],
    'current-context': 'main',
  };
  await writeFile(file, JSON.stringify(config));
  return file;
}

it('loads the server and the namespace of the context from a file', async () => {
  expect(loadKubeConfig({ path: await write() })).toMatchObject({
    server: 'https://10.0.0.1:6443',
    namespace: 'ml',
  });
});

it('uses another context on request', async () => {
  const { namespace, kubeConfig } = loadKubeConfig({ path: await write(), context: 'other' });

  expect([namespace, kubeConfig.getCurrentContext()]).toEqual([undefined, 'other']);
});

describe('a kubeconfig that cannot be used', () => {
  it.each([
    {
      name: 'names a missing file',
      parts: undefined,
      context: undefined,
      message: /cannot be read.*ENOENT/,
    },
    {
      name: 'names a missing context',
      parts: {},
      context: 'nowhere',
      message: /no context "nowhere".*main, other/,
    },
    {
      name: 'names a missing cluster',
      parts: { cluster: 'gone' },
      context: undefined,
      message: /"main" names no cluster/,
    },
    {
      name: 'names a server that is not a URL',
      parts: { server: 'nonsense' },
      context: undefined,
      message: /is not a URL: "nonsense"/,
    },
    {
      name: 'rejects plain HTTP by default',
      parts: { server: 'http://10.0.0.1' },
      context: undefined,
      message: /is plain HTTP/,
    },
  ])('$name', async ({ parts, context, message }) => {
    const file = parts === undefined ? path.join(directory, 'missing') : await write(parts);
    const load = (): unknown => loadKubeConfig({ path: file, context });

    expect(load).toThrow(KubeConfigError);
    expect(load).toThrow(message);
  });

  it('reports a file that it cannot parse', async () => {
    const file = path.join(directory, 'config');
    await writeFile(file, ': : not yaml: [');

    expect(() => loadKubeConfig({ path: file })).toThrow(/cannot be read/);
  });
});
