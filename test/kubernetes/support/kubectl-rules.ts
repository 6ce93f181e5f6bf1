import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { systemClock } from '../../../src/clock.ts';
import { ApiTransport } from '../../../src/kubernetes/client/api-transport.ts';
import { loadKubeConfig } from '../../../src/kubernetes/kubeconfig/kube-config.ts';
import type { KubeConfigOptions } from '../../../src/kubernetes/kubeconfig/kube-config.ts';

/** The parts of a kubeconfig with one context, `main`, that connects cluster `c` and user `u`. */
export interface KubeConfigParts {
  readonly cluster: object;
  /** Undefined: the context names no user. */
  readonly user?: object | undefined;
}

/** A kubeconfig as text. */
export function kubeConfigText({ cluster, user }: KubeConfigParts): string {
  return JSON.stringify({
    clusters: [{ name: 'c', cluster }],
    users: user === undefined ? [] : [{ name: 'u', user }],
    contexts: [{ name: 'main', context: { cluster: 'c', ...(user === undefined ? {} : { user: 'u' }) } }],
    'current-context': 'main',
  });
}

/** Writes files by relative name. Those that begin with `#!` may be run. */
export async function writeFiles(directory: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(directory, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
    if (text.startsWith('#!')) await chmod(file, 0o755);
  }
}

/** Sends one request with the kubeconfig. */
export async function ask(options: KubeConfigOptions): Promise<unknown> {
  const { kubeConfig } = loadKubeConfig(options);
  const transport = new ApiTransport({ kubeConfig, clock: systemClock, userAgent: 'test/1' });
  try {
    return await transport.requestJson({ method: 'GET', path: '/version' });
  } finally {
    transport.close();
  }
}
