import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { GROUP, OPERATOR_NAME, PLURAL, VERSION } from './api/names.ts';
import { systemClock } from './clock.ts';
import { ApiTransport } from './kubernetes/api-transport.ts';
import { configMapClient } from './kubernetes/config-map-client.ts';
import { EventRecorder } from './kubernetes/event-recorder.ts';
import { loadKubeConfig } from './kubernetes/kube-config.ts';
import type { LoadedKubeConfig } from './kubernetes/kube-config.ts';
import { LeaderElector } from './kubernetes/leader-elector.ts';
import type { Log } from './kubernetes/log.ts';
import { trimMetadata } from './kubernetes/objects.ts';
import type { KubernetesObject } from './kubernetes/objects.ts';
import { Reflector } from './kubernetes/reflector.ts';
import { ResourceClient, resourcePath } from './kubernetes/resource-client.ts';
import { secretsClient } from './kubernetes/secrets-client.ts';
import type { Policy, Windows } from './lifecycle/settings.ts';
import type { ApiKeySource } from './prime/api-key.ts';
import { createPrimeProvider } from './prime/prime-provider.ts';
import { createRateLimiter } from './prime/rate-limiter.ts';
import { Controller } from './reconciler/controller.ts';
import { GpuPodOperator } from './reconciler/gpu-pod-operator.ts';
import { ensureInstallation } from './reconciler/installation.ts';
import type { OrphanPolicy } from './reconciler/sweep.ts';

/** What an operator process is made from; the configuration gives it. */
export interface OperatorSettings {
  readonly kubernetes: {
    readonly kubeconfig?: string | undefined;
    readonly context?: string | undefined;
    /** The operator's own namespace, for Lease and ConfigMaps. */
    readonly namespace?: string | undefined;
    readonly watchNamespace?: string | undefined;
  };
  readonly lease: {
    readonly isElected: boolean;
    readonly name: string;
    readonly durationMs: number;
    readonly renewDeadlineMs: number;
    readonly renewPeriodMs: number;
    readonly retryPeriodMs: number;
  };
  readonly prime: {
    readonly baseUrl: string;
    readonly apiKey: ApiKeySource;
    readonly createTimeoutMs: number;
    readonly readTimeoutMs: number;
    readonly offerCacheMs: number;
    readonly maxRequestsPerSecond: number;
  };
  readonly installation: {
    readonly id?: string | undefined;
    readonly acceptCluster?: string | undefined;
    readonly acceptAccount?: string | undefined;
  };
  readonly concurrency: number;
  readonly orphanPolicy: OrphanPolicy;
  readonly policy: Policy;
  readonly windows: Windows;
  readonly coolDownScale: number;
  readonly version: string;
}

/** A running operator. */
export interface RunningOperator {
  /**
   * Stops in good order: what is under way is finished, an order that was sent is awaited, the lease is
   * given back.
   */
  stop(): Promise<void>;
  /** Resolves when it has ended: asked to, or because the lease was lost. */
  readonly ended: Promise<'stopped' | 'lostLease'>;
}

const clock = systemClock;
const INSTALLATION_RETRY_MS = 2_000;
const EVENT_FLUSH_MS = 2_000;

