import type { Clock } from '../../clock.ts';
import type { ControllerObserver } from '../../kubernetes/controller.ts';
import type { Log } from '../../kubernetes/log.ts';
import type { Source } from '../../kubernetes/cache/source.ts';
import type { ProbeAnswer, Prober } from '../../lifecycle/reachability.ts';
import type { BookedTurn, Provider } from '../../lifecycle/provider.ts';
import type { Policy, ProtocolTimings } from '../../lifecycle/settings.ts';
import type { Step } from '../../lifecycle/step.ts';
import type { Observation } from '../../lifecycle/observation.ts';
import type { FailedOffer } from '../../accounts/session.ts';
import type { WalletReport } from '../../accounts/instances/wallet-lists.ts';
import type { ServedAccounts } from './accounts/account-watches.ts';
import type { ConfigMapApi } from './installation/installation.ts';
import type { Events, GpuPodApi, WatchedGpuPods, SecretApi } from './ports.ts';
import type { OrphanPolicy } from './sweeps/sweep.ts';

export interface GpuPodOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly timings: ProtocolTimings;
  readonly policy: Policy;
  readonly orphanPolicy: OrphanPolicy;
  /** GpuPods reconciled at once. Those that wait for the provider, or are terminated, have workers of their own. */
  readonly concurrency: number;
  /** Multiplies cooldowns and breaker times; differs from 1 only in tests. */
  readonly cooldownScale: number;
  readonly namespace: string;
  /** Identity of this process, as in the Lease. Create intents carry it. */
  readonly identity: string;
  readonly cluster: ClusterPorts;
  /** Reports every existing GpuPod, and each change. */
  readonly gpuPods: Source;
  /** Watched namespaces that could not be listed when this process began to lead. */
  readonly unlistedNamespaces?: readonly string[];
  readonly provider: Provider;
  readonly account: {
    readonly origin: string;
    readonly accept: string | undefined;
    readonly keyVersion: () => number;
    /** Distinguishes the key in use from others; undefined if there is no key. */
    readonly keyFingerprint?: (hmacKey: string) => string | undefined;
  };
  /** Undefined: this operator probes no SSH servers. */
  readonly prober?: Prober | undefined;
  readonly bookCreateTurn: () => Promise<BookedTurn>;
  /** Undefined: this operator serves no GpuAccounts and ClusterGpuAccounts. */
  readonly accounts?: ServedAccounts | undefined;
  readonly isLeaseFresh: () => boolean;
  /** What is wrong with the CRD in the cluster, if the operator may read it. */
  readonly crdProblem?: () => string | undefined;
  readonly observer?: GpuPodObserver;
  /** Decides the next step of a GpuPod. @default nextStep */
  readonly plan?: (observation: Observation) => Step;
  /** Replaces Math.random in tests. */
  readonly random?: () => number;
}

export interface ClusterPorts {
  readonly api: GpuPodApi;
  readonly view: WatchedGpuPods;
  readonly secrets: SecretApi;
  readonly configMaps: ConfigMapApi;
  readonly events: Events;
}

/** Receives what happens, for metrics. Its methods must not throw. */
export interface GpuPodObserver {
  /** Observer of the loop with this name: `gpupod` or `housekeeping`. */
  controller?(name: string): ControllerObserver;
  /** Called after each list of one wallet, with the name of the account that listed it. */
  onListed?(report: WalletReport & { readonly account: string }): void;
  /** A create request that this account pays for left, and was answered or not. */
  onCreateAnswered?(account: string, kind: 'created' | 'refused' | 'unknown'): void;
  /** A create request for an offer was refused, or its instance failed. */
  onOfferFailed?(failed: FailedOffer): void;
  /** A probe of an SSH server ended. */
  onProbed?(answer: ProbeAnswer): void;
  onSwept?(counts: { readonly duplicates: number; readonly orphans: number }): void;
}
