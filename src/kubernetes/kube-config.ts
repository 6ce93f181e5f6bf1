import { KubeConfig } from '@kubernetes/client-node';
import type { ApiTransport, CallOptions } from './api-transport.ts';
import { stringAt } from '../json.ts';

/** Where to find the cluster. Without options: KUBECONFIG, `~/.kube/config`, then the service account of the Pod. */
export interface KubeConfigOptions {
  /** A kubeconfig file. */
  path?: string | undefined;
  /** A context in it. @default its current context */
  context?: string | undefined;
}

/** A kubeconfig that names a cluster and a user. */
export interface LoadedKubeConfig {
  kubeConfig: KubeConfig;
  server: string;
  /** The context's namespace. For a service account it is the namespace of the Pod. */
  namespace: string | undefined;
}

/** There is no usable kubeconfig. The message says what to do. */
export class KubeConfigError extends Error {
  override name = 'KubeConfigError';
}

/** client-node falls back to this if it finds nothing. */
const LAST_RESORT = { context: 'loaded-context', server: 'http://localhost:8080' };

/**
 * Loads the kubeconfig and checks that it names a cluster.
 *
 * @throws {KubeConfigError} if there is no usable one
 */
export function loadKubeConfig(options: KubeConfigOptions = {}): LoadedKubeConfig {
  const kubeConfig = readKubeConfig(options);
  if (options.context !== undefined) selectContext(kubeConfig, options.context);
  const server = serverOf(kubeConfig);
  if (kubeConfig.getCurrentContext() === LAST_RESORT.context && server === LAST_RESORT.server) {
    throw new KubeConfigError(
      'no kubeconfig found: set KUBECONFIG, create ~/.kube/config, or run in a Pod with a service account',
    );
  }
  const context = kubeConfig.getContextObject(kubeConfig.getCurrentContext());
  return { kubeConfig, server, namespace: context?.namespace };
}

/** The server's version, such as `v1.37.2`. Also the cheapest proof that the server is reachable. */
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
