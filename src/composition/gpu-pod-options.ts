import type { LeaderElector } from '../kubernetes/election/leader-elector.ts';
import type { SharedSource } from '../kubernetes/cache/source.ts';
import type { GpuPodOptions } from '../controllers/gpupod/gpu-pod-options.ts';
import { publicOr } from '../network/public-address.ts';
import { SshProber } from '../probe/ssh-prober.ts';
import type { Cluster, ClusterParts } from './cluster.ts';
import type { Prime } from './prime.ts';

/** What the controller of the GpuPods uses. */
export interface GpuPodParts {
  /** Identity of this process, as in the Lease. */
  readonly identity: string;
  readonly cluster: Cluster;
  readonly prime: Prime;
  /** Undefined: leader election is off, and only one operator runs. */
  readonly elector: LeaderElector | undefined;
  readonly gpuPods: SharedSource;
  readonly unlistedNamespaces: readonly string[];
  readonly crdProblem: () => string | undefined;
  /** Undefined: no accounts are served. */
  readonly accounts: GpuPodOptions['accounts'];
}

/** Builds the options of the controller from the settings and the connections to cluster and provider. */
export function gpuPodOptions(
  { config, clock, log, metrics }: ClusterParts,
  { identity, cluster, prime, elector, gpuPods, unlistedNamespaces, crdProblem, accounts }: GpuPodParts,
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
    unlistedNamespaces,
    provider: prime.provider,
    accounts,
    prober: proberOf(config),
    account: {
      origin: new URL(config.prime.baseUrl).origin,
      accept: installation.acceptAccount,
      keyVersion: () => prime.keys.current().version,
      keyFingerprint: (hmacKey) => {
        const state = prime.keys.current();
        return state.kind === 'key' ? state.key.fingerprint(hmacKey) : undefined;
      },
    },
    bookCreateTurn: () => prime.limiter.bookCreate(),
    observer: metrics,
    crdProblem,
    // Without leader election no other process can lead, and there is nothing to renew.
    isLeaseFresh: () => elector === undefined || isFresh(elector, clock.monotonicMs(), timings.leaseFenceMs),
  };
}

function proberOf({ probe }: ClusterParts['config']): SshProber | undefined {
  return probe.isEnabled ? new SshProber({ isAllowed: publicOr(probe.allowedCidrs) }) : undefined;
}

function isFresh(elector: LeaderElector, nowMs: number, leaseFenceMs: number): boolean {
  const renewedAtMs = elector.lastRenewedAtMonotonicMs() ?? -Infinity;
  // Slow renewals take part of the fence time: the last answer and the next one. The Lease is valid for longer still.
  const fenceMs = leaseFenceMs + 2 * elector.lastRenewalTookMs();
  return nowMs - renewedAtMs <= Math.min(fenceMs, elector.leaseDurationMs());
}
