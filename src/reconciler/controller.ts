import type { Clock } from '../clock.ts';
import { isRefusal } from '../kubernetes/api-errors.ts';
import { splitKey } from '../kubernetes/objects.ts';
import type { Log } from '../kubernetes/log.ts';
import { WorkQueue } from '../kubernetes/work-queue.ts';
import type { WorkQueueObserver } from '../kubernetes/work-queue.ts';
import type { Observation } from '../lifecycle/observation.ts';
import { nextStep } from '../lifecycle/next-step.ts';
import type { Provider } from '../lifecycle/provider.ts';
import type { Policy, ProtocolTimings } from '../lifecycle/settings.ts';
import type { Step } from '../lifecycle/step.ts';
import { CircuitBreakers } from './circuit-breakers.ts';
import { isSurelyOurs, mayAsk, namedAccounts, noteOwnPods } from './account-evidence.ts';
import { AccountWatch } from './account-watch.ts';
import { Inventory } from './inventory.ts';
import type { WalletReport } from './inventory.ts';
import { Adoptions } from './adoptions.ts';
import { Reservations } from './reservations.ts';
import type { Context } from './context.ts';
import { Cooldowns } from './cooldowns.ts';
import { createListReporter } from './list-reports.ts';
import { Housekeeping } from './housekeeping.ts';
import type { HousekeepingParts } from './housekeeping.ts';
import { laneOf, planLanes } from './lanes.ts';
import type { Lanes } from './lanes.ts';
import { recordAccount } from './installation.ts';
import type { ConfigMapApi, Installation } from './installation.ts';
import { KeyTrouble } from './key-trouble.ts';
import { CreateFence } from './create-fence.ts';
import { LocalStates } from './local-states.ts';
import { InstancePoller } from './instance-poller.ts';
import type { Events, GpuPodApi, GpuPodView, SecretApi } from './ports.ts';
import { ProviderHealth } from './provider-health.ts';
import { reconcile, reportFailure } from './reconcile.ts';
import type { ReconcileResult } from './reconcile.ts';
import { RetainedInstances } from './retained-instances.ts';
import { RetainedUpkeep } from './retained-upkeep.ts';
import { StatusFidelity } from './status-fidelity.ts';
import { Slots } from './slots.ts';
import { Sweep } from './sweep.ts';
import type { OrphanPolicy } from './sweep.ts';
import { VanishedInstances } from './vanished-instances.ts';

export interface ControllerOptions {
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
  readonly observer?: ControllerObserver;
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
export interface ControllerObserver {
  readonly queue?: WorkQueueObserver;
  onReconciled?(result: ReconcileResult['kind'] | 'error', seconds: number, key: string): void;
  /** How the list of one wallet went. */
  onListed?(report: WalletReport): void;
  onSwept?(counts: { readonly duplicates: number; readonly orphans: number }): void;
}

const JITTER = 0.1;
/** What failed for a passing reason is tried at least this often: the way may be free again. */
const MAX_RETRY_MS = 30_000;

/** Works through the GpuPods of one cluster, once this process leads. */
export class Controller {
  readonly #options: ControllerOptions;
  readonly #random: () => number;
  readonly #queue: WorkQueue;
  readonly #lanes: Lanes;
  readonly #housekeeping: Housekeeping;
  #context: Context | undefined;
  #isStopping = false;

  constructor(options: ControllerOptions) {
    const { clock, log, observer, random = Math.random } = options;
    this.#options = options;
    this.#random = random;
    this.#housekeeping = new Housekeeping(options);
    this.#lanes = planLanes(options.concurrency);
    this.#queue = new WorkQueue({
      clock,
      log,
      random,
      laneOf: (key) => laneOf(options.cluster.view.get(key), this.#context?.localStates.ofKey(key)),
      ...(observer?.queue === undefined ? {} : { observer: observer.queue }),
    });
  }

  /** What the controller works on; undefined before it leads. */
  get context(): Context | undefined {
    return this.#context;
  }

  /** Asks for a look at the object. */
  enqueue(key: string): void {
    this.#queue.add(key);
  }

