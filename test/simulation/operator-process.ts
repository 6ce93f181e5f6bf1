import type { Observation } from '../../src/lifecycle/observation.ts';
import type { ControllerObserver } from '../../src/kubernetes/controller.ts';
import { nextStep } from '../../src/lifecycle/next-step.ts';
import { Secret } from '../../src/prime/api-key.ts';
import type { Provider } from '../../src/lifecycle/provider.ts';
import type { Policy } from '../../src/lifecycle/settings.ts';
import { DEFAULT_TIMINGS } from '../../src/lifecycle/settings.ts';
import type { Step } from '../../src/lifecycle/step.ts';
import type { Exchanger } from '../../src/prime/exchange.ts';
import { createRateLimiter } from '../../src/prime/rate-limiter.ts';
import type { RateLimiter } from '../../src/prime/rate-limiter.ts';
import { GpuPodController } from '../../src/controllers/gpupod/gpu-pod-controller.ts';
import type { AccountViews } from '../../src/controllers/gpupod/accounts/known-accounts.ts';
import type { ClusterPorts, GpuPodOptions } from '../../src/controllers/gpupod/gpu-pod-options.ts';
import { ensureProofKey } from '../../src/controllers/gpupod/installation/id-proofs.ts';
import { ensureInstallation } from '../../src/controllers/gpupod/installation/installation.ts';
import type { OrphanPolicy } from '../../src/controllers/gpupod/sweeps/sweep.ts';
import type { SimulatedApi } from '../../src/simulator/api/simulated-api.ts';
import { bookFreeTurn } from '../support/free-turn.ts';
import { noting } from './acting.ts';
import { Boundary } from './boundary.ts';
import type { FaultPlan } from './boundary.ts';
import type { Arrival } from './guards/guard.ts';
import { ProcessClock } from './process-clock.ts';
import { ProcessAccounts } from './process-accounts.ts';
import { processLog } from './process-log.ts';
import { ProcessPorts } from './process-ports.ts';
import type { ServerCalls } from './permitted-calls.ts';
import type { SimulatedApiServer } from './simulated-api-server.ts';
import { simulatedExchanger } from './simulated-exchanger.ts';
import type { Trace } from './trace.ts';
import type { VirtualTime } from './virtual-time.ts';
import { WatchedView } from './watched-view.ts';
import type { WatchSettings } from './watched-view.ts';
import { secretWatcher } from './secret-watcher.ts';
import { SimulatedProber } from './simulated-prober.ts';
import { simulatedProvider } from './simulated-provider.ts';
import type { Key } from './simulated-provider.ts';

export type PlanNext = (observation: Observation) => Step;

/** Replaces a part, to plant a bug. Called once for each process. */
export interface Plant {
  /** Requests as they leave, and responses as they arrive. */
  readonly exchanger?: (real: Exchanger) => Exchanger;
  /** The decisions. */
  readonly plan?: (real: PlanNext) => PlanNext;
  readonly provider?: (real: Provider) => Provider;
  readonly ports?: (real: ClusterPorts) => ClusterPorts;
  /** The accounts as GpuPods see them. */
  readonly accounts?: (real: AccountViews) => AccountViews;
}

export interface OperatorSettings {
  readonly policy: Policy;
  readonly orphanPolicy: OrphanPolicy;
  readonly installationId: string | undefined;
  /** The installation ID that a person confirmed as unique to this cluster. */
  readonly acceptInstallation: string | undefined;
  readonly plant: Plant;
  readonly watch: WatchSettings;
  readonly key: Key;
  /** How fast the clocks of the processes run. */
  readonly clockRate: number;
  readonly random: () => number;
  readonly latencyMs: Readonly<Record<'cluster' | 'provider', number>>;
  /** GpuPods that it works on at once. An account has several create requests under way only with 6 or more. */
  readonly concurrency: number;
  /** Whether it serves GpuAccounts and ClusterGpuAccounts. */
  readonly isServingAccounts: boolean;
  /** Whether it may watch the Secrets of accounts. */
  readonly mayWatchSecrets: boolean;
  /** Whether it probes the SSH servers of instances. */
  readonly isProbing: boolean;
  /** The operator's own namespace. */
  readonly namespace: string;
  /** None: all, with permission for the whole cluster. */
  readonly watchNamespaces: readonly string[];
  /** Whether requests pass the rate limiter. Most simulations have a provider without limits. */
  readonly isRateLimited: boolean;
}

interface Surroundings {
  readonly time: VirtualTime;
  readonly server: SimulatedApiServer;
  /** The same, with the permissions of this process. */
  readonly calls: ServerCalls;
  readonly api: SimulatedApi;
  readonly trace: Trace;
  readonly faultPlan: FaultPlan;
  readonly counter: { calls: number };
  readonly onReconciled: (key: string, seconds: number) => void;
  /** A fault occurred in a call, or in the provider's answer to it. */
  readonly onFault: (kind: string) => void;
  /** The operator wrote a line of its log, or an event. */
  readonly onSaid: (where: string, text: string) => void;
  readonly onDeath: (dead: OperatorProcess) => void;
  /** A request of this process arrived at the provider. */
  readonly onArrival: (arrival: Arrival) => void;
}

/** One operator process: the real controller between a simulated API server and a simulated provider. */
export class OperatorProcess {
  readonly name: string;
  readonly clock: ProcessClock;
  readonly view: WatchedView;
  readonly #provider: Provider;
  readonly #boundary: Boundary;
  readonly #around: Surroundings;
  readonly #settings: OperatorSettings;
  readonly #limiter: RateLimiter | undefined;
  readonly #send: ProcessPorts;
  readonly #accounts: ProcessAccounts | undefined;
  /** Whether it may still believe that it leads. A test can set this to false. */
  isLeaseFresh = true;

