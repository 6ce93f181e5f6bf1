import { hostname } from 'node:os';
import { ACCOUNT_PLURALS, GROUP, OPERATOR_NAME, PLURAL, VERSION } from '../api/common/names.ts';
import type { AccountKind } from '../api/common/names.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { OPERATOR_VERSION } from '../config/version.ts';
import { ApiTransport } from '../kubernetes/client/api-transport.ts';
import { configMapClient } from '../kubernetes/client/config-map-client.ts';
import { EventRecorder } from '../kubernetes/events/event-recorder.ts';
import { loadKubeConfig } from '../kubernetes/kubeconfig/kube-config.ts';
import type { LoadedKubeConfig } from '../kubernetes/kubeconfig/kube-config.ts';
import type { Log } from '../kubernetes/log.ts';
import type { ManagerOptions, WatchedResource } from '../kubernetes/manager.ts';
import type { Metrics } from '../observability/metrics.ts';
import { trimMetadata } from '../kubernetes/objects.ts';
import type { KubernetesObject } from '../kubernetes/objects.ts';
import { Reflector } from '../kubernetes/cache/reflector.ts';
import { ResourceClient } from '../kubernetes/client/resource-client.ts';
import { secretsClient } from '../kubernetes/client/secrets-client.ts';
import type { ClusterPorts } from '../controllers/gpupod/gpu-pod-options.ts';
import { keptGpuPod } from '../api/gpupod/gpu-pod.ts';
import { decodeNamespace, decodeOwn } from './decode.ts';

export interface ClusterParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

export interface Cluster {
  readonly kubeConfig: LoadedKubeConfig['kubeConfig'];
  readonly transport: ApiTransport;
  /** For the Lease alone, so that other requests that hang cannot delay its renewal. */
  readonly leaseTransport: ApiTransport;
  readonly openInformer: ManagerOptions['openInformer'];
  readonly recorder: EventRecorder;
  readonly namespaces: ResourceClient<KubernetesObject>;
  /** Reads whole CRDs, because the operator compares their schema. */
  readonly crds: ResourceClient<KubernetesObject>;
  /** The operator's own namespace. */
  readonly namespace: string;
  readonly ports: Omit<ClusterPorts, 'view'>;
}

const GPU_PODS = { group: GROUP, version: VERSION, plural: PLURAL };
/** Reasons of events whose whole content the status has. What a deletion reports outlives the status, so it counts. */
const IN_STATUS: ReadonlySet<string> = new Set(['Rented', 'Ready']);
const CRDS = { group: 'apiextensions.k8s.io', version: 'v1', plural: 'customresourcedefinitions' };
const NAMESPACES = { group: '', version: 'v1', plural: 'namespaces' };

/** The GpuPods that this operator watches. */
export function gpuPodResource({ kubernetes: { watchNamespaces } }: Config): WatchedResource {
  return { ...GPU_PODS, namespaces: watchNamespaces, decode: decodeOwn, toKept: keptGpuPod };
}

/** The accounts of one kind that this operator watches. */
export function accountResource(kind: AccountKind, { kubernetes }: Config): WatchedResource {
  const namespaces = kind === 'GpuAccount' ? kubernetes.watchNamespaces : [];
  const type = { group: GROUP, version: VERSION, plural: ACCOUNT_PLURALS[kind] };
  return { ...type, namespaces, decode: decodeOwn, isOptional: kubernetes.gpuAccounts === 'auto' };
}

export function accountClient(kind: AccountKind, transport: ApiTransport): ResourceClient<KubernetesObject> {
  const type = { group: GROUP, version: VERSION, plural: ACCOUNT_PLURALS[kind] };
  return new ResourceClient({ transport, type, decode: decodeOwn });
}

/** All namespaces with their labels, which ClusterGpuAccounts select. */
export function namespaceResource({ kubernetes: { gpuAccounts } }: Config): WatchedResource {
  return {
    ...NAMESPACES,
    namespaces: [],
    decode: decodeNamespace,
    isOptional: gpuAccounts === 'auto',
  };
}

export function gpuPodClient(transport: ApiTransport): ResourceClient<KubernetesObject> {
  return new ResourceClient({ transport, type: GPU_PODS, decode: decodeOwn });
}

/** Builds everything that speaks to the Kubernetes API. It sends nothing. */
export function connectCluster({ config, clock, log, metrics }: ClusterParts): Cluster {
  const { kubeconfig, context, namespace, watchIdleTimeoutMs } = config.kubernetes;
  const loaded = loadKubeConfig({ path: kubeconfig, context, env: config.environment });
  const { kubeConfig } = loaded;
  const userAgent = `${OPERATOR_NAME}/${OPERATOR_VERSION}`;
  const proxyUrlFor = config.proxies?.forApiServer;
  const shared = { kubeConfig, clock, userAgent, proxyUrlFor, onRequest: metrics.onApiRequest };
  // As many sockets as workers may hang in a write, and as many again for terminations.
  const maxSockets = 2 * config.process.concurrency + 32;
  const transport = new ApiTransport({ ...shared, maxSockets });
  const recorder = new EventRecorder({
    transport,
    clock,
    log,
    component: OPERATOR_NAME,
    instance: hostname(),
    isMinor: ({ type, reason }) => type === 'Normal' && IN_STATUS.has(reason),
    onDropped: metrics.onEventDropped,
  });
  const configMaps = configMapClient(transport);
  return {
    kubeConfig,
    transport,
    leaseTransport: new ApiTransport({ ...shared, maxSockets: LEASE_SOCKETS }),
    openInformer: (path, { decode, toKept, isOptional = false }) =>
      new Reflector<KubernetesObject>({
        transport,
        clock,
        log,
        path,
        decode,
        toKept,
        isOptional,
        idleTimeoutMs: watchIdleTimeoutMs,
        observer: metrics.reflector,
      }),
    recorder,
    namespaces: new ResourceClient<KubernetesObject>({ transport, type: NAMESPACES, decode: trimMetadata }),
    crds: new ResourceClient<KubernetesObject>({ transport, type: CRDS, decode: trimMetadata }),
    namespace: namespace ?? loaded.namespace ?? 'default',
    ports: {
      api: gpuPodClient(transport),
      secrets: secretsClient(transport),
      configMaps,
      events: recorder,
    },
  };
}

/** One for a renewal, and one for the read after a conflict. */
const LEASE_SOCKETS = 2;
