import type { Clock } from '../clock.ts';
import type { ControllerObserver } from '../kubernetes/controller.ts';
import type { Log } from '../kubernetes/log.ts';
import type { Source } from '../kubernetes/source.ts';
import type { Provider } from '../lifecycle/provider.ts';
import type { Policy, ProtocolTimings } from '../lifecycle/settings.ts';
import type { Step } from '../lifecycle/step.ts';
import type { Observation } from '../lifecycle/observation.ts';
import type { ConfigMapApi } from './installation.ts';
import type { WalletReport } from './inventory.ts';
import type { Events, GpuPodApi, GpuPodView, SecretApi } from './ports.ts';
import type { OrphanPolicy } from './sweep.ts';

export interface GpuPodOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly timings: ProtocolTimings;
  readonly policy: Policy;
  readonly orphanPolicy: OrphanPolicy;
  /** GpuPods worked on at once; those that wait for the provider, or are terminated, come on top. */
  readonly concurrency: number;
  /** Multiplies cooldowns and breakers; 1 but in tests. */
  readonly cooldownScale: number;
  readonly namespace: string;
  /** Of this process, as in the Lease: it is written into its orders. */
  readonly identity: string;
  readonly cluster: ClusterPorts;
  /** Tells of every GpuPod that is there, and of what happens to it. */
  readonly gpuPods: Source;
  readonly provider: Provider;
  readonly account: {
    readonly origin: string;
    readonly accept: string | undefined;
    readonly keyVersion: () => number;
    /** Tells the key in use from others; undefined where there is none. */
    readonly keyFingerprint?: (hmacKey: string) => string | undefined;
  };
  readonly takeCreateTurn: () => Promise<void>;
  readonly isLeaseFresh: () => boolean;
  /** What is wrong with the CRD that the cluster serves, where the operator may read it. */
  readonly crdProblem?: () => string | undefined;
  readonly observer?: GpuPodObserver;
  /** Decides what is next of a GpuPod. @default nextStep */
  readonly plan?: (observation: Observation) => Step;
  /** In place of Math.random, for tests. */
  readonly random?: () => number;
}

export interface ClusterPorts {
  readonly api: GpuPodApi;
  readonly view: GpuPodView;
  readonly secrets: SecretApi;
  readonly configMaps: ConfigMapApi;
  readonly events: Events;
}

/** Told what happens, for metrics; must not throw. */
export interface GpuPodObserver {
  /** Who is told of the loop of this name: `gpupod`, or `housekeeping`. */
  controller?(name: string): ControllerObserver;
  /** How the list of one wallet went. */
  onListed?(report: WalletReport): void;
  onSwept?(counts: { readonly duplicates: number; readonly orphans: number }): void;
}
