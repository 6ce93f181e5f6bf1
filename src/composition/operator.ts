import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { AccountKind } from '../api/common/names.ts';
import { systemClock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { SoleProcess } from '../kubernetes/election/election.ts';
import { LeaderElector } from '../kubernetes/election/leader-elector.ts';
import { Manager } from '../kubernetes/manager.ts';
import type { Runnable } from '../kubernetes/runnable.ts';
import type { Logger } from '../observability/logger.ts';
import type { GpuAccountController } from '../controllers/gpuaccount/gpu-account-controller.ts';
import { GpuPodController } from '../controllers/gpupod/gpu-pod-controller.ts';
import { createAccountController, servedAccounts, watchAccounts } from './accounts.ts';
import { connectCluster, gpuPodResource } from './cluster.ts';
import type { Cluster, ClusterParts } from './cluster.ts';
import { CrdWatches } from './crd-watches.ts';
import { gpuPodOptions } from './gpu-pod-options.ts';
import { InstallationReader } from './installation-reader.ts';
import { leaseAnnotations } from './lease-annotations.ts';
import { LeaseOwnerWatch } from './lease-owner.ts';
import { NamespaceCheck } from './namespace-check.ts';
import { connectPrime } from './prime.ts';
import { proxiesInUse } from './proxies-in-use.ts';
import type { Prime } from './prime.ts';
import { sampleCooldowns, sampleSums, sampleTotalLimit } from './samples.ts';
import { createTelemetry, telemetryServer } from './telemetry.ts';

export interface RunningOperator {
  /**
   * Stops gracefully: running work finishes, a create request that was sent is awaited, and the Lease is released.
   */
  stop(): Promise<void>;
  /** Resolves when the operator has stopped, on request or because it lost the Lease. */
  readonly ended: Promise<'stopped' | 'lostLease'>;
}

const EVENT_FLUSH_MS = 2_000;

/** Builds an operator and starts it. It watches at once, and reconciles once it leads. */
export async function startOperator(config: Config, log: Logger): Promise<RunningOperator> {
  const telemetry = createTelemetry(systemClock);
  const { metrics } = telemetry;
  const parts: ClusterParts = { config, clock: systemClock, log, metrics };
  const identity = `${hostname()}_${randomUUID().slice(0, 8)}`;
  const cluster = connectCluster(parts);
  const prime = connectPrime(config, systemClock, metrics);
  const owner = { owner: config.lease.owner, watchNamespaces: config.kubernetes.watchNamespaces };
  const proxies = proxiesInUse(config, cluster);
  if (proxies !== undefined) {
    log.info(proxies, 'using proxies');
  }
  const ownerWatch = new LeaseOwnerWatch(owner, `${cluster.namespace}/${config.lease.name}`, log);
  const annotations = leaseAnnotations(metrics.spentRecord, owner, ownerWatch);
  const elector = config.lease.isEnabled
    ? createElector(parts, cluster, { identity, annotations })
    : undefined;
  const { kubeConfig, openInformer } = cluster;
  const manager = new Manager({ kubeConfig, log, election: elector ?? new SoleProcess(), openInformer });
  const resource = gpuPodResource(config);
  const gpuPods = manager.source(resource);
  const watchedAccounts = watchAccounts(parts, manager);
  const record = new InstallationReader(cluster, parts);
  const crdWatches = new CrdWatches(
    { ...parts, crds: cluster.crds, events: cluster.recorder, askAgainMs: config.timings.sweepMs },
    watchedAccounts,
  );
  const namespaceCheck = new NamespaceCheck({
    ...parts,
    watched: config.kubernetes.watchNamespaces,
    namespaces: cluster.namespaces,
    askAgainMs: config.timings.sweepMs,
  });
  let accountController: GpuAccountController | undefined;
  const crdProblem = (): string | undefined => crdWatches.problem ?? accountController?.crdProblem;
  telemetry.observe({
    gpuPods: () => gpuPods.store.list(),
    totalLimit: () => sampleTotalLimit(config.policy),
    limiter: () => prime.limiter.state(),
    watchAgeMs: () => manager.ageMs(),
    watchHealth: (maxAgeMs) => manager.health(maxAgeMs),
    namespaceHealth: () => namespaceCheck.read(),
    installationProblem: () => record.problem,
    crdProblem,
    leaseProblem: () => ownerWatch.problem ?? elector?.problem,
  });
  await manager.start({
    services: [
      telemetryServer(config, telemetry, log),
      connectionsOf(cluster, prime),
      crdWatches,
      namespaceCheck,
    ],
    lead: async (signal) => {
      await crdWatches.whenCompared();
      const installation = await record.read(signal);
      if (installation === undefined) {
        return [];
      }
      const served = servedAccounts(parts, watchedAccounts);
      const controller = new GpuPodController(
        gpuPodOptions(parts, {
          ...{ identity, cluster, prime, elector, gpuPods, crdProblem },
          unlistedNamespaces: manager.unlistedNamespaces(resource),
          accounts: served,
        }),
        installation,
      );
      const { accounts } = controller;
      telemetry.observe({
        cooldowns: () => sampleCooldowns(accounts.all()),
        sums: () =>
          sampleSums(
            accounts.own.reservations,
            {
              registry: accounts,
              views: served?.views,
              gpuPods: gpuPods.store.list(),
            },
            config.policy,
          ),
      });
      const whenCrdCompared = async (kind: AccountKind): Promise<void> => {
        await crdWatches.whenAccountCrdCompared(kind);
      };
      accountController = createAccountController(parts, cluster, watchedAccounts, {
        ...{ gpuPods, controller, whenCrdCompared },
      });
      crdWatches.onHealed({
        gpuPods: () => {
          controller.onCrdHealed();
        },
        accounts: () => {
          accountController?.onCrdHealed();
          controller.reconcileAll();
        },
      });
      const ofAccounts = accountController === undefined ? [] : [accountController];
      return [eventsOf(cluster), leadershipOf(parts), controller, ...ofAccounts];
    },
  });
  return manager;
}

function createElector(
  { config, clock, log }: ClusterParts,
  { leaseTransport: transport, namespace }: Cluster,
  candidate: Pick<ConstructorParameters<typeof LeaderElector>[0], 'identity' | 'annotations'>,
): LeaderElector {
  const { name, durationMs, renewDeadlineMs, renewPeriodMs, retryPeriodMs } = config.lease;
  return new LeaderElector({
    transport,
    clock,
    log,
    namespace,
    name,
    leaseDurationMs: durationMs,
    renewDeadlineMs,
    renewPeriodMs,
    retryPeriodMs,
    ...candidate,
  });
}

/** Closes the connections after everything that sends has stopped. */
function connectionsOf({ transport, leaseTransport }: Cluster, { provider }: Prime): Runnable {
  return {
    stop: () => {
      provider.close();
      transport.close();
      leaseTransport.close();
    },
  };
}

/** Sends the last events of the controllers before it stops. */
function eventsOf({ recorder }: Cluster): Runnable {
  return {
    stop: async () => {
      await recorder.stop({ flushTimeoutMs: EVENT_FLUSH_MS });
    },
  };
}

function leadershipOf({ metrics }: ClusterParts): Runnable {
  return {
    start: () => {
      metrics.setLeading(true);
    },
    stop: () => {
      metrics.setLeading(false);
    },
  };
}