  /** This process leads: everything that is there is looked at, and what comes. */
  start(installation: Installation): void {
    const { context, parts } = this.#assemble(installation);
    this.#context = context;
    const objects = context.view.list();
    context.localStates.markFirstList(objects.map(({ metadata }) => metadata.uid));
    this.#housekeeping.start(parts);
    this.#enqueueAll();
    void this.#queue.run(async (key) => {
      await this.#work(context, key);
    }, this.#lanes.workers);
  }

  /** Begins nothing new; resolves when what is under way is done, an order that was sent included. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all([this.#queue.stop(), this.#housekeeping.stop()]);
  }

  async #work(context: Context, key: string): Promise<void> {
    const { clock, log, observer } = this.#options;
    const beganAtMs = clock.monotonicMs();
    const result = await reconcile(context, key).catch((error: unknown) => {
      log.error({ ...splitKey(key), err: error }, 'reconcile failed');
      reportFailure(context, key, error, this.#queue.failures(key));
      return { kind: 'error', isRefused: isRefusal(error) } as const;
    });
    observer?.onReconciled?.(result.kind, (clock.monotonicMs() - beganAtMs) / 1_000, key);
    if (result.kind !== 'done') {
      // What was refused stays refused until somebody changes something, and each try is one more refused write.
      const isRefused = result.kind === 'error' && result.isRefused;
      this.#queue.retry(key, isRefused ? undefined : MAX_RETRY_MS);
      return;
    }
    this.#queue.forget(key);
    if (result.requeueAfterMs !== undefined) {
      this.#queue.addAfter(key, result.requeueAfterMs * (1 + this.#random() * JITTER));
    }
  }

  #enqueueAll(): void {
    for (const { metadata } of this.#options.cluster.view.list()) {
      this.#queue.add(`${metadata.namespace ?? ''}/${metadata.name}`);
    }
  }

  #assemble(installation: Installation): { context: Context; parts: HousekeepingParts } {
    const { clock, timings, policy, cluster, provider, cooldownScale, orphanPolicy, observer } =
      this.#options;
    const enqueue = (key: string): void => {
      this.#queue.add(key);
    };
    const enqueueAll = (): void => {
      this.#enqueueAll();
    };
    const trouble = new KeyTrouble(this.#options.log);
    const health = new ProviderHealth(clock, timings.quietFailureMs, enqueueAll, trouble);
    const account = this.#watchAccount(installation);
    const vanished = new VanishedInstances(clock, timings.massAbsenceMs);
    const poller = new InstancePoller({ provider, clock, timings, health, vanished, onChange: enqueue });
    const reservations = new Reservations({
      view: cluster.view,
      clock,
      timings,
      installation: installation.id,
      // Whatever it may cost: with no ceiling, nothing is rented beside it.
      assumedPrice: policy.maxPriceCeiling ?? policy.maxTotalPricePerHour ?? 0,
    });
    const inventory = new Inventory({
      provider,
      clock,
      teamIds: () => knownTeams(policy),
      isTrusted: () => mayAsk(account.state),
      isBound: (podId) => poller.isFollowed(podId),
      onList: (result, complete) => {
        noteOwnPods(account, { ...result, installation: installation.id });
        if (isSurelyOurs(account.state)) {
          reservations.takeInventory(result, complete);
        }
        poller.takeList(result, complete);
      },
      report: createListReporter(this.#options.log, observer?.onListed?.bind(observer)),
      quietFailureMs: timings.quietFailureMs,
      onReady: enqueue,
      schedule: (inMs) => {
        this.#housekeeping.scheduleInventory(inMs);
      },
      minGapMs: timings.busyPollMs / 5,
    });
    const retained = new RetainedInstances(cluster.configMaps, this.#options.namespace);
    const context: Context = {
      plan: nextStep,
      ...this.#options,
      ...cluster,
      installation: installation.id,
      proofKey: installation.proofKey,
      account,
      circuitBreakers: new CircuitBreakers(clock, cooldownScale, (keys) => {
        keys.forEach(enqueue);
      }),
      cooldowns: new Cooldowns(clock, cooldownScale),
      reservations,
      fidelity: new StatusFidelity(this.#options.log, cluster.events),
      adoptions: new Adoptions({ ...cluster, retained }),
      localStates: new LocalStates(),
      poller,
      inventory,
      health,
      vanished,
      retained,
      createFence: new CreateFence(timings),
      createSlots: new Slots(this.#lanes.createSlots, enqueue),
      readSlots: new Slots(this.#lanes.readSlots, enqueue),
      isStopping: () => this.#isStopping,
    };
    const sweep = new Sweep(context, {
      policy: installation.clonedFrom === undefined ? orphanPolicy : 'Report',
      idDoubt: installation.idDoubt,
      installedAt: installation.createdAt,
      enqueue,
      ...(observer?.onSwept === undefined ? {} : { onCounted: observer.onSwept.bind(observer) }),
    });
    return {
      context,
      parts: { account, poller, inventory, sweep, upkeep: new RetainedUpkeep(context), health },
    };
  }

  #watchAccount(installation: Installation): AccountWatch {
    const { account, provider, cluster, namespace, clock, log, timings } = this.#options;
    return new AccountWatch({
      provider,
      clock,
      log,
      askAgainMs: timings.sweepMs,
      keyVersion: account.keyVersion,
      origin: account.origin,
      recorded: installation.account,
      recordedKey: installation.keyFingerprint,
      fingerprint: () =>
        installation.proofKey === undefined ? undefined : account.keyFingerprint?.(installation.proofKey),
      former: installation.formerAccount,
      named: () => namedAccounts(cluster.view),
      clonedFrom: installation.clonedFrom,
      acceptAccount: account.accept,
      record: async (recorded) => {
        await recordAccount({ configMaps: cluster.configMaps, namespace }, recorded);
      },
      onChange: () => {
        this.#context?.circuitBreakers.resetAll();
        this.#housekeeping.wake();
        this.#enqueueAll();
      },
    });
  }
}

/** Teams whose pods this operator may have rented. */
function knownTeams({ defaultTeamId, allowedTeamIds }: Policy): readonly string[] {
  return [...new Set([...(defaultTeamId === undefined ? [] : [defaultTeamId]), ...allowedTeamIds])];
}
