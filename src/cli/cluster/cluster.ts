import { GROUP, PLURAL, VERSION } from '../../api/common/names.ts';
import { OPERATOR_VERSION } from '../../config/version.ts';
import { ApiTransport } from '../../kubernetes/client/api-transport.ts';
import { ResourceClient } from '../../kubernetes/client/resource-client.ts';
import { secretsClient } from '../../kubernetes/client/secrets-client.ts';
import type { Secret } from '../../kubernetes/client/secrets-client.ts';
import { loadKubeConfig } from '../../kubernetes/kubeconfig/kube-config.ts';
import { trimMetadata } from '../../kubernetes/objects.ts';
import type { RawObject } from '../../kubernetes/objects.ts';
import { readProxies } from '../../network/proxies.ts';
import { CliError } from '../cli-error.ts';
import type { CliParts } from '../parts.ts';
import { asked } from './api-problems.ts';
import type { ClusterOptions } from './cluster-options.ts';

/** What the commands read of one cluster. Every read is live, and its errors say what to do. */
export interface Cluster {
  /** The namespace that was asked for, else that of the context. */
  readonly namespace: string;
  /** @param namespace undefined: all namespaces */
  listGpuPods(namespace: string | undefined): Promise<readonly RawObject[]>;
  /** @throws {CliError} if there is none */
  getGpuPod(name: string): Promise<RawObject>;
  /** Undefined if there is none. */
  getSecret(name: string): Promise<Secret | undefined>;
}

const GPU_PODS = `${PLURAL}.${GROUP}`;

/**
 * Runs work with a connection to the cluster of the kubeconfig, and closes it.
 *
 * @throws {KubeConfigError} if there is no usable kubeconfig
 */
export async function withCluster<R>(
  parts: CliParts,
  options: ClusterOptions,
  work: (cluster: Cluster) => Promise<R>,
): Promise<R> {
  const { kubeConfig, server, namespace } = loadKubeConfig({
    path: options.kubeconfig,
    context: options.context,
    env: parts.env,
  });
  const transport = new ApiTransport({
    kubeConfig,
    clock: parts.clock,
    userAgent: `gpupod/${OPERATOR_VERSION}`,
    proxyUrlFor: readProxies(parts.env).forApiServer,
  });
  try {
    return await work(clusterOf(transport, server, options.namespace ?? namespace ?? 'default'));
  } finally {
    transport.close();
  }
}

function clusterOf(transport: ApiTransport, server: string, namespace: string): Cluster {
  const gpuPods = new ResourceClient<RawObject>({
    transport,
    type: { group: GROUP, version: VERSION, plural: PLURAL },
    decode: trimMetadata,
  });
  const secrets = secretsClient(transport);

  async function getGpuPod(name: string): Promise<RawObject> {
    const call = { server, verb: 'get', resource: GPU_PODS, namespace } as const;
    const found = await asked(call, async () => await gpuPods.get({ namespace, name }));
    if (found !== undefined) {
      return found;
    }
    // A server without the CRD gives the same answer. Discovery needs no right of its own.
    await asked(call, async () => await transport.requestJson({ method: 'GET', path: `/apis/${GROUP}` }));
    throw new CliError(
      `GpuPod ${namespace}/${name} does not exist. List them with kubectl get gpupods -n ${namespace}, or choose another namespace with -n.`,
    );
  }

  return {
    namespace,
    getGpuPod,
    listGpuPods: async (of) =>
      await asked(
        { server, verb: 'list', resource: GPU_PODS, namespace: of },
        async () => await gpuPods.list(of === undefined ? {} : { namespace: of }),
      ),
    getSecret: async (name) =>
      await asked(
        { server, verb: 'get', resource: 'secrets', namespace },
        async () => await secrets.get({ namespace, name }),
      ),
  };
}
