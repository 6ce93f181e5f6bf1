import { KubeConfig } from '@kubernetes/client-node';
import type { ApiTransport, CallOptions } from './api-transport.ts';
import { stringAt } from '../json.ts';

/** Where to find the cluster; everything absent: KUBECONFIG, `~/.kube/config`, then the pod's service account. */
export interface KubeConfigOptions {
  /** A kubeconfig file. */
  path?: string | undefined;
  /** A context in it. @default its current one */
  context?: string | undefined;
}

/** A kubeconfig that names a cluster and a user. */
export interface LoadedKubeConfig {
  kubeConfig: KubeConfig;
  server: string;
  /** The context's namespace: for a service account the pod's own. */
  namespace: string | undefined;
}

/** No usable kubeconfig; the message says what to do about it. */
export class KubeConfigError extends Error {
  override name = 'KubeConfigError';
}

/** client-node's last resort when it finds nothing at all. */
const LAST_RESORT = { context: 'loaded-context', server: 'http://localhost:8080' };

/** Loads the kubeconfig and checks that it leads somewhere. Throws `KubeConfigError`. */
export function loadKubeConfig(options: KubeConfigOptions = {}): LoadedKubeConfig {
  const kubeConfig = readKubeConfig(options);
  if (options.context !== undefined) selectContext(kubeConfig, options.context);
  const server = serverOf(kubeConfig);
  if (kubeConfig.getCurrentContext() === LAST_RESORT.context && server === LAST_RESORT.server) {
    throw new KubeConfigError(
      'no kubeconfig found: set KUBECONFIG, create ~/.kube/config, or run in a pod with a service account',
    );
  }
  const context = kubeConfig.getContextObject(kubeConfig.getCurrentContext());
  return { kubeConfig, server, namespace: context?.namespace };
}

/** The server's version, `v1.37.2`; also the cheapest proof that it can be reached. */
export async function serverVersion(transport: ApiTransport, options: CallOptions = {}): Promise<string> {
  const answer = await transport.requestJson({ ...options, method: 'GET', path: '/version' });
  return stringAt(answer, 'gitVersion') ?? 'unknown';
}

function readKubeConfig({ path }: KubeConfigOptions): KubeConfig {
  const kubeConfig = new KubeConfig();
  try {
    if (path === undefined) kubeConfig.loadFromDefault();
    else kubeConfig.loadFromFile(path);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new KubeConfigError(`the kubeconfig cannot be read: ${message}`, { cause: error });
  }
  return kubeConfig;
}

function selectContext(kubeConfig: KubeConfig, context: string): void {
  const names = kubeConfig.getContexts().map(({ name }) => name);
  if (!names.includes(context)) {
    throw new KubeConfigError(`the kubeconfig has no context "${context}"; it has: ${names.join(', ')}`);
  }
  kubeConfig.setCurrentContext(context);
}

function serverOf(kubeConfig: KubeConfig): string {
  const context = kubeConfig.getCurrentContext();
  const cluster = kubeConfig.getCurrentCluster();
  if (cluster === null) {
    throw new KubeConfigError(`the kubeconfig's context "${context}" names no cluster that it contains`);
  }
  if (!URL.canParse(cluster.server)) {
    throw new KubeConfigError(`the server of cluster "${cluster.name}" is not a URL: "${cluster.server}"`);
  }
  if (cluster.server.startsWith('http:') && !cluster.skipTLSVerify) {
    throw new KubeConfigError(
      `cluster "${cluster.name}" is plain HTTP: set insecure-skip-tls-verify on it if that is intended`,
    );
  }
  return cluster.server;
}
