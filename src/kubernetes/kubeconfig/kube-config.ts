import { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { stringAt } from '../../json.ts';
import type { ApiTransport, CallOptions } from '../client/api-transport.ts';
import { clusterProblems, userProblems } from './kube-config-checks.ts';
import { clusterEntry, userEntry } from './kube-config-entries.ts';
import type { ClusterEntry, UserEntry } from './kube-config-entries.ts';
import { KubeConfigError, messageOf } from './kube-config-error.ts';
import { isEmpty, readKubeConfigFile, readKubeConfigFiles } from './kube-config-files.ts';
import type { RawKubeConfig } from './kube-config-files.ts';
import { readTlsMaterialNow, tlsOptions } from './tls-material.ts';

/** The variables of the process that matter here. */
export type KubeEnvironment = Readonly<Record<string, string | undefined>>;

/** Where to find the cluster. Without a path: KUBECONFIG, `~/.kube/config`, then the service account of the Pod. */
export interface KubeConfigOptions {
  /** A kubeconfig file. */
  path?: string | undefined;
  /** A context in it. @default its current context */
  context?: string | undefined;
  /** @default no variables */
  env?: KubeEnvironment | undefined;
  /** A directory that stands for `/` when the service account of the Pod is looked up. @default '' */
  root?: string | undefined;
}

/** A kubeconfig that names a cluster and a user. */
export interface LoadedKubeConfig {
  kubeConfig: KubeConfig;
  server: string;
  /** The context's namespace. For a service account it is the namespace of the Pod. */
  namespace: string | undefined;
}

/**
 * Loads the kubeconfig as kubectl does, and checks everything that can be known without the server.
 *
 * @throws {KubeConfigError} if there is no usable one
 */
export function loadKubeConfig(options: KubeConfigOptions = {}): LoadedKubeConfig {
  const raw = options.path === undefined ? readDefault(options.env ?? {}) : readKubeConfigFile(options.path);
  if (!isEmpty(raw)) {
    return fromFiles(raw, options.context);
  }
  // The Pod's own rights are not those of the context that somebody asked for.
  if (options.context !== undefined) {
    throw new KubeConfigError(`context "${options.context}" does not exist: no kubeconfig was found`);
  }
  return inCluster(options);
}

/** The server's version, such as `v1.37.2`. Also the cheapest proof that the server is reachable. */
export async function serverVersion(transport: ApiTransport, options: CallOptions = {}): Promise<string> {
  const answer = await transport.requestJson({ ...options, method: 'GET', path: '/version' });
  return stringAt(answer, 'gitVersion') ?? 'unknown';
}

/** An empty variable counts as not set, as for kubectl. */
function readDefault(env: KubeEnvironment): RawKubeConfig {
  const list = env['KUBECONFIG'] ?? '';
  if (list !== '') {
    return readKubeConfigFiles(list.split(path.delimiter).filter((file) => file !== ''));
  }
  const home = env['HOME'] ?? '';
  const file = path.join(home, '.kube', 'config');
  return home !== '' && existsSync(file) ? readKubeConfigFile(file) : readKubeConfigFiles([]);
}

const TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';

function inCluster({ env = {}, root = '' }: KubeConfigOptions): LoadedKubeConfig {
  const isThere = ['KUBERNETES_SERVICE_HOST', 'KUBERNETES_SERVICE_PORT'].every(
    (name) => (env[name] ?? '') !== '',
  );
  if (!isThere || !existsSync(root + TOKEN)) {
    throw new KubeConfigError(
      'no kubeconfig found: set KUBECONFIG, create ~/.kube/config, or run in a Pod with a service account',
    );
  }
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromCluster(root);
  const namespace = kubeConfig.getContextObject(kubeConfig.getCurrentContext())?.namespace;
  return { kubeConfig, server: kubeConfig.getCurrentCluster()?.server ?? '', namespace };
}

function fromFiles(raw: RawKubeConfig, wanted: string | undefined): LoadedKubeConfig {
  const name = contextName(raw, wanted);
  const context = raw.contexts.get(name)?.body;
  const cluster = clusterOf(raw, name);
  const user = userOf(raw, name);
  const problems = [...clusterProblems(cluster), ...(user === undefined ? [] : userProblems(user))];
  if (problems.length > 0) throw new KubeConfigError(problems.join('; '));
  checkCertificates(cluster, user);
  const kubeConfig = new KubeConfig();
  const namespace = stringAt(context, 'namespace') ?? '';
  kubeConfig.loadFromOptions({
    clusters: [cluster],
    users: user === undefined ? [] : [user],
    contexts: [
      { name, cluster: cluster.name, user: user?.name ?? '', ...(namespace === '' ? {} : { namespace }) },
    ],
    currentContext: name,
  });
  return { kubeConfig, server: cluster.server, namespace: namespace === '' ? undefined : namespace };
}

function contextName({ contexts, currentContext }: RawKubeConfig, wanted: string | undefined): string {
  const name = wanted ?? currentContext;
  const names = [...contexts.keys()].join(', ');
  if (name === undefined) {
    throw new KubeConfigError(
      `the kubeconfig sets no current-context: choose one with --context; it has: ${names}`,
    );
  }
  if (!contexts.has(name)) {
    throw new KubeConfigError(`the kubeconfig has no context "${name}"; it has: ${names}`);
  }
  return name;
}

function clusterOf({ contexts, clusters }: RawKubeConfig, context: string): ClusterEntry {
  const entry = clusters.get(stringAt(contexts.get(context)?.body, 'cluster') ?? '');
  if (entry === undefined) {
    throw new KubeConfigError(`the kubeconfig's context "${context}" names no cluster that it contains`);
  }
  return clusterEntry(entry);
}

/** A context without a user is anonymous. kubectl is also anonymous if the user is missing, which is a mistake. */
function userOf({ contexts, users }: RawKubeConfig, context: string): UserEntry | undefined {
  const name = stringAt(contexts.get(context)?.body, 'user') ?? '';
  if (name === '') return undefined;
  const entry = users.get(name);
  if (entry === undefined) {
    throw new KubeConfigError(
      `the kubeconfig's context "${context}" names the user "${name}", which it does not contain`,
    );
  }
  return userEntry(entry);
}

/** A certificate that cannot be parsed would fail every request, without end. */
function checkCertificates(cluster: ClusterEntry, user: UserEntry | undefined): void {
  try {
    const material = readTlsMaterialNow(cluster, user);
    tlsOptions(material);
    // OpenSSL skips text that is no certificate, and would trust nobody.
    if (material.ca !== undefined) new X509Certificate(material.ca);
  } catch (error) {
    throw new KubeConfigError(
      `the certificates or the key of cluster "${cluster.name}" and user "${user?.name ?? ''}" cannot be used: ${messageOf(error)}`,
      { cause: error },
    );
  }
}
