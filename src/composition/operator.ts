import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { systemClock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { LeadershipHandlers } from '../kubernetes/election.ts';
import { LeaderElector } from '../kubernetes/leader-elector.ts';
import type { Logger } from '../observability/logger.ts';
import { Controller } from '../reconciler/controller.ts';
import { GpuPodOperator } from '../reconciler/gpu-pod-operator.ts';
import { connectCluster } from './cluster.ts';
import { InstallationReader } from './installation-reader.ts';
import { cargoOf } from './lease-cargo.ts';
import { LeaseOwnerWatch } from './lease-owner.ts';
import type { Cluster, ClusterParts } from './cluster.ts';
import { connectPrime } from './prime.ts';
import type { Prime } from './prime.ts';
import { sampleUnowned } from './samples.ts';
import { createTelemetry, serveTelemetry } from './telemetry.ts';

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

const EVENT_FLUSH_MS = 2_000;

/** Puts an operator together and starts it: it watches at once, and works once it leads. */
export async function startOperator(config: Config, log: Logger): Promise<RunningOperator> {
  const telemetry = createTelemetry(systemClock);
  const { metrics } = telemetry;
  const parts: ClusterParts = { config, clock: systemClock, log, metrics };
  const identity = `${hostname()}_${randomUUID().slice(0, 8)}`;
  const cluster = connectCluster(parts);
  const prime = connectPrime(config, systemClock, metrics);
  const ended = Promise.withResolvers<'stopped' | 'lostLease'>();
  const stopping = new AbortController();
  const lease: { elector?: LeaderElector } = {};
  const controller = createController(parts, { identity, cluster, prime, lease });
  const record = new InstallationReader(cluster, parts);
  const owner = { owner: config.lease.owner, watchNamespace: config.kubernetes.watchNamespace };
  const ownerWatch = new LeaseOwnerWatch(owner, `${cluster.namespace}/${config.lease.name}`, log);
  telemetry.observe({
    gpuPods: () => cluster.ports.view.list(),
    cooldowns: () => controller.context?.cooldowns.counts() ?? new Map(),
    unowned: () => sampleUnowned(controller.context?.reservations),
    limiter: () => prime.limiter.state(),
    watchAgeMs: () => cluster.reflector.ageMs(),
    hasSynced: () => cluster.reflector.hasSynced(),
    installationProblem: () => record.problem,
    leaseProblem: () => ownerWatch.problem ?? lease.elector?.problem,
  });
  const operator = new GpuPodOperator({
    kubeConfig: cluster.kubeConfig,
    log,
    sourceFor: () => cluster.reflector,
    watchNamespace: config.kubernetes.watchNamespace,
    enqueue: (key) => {
      controller.enqueue(key);
    },
  });
  const lead = async (): Promise<void> => {
    await cluster.reflector.whenSynced();
    const installation = await record.read(stopping.signal);
    if (installation !== undefined && !stopping.signal.aborted) {
      controller.start(installation);
      metrics.setLeading(true);
    }
  };
  const finish = async (): Promise<void> => {
    await controller.stop();
    metrics.setLeading(false);
    await cluster.recorder.stop({ flushTimeoutMs: EVENT_FLUSH_MS });
  };

  const stopServing = await serveTelemetry(config, telemetry, log);
  await operator.start();
  if (config.lease.isEnabled) {
    lease.elector = standForElection(parts, cluster, {
      identity,
      cargo: cargoOf(metrics.spentRecord, owner, ownerWatch),
      onStartedLeading: () => {
        void lead();
      },
      onStoppedLeading: async (end) => {
        if (end === 'released') {
          await finish();
        } else {
          ended.resolve('lostLease');
        }
      },
    });
  } else {
    void lead();
  }
  return {
    ended: ended.promise,
    stop: async () => {
      stopping.abort();
      await (lease.elector === undefined ? finish() : lease.elector.stop());
      operator.stop();
      await operator.whenStopped();
      prime.provider.close();
      cluster.transport.close();
      cluster.leaseTransport.close();
      await stopServing();
      ended.resolve('stopped');
    },
  };
}

interface ControllerParts {
  readonly identity: string;
  readonly cluster: Cluster;
  readonly prime: Prime;
  readonly lease: { readonly elector?: LeaderElector };
}

function createController(
  { config, clock, log, metrics }: ClusterParts,
  { identity, cluster, prime, lease }: ControllerParts,
): Controller {
  const { timings, policy, installation } = config;
  return new Controller({
    clock,
    log,
    timings,
    policy,
    orphanPolicy: installation.orphanPolicy,
    concurrency: config.process.concurrency,
    cooldownScale: config.process.cooldownScale,
    namespace: cluster.namespace,
    identity,
    cluster: cluster.ports,
    provider: prime.provider,
    account: {
      origin: new URL(config.prime.baseUrl).origin,
      accept: installation.acceptAccount,
      keyVersion: () => prime.keys.current().version,
      keyFingerprint: (hmacKey) => {
        const state = prime.keys.current();
        return state.kind === 'key' ? state.key.fingerprint(hmacKey) : undefined;
      },
    },
    takeCreateTurn: async () => {
      await prime.limiter.acquire({ priority: 'create' });
    },
    observer: metrics,
    isLeaseFresh: () => {
      const { elector } = lease;
      const renewedAtMs = elector?.lastRenewedAtMonotonicMs() ?? -Infinity;
      // Where renewals are slow, the last answer and the next take part of that time; the lease itself holds longer still.
      const fenceMs = timings.leaseFenceMs + 2 * (elector?.lastRenewalTookMs() ?? 0);
      const isRecent =
        clock.monotonicMs() - renewedAtMs <= Math.min(fenceMs, elector?.leaseDurationMs() ?? 0);
      // Without election there is one operator by decree, and nothing to renew.
      return !config.lease.isEnabled || isRecent;
    },
  });
}

type Candidate = Pick<ConstructorParameters<typeof LeaderElector>[0], 'identity' | 'cargo'> &
  LeadershipHandlers;

function standForElection(
  { config, clock, log }: ClusterParts,
  { leaseTransport: transport, namespace }: Cluster,
  candidate: Candidate,
): LeaderElector {
  const { name, durationMs, renewDeadlineMs, renewPeriodMs, retryPeriodMs } = config.lease;
  const elector = new LeaderElector({
    transport,
    clock,
    log,
    namespace,
    name,
    leaseDurationMs: durationMs,
    renewDeadlineMs,
    renewPeriodMs,
    retryPeriodMs,
    identity: candidate.identity,
    ...(candidate.cargo === undefined ? {} : { cargo: candidate.cargo }),
  });
  elector.start(candidate);
  return elector;
}