  constructor(name: string, settings: OperatorSettings, around: Surroundings) {
    const { time, server, api, trace, faultPlan, counter } = around;
    this.name = name;
    this.#settings = settings;
    this.#around = around;
    this.clock = new ProcessClock(time, settings.clockRate);
    this.#boundary = new Boundary({
      time,
      clock: this.clock,
      trace,
      process: name,
      faultPlan,
      counter,
      latencyMs: settings.latencyMs,
      onFault: around.onFault,
      onDeath: () => this.kill(),
    });
    this.view = new WatchedView({
      time,
      clock: this.clock,
      server,
      settings: settings.watch,
      log: processLog(name, around),
      namespaces: settings.watchNamespaces,
    });
    const { onFault, onArrival } = around;
    const exchanger = simulatedExchanger({ api, time, boundary: this.#boundary, onFault, onArrival });
    const { plant, random, isRateLimited } = settings;
    this.#limiter = isRateLimited ? createRateLimiter({ clock: this.clock, random }) : undefined;
    const real = plant.exchanger?.(exchanger) ?? exchanger;
    const provider = simulatedProvider(real, this.clock, settings.key, this.#limiter);
    this.#provider = plant.provider?.(provider) ?? provider;
    this.#send = new ProcessPorts(name, async (label, act) => await this.#call(label, act));
    this.#accounts = settings.isServingAccounts
      ? new ProcessAccounts({
          clock: this.clock,
          exchanger: real,
          log: processLog(name, around),
          call: async (label, act) => await this.#call(label, act),
          name,
          namespace: settings.namespace,
          random,
          isRateLimited,
          plant,
          watchSecret: secretWatcher({
            ...{ time, server, clock: this.clock },
            delayMs: settings.watch.delayMs,
            mayWatch: settings.mayWatchSecrets,
          }),
          viewOf: (resource) =>
            new WatchedView({
              time,
              clock: this.clock,
              server,
              settings: settings.watch,
              log: processLog(name, around),
              resource,
            }),
        })
      : undefined;
  }

  get isDead(): boolean {
    return this.clock.isDead;
  }

  /** Starts to lead once it has read the record of the installation. */
  async start(): Promise<void> {
    const { namespace } = this.#settings;
    const installation = await ensureInstallation({
      configMaps: this.#send.configMaps(),
      namespaces: {
        get: async (target) =>
          await this.#call('GET namespaces', (server) => server.get('namespaces', target)),
      },
      namespace,
      givenId: this.#settings.installationId,
      acceptCluster: undefined,
      acceptInstallation: this.#settings.acceptInstallation,
      nowMs: this.clock.nowMs(),
    });
    const proofKey = await ensureProofKey(this.#send.keySecrets(), namespace);
    const controller = new GpuPodController(this.#options(), { ...installation, proofKey });
    controller.start();
    this.#accounts?.start(controller, this.view, this.#ports());
  }

  /** The watches of accounts and namespaces break for this time. */
  breakAccountWatches(ms: number): void {
    if (!this.isDead) this.#accounts?.breakWatches(ms);
  }

  /** The process dies at once. */
  kill(): void {
    if (this.isDead) return;
    this.clock.kill();
    this.view.close();
    this.#accounts?.close();
    this.#around.onDeath(this);
  }

  /** The process notices that it lost its lease, and exits. Nothing replaces it. */
  stepDown(): void {
    if (this.isDead) return;
    this.clock.kill();
    this.view.close();
    this.#accounts?.close();
  }

  #options(): GpuPodOptions {
    const { policy, orphanPolicy, plant, key, random, namespace } = this.#settings;
    const ports = this.#ports();
    return {
      clock: this.clock,
      log: processLog(this.name, this.#around),
      timings: DEFAULT_TIMINGS,
      policy,
      orphanPolicy,
      concurrency: this.#settings.concurrency,
      cooldownScale: 1,
      namespace,
      identity: this.name,
      cluster: plant.ports?.(ports) ?? ports,
      gpuPods: this.view.source,
      provider: this.#provider,
      accounts: this.#accounts?.served,
      prober: this.#settings.isProbing ? new SimulatedProber(this.#around.api.world, this.clock) : undefined,
      plan: noting(plant.plan?.(nextStep) ?? nextStep),
      account: {
        origin: 'https://provider.test',
        accept: undefined,
        keyVersion: () => key.version,
        keyFingerprint: (hmacKey) => new Secret(key.text).fingerprint(hmacKey),
      },
      bookCreateTurn: () => this.#limiter?.bookCreate() ?? bookFreeTurn(),
      isLeaseFresh: () => this.isLeaseFresh,
      random,
      observer: {
        controller: (name) => (name === 'gpupod' ? this.#reconciles() : {}),
      },
    };
  }

  #reconciles(): ControllerObserver {
    return {
      onReconciled: (_result, seconds, key) => {
        this.#around.onReconciled(key, seconds);
      },
    };
  }

  #ports(): ClusterPorts {
    return {
      api: this.#send.gpuPods(),
      view: this.view.store,
      secrets: this.#send.secrets(),
      configMaps: this.#send.configMaps(),
      events: {
        record: (_about, event) => {
          this.#around.onSaid('an event', JSON.stringify(event));
        },
      },
    };
  }

  async #call<T>(label: string, act: (server: ServerCalls) => T): Promise<T> {
    const answer = await this.#boundary.cross({ to: 'cluster', label }, () => act(this.#around.calls));
    if (answer === 'withheld') throw new Error('only create requests are withheld');
    return answer;
  }
}
