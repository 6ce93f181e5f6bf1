import type { LeaderElector } from '../kubernetes/leader-elector.ts';
import type { SharedSource } from '../kubernetes/source.ts';
import type { GpuPodOptions } from '../reconciler/gpu-pod-options.ts';
import type { Cluster, ClusterParts } from './cluster.ts';
import type { Prime } from './prime.ts';

/** What the controller of the GpuPods stands on. */
export interface GpuPodParts {
  /** Of this process, as in the Lease. */
  readonly identity: string;
  readonly cluster: Cluster;
  readonly prime: Prime;
  /** undefined: there is one operator by decree. */
  readonly elector: LeaderElector | undefined;
  readonly gpuPods: SharedSource;
  readonly crdProblem: () => string | undefined;
}

/** The controller's options, out of the settings and of what speaks to cluster and provider. */
export function gpuPodOptions(
  { config, clock, log, metrics }: ClusterParts,
  { identity, cluster, prime, elector, gpuPods, crdProblem }: GpuPodParts,
): GpuPodOptions {
  const { timings, policy, installation } = config;
  return {
    clock,
    log,
    timings,
    policy,
    orphanPolicy: installation.orphanPolicy,
    concurrency: config.process.concurrency,
    cooldownScale: config.process.cooldownScale,
    namespace: cluster.namespace,
    identity,
    cluster: { ...cluster.ports, view: gpuPods.store },
    gpuPods,
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
    crdProblem,
    // Without election nobody else can lead, and there is nothing to renew.
    isLeaseFresh: () => elector === undefined || isFresh(elector, clock.monotonicMs(), timings.leaseFenceMs),
  };
}

function isFresh(elector: LeaderElector, nowMs: number, leaseFenceMs: number): boolean {
  const renewedAtMs = elector.lastRenewedAtMonotonicMs() ?? -Infinity;
  // Where renewals are slow, the last answer and the next take part of that time; the lease itself holds longer still.
  const fenceMs = leaseFenceMs + 2 * elector.lastRenewalTookMs();
  return nowMs - renewedAtMs <= Math.min(fenceMs, elector.leaseDurationMs());
}