/** Puts an operator together and starts it: it watches at once, and works once it leads. */
export async function startOperator(settings: OperatorSettings, log: Log): Promise<RunningOperator> {
  const cluster = connectCluster(settings, log);
  const prime = connectPrime(settings);
  const ended = Promise.withResolvers<'stopped' | 'lostLease'>();
  const identity = `${hostname()}_${randomUUID().slice(0, 8)}`;
  const elector: { current?: LeaderElector } = {};
  const controller = new Controller({
    ...settings,
    clock,
    log,
    namespace: cluster.namespace,
    cluster: cluster.ports,
    provider: prime.provider,
    account: {
      origin: new URL(settings.prime.baseUrl).origin,
      accept: settings.installation.acceptAccount,
      keyVersion: () => settings.prime.apiKey.current().version,
    },
    takeCreateTurn: async () => {
      await prime.limiter.acquire('create');
    },
    isLeaseFresh: () => isFresh(elector.current, settings.windows.leaseFenceMs),
  });
  const operator = new GpuPodOperator({
    kubeConfig: cluster.kubeConfig,
    log,
    sourceFor: () => cluster.reflector,
    watchNamespace: settings.kubernetes.watchNamespace,
    enqueue: (key) => {
      controller.enqueue(key);
    },
  });
  const lead = async (): Promise<void> => {
    await cluster.reflector.whenSynced();
    controller.start(await readInstallation(settings, cluster, log));
    log.info({ identity }, 'leading');
  };
  const finish = async (): Promise<void> => {
    await controller.stop();
    await cluster.recorder.stop({ flushTimeoutMs: EVENT_FLUSH_MS });
  };
  await operator.start();
  if (settings.lease.isElected) {
    elector.current = new LeaderElector({
      transport: cluster.transport,
      clock,
      log,
      namespace: cluster.namespace,
      name: settings.lease.name,
      identity,
      leaseDurationMs: settings.lease.durationMs,
      renewDeadlineMs: settings.lease.renewDeadlineMs,
      renewPeriodMs: settings.lease.renewPeriodMs,
      retryPeriodMs: settings.lease.retryPeriodMs,
      onStartedLeading: () => {
        void lead();
      },
      onStoppedLeading: async (end) => {
        if (end === 'lost') {
          ended.resolve('lostLease');
          return;
        }
        await finish();
      },
    });
    elector.current.start();
  } else {
    await lead();
  }
  return {
    ended: ended.promise,
    stop: async () => {
      await (elector.current === undefined ? finish() : elector.current.stop());
      operator.stop();
      await operator.whenStopped();
      prime.provider.close();
      cluster.transport.close();
      ended.resolve('stopped');
    },
  };
}

type Cluster = ReturnType<typeof connectCluster>;

function connectCluster(settings: OperatorSettings, log: Log) {
  const { kubeconfig, context, namespace, watchNamespace } = settings.kubernetes;
  const loaded: LoadedKubeConfig = loadKubeConfig({ path: kubeconfig, context });
  const userAgent = `${OPERATOR_NAME}/${settings.version}`;
  const { kubeConfig } = loaded;
  const transport = new ApiTransport({ kubeConfig, clock, userAgent, maxSockets: settings.concurrency });
  const type = { group: GROUP, version: VERSION, plural: PLURAL };
  const reflector = new Reflector<KubernetesObject>({
    transport,
    clock,
    log,
    path: resourcePath(type, watchNamespace),
    decode: trimMetadata,
  });
  const api = new ResourceClient<KubernetesObject>({ transport, type, decode: trimMetadata });
  const configMaps = configMapClient(transport);
  const namespaces = new ResourceClient<KubernetesObject>({
    transport,
    type: { group: '', version: 'v1', plural: 'namespaces' },
    decode: trimMetadata,
  });
  const recorder = new EventRecorder({
    transport,
    clock,
    log,
    component: OPERATOR_NAME,
    instance: hostname(),
  });
  return {
    kubeConfig,
    transport,
    reflector,
    configMaps,
    namespaces,
    recorder,
    namespace: namespace ?? loaded.namespace ?? 'default',
    ports: {
      api,
      view: reflector.store,
      secrets: secretsClient(transport),
      configMaps,
      events: recorder,
    },
  };
}

function connectPrime({ prime }: OperatorSettings) {
  const { baseUrl, apiKey, maxRequestsPerSecond } = prime;
  const limiter = createRateLimiter({ clock, maxRequestsPerSecond });
  const provider = createPrimeProvider({
    baseUrl,
    apiKey,
    clock,
    limiter,
    timeouts: { createMs: prime.createTimeoutMs, readMs: prime.readTimeoutMs },
    offerTtlMs: prime.offerCacheMs,
  });
  return { limiter, provider };
}

/** Without election there is one operator by decree, and nothing to renew. */
function isFresh(elector: LeaderElector | undefined, fenceMs: number): boolean {
  const renewedAtMs = elector?.lastRenewedAtMonotonicMs();
  return elector === undefined || (renewedAtMs !== undefined && clock.monotonicMs() - renewedAtMs <= fenceMs);
}

/** What cannot be read is not absent: it is tried until it can. */
async function readInstallation(
  settings: OperatorSettings,
  cluster: Cluster,
  log: Log,
): ReturnType<typeof ensureInstallation> {
  for (;;) {
    try {
      return await ensureInstallation({
        configMaps: cluster.configMaps,
        namespaces: cluster.namespaces,
        namespace: cluster.namespace,
        givenId: settings.installation.id,
        acceptCluster: settings.installation.acceptCluster,
        nowMs: clock.nowMs(),
      });
    } catch (error) {
      log.error(
        { err: error },
        'record of the installation cannot be read or made; nothing is rented or ended until it can',
      );
      await clock.sleep(INSTALLATION_RETRY_MS);
    }
  }
}
