import type { GpuPodSpecInput } from '../../src/api/spec.ts';
import { recordAt, stringAt } from '../../src/kubernetes/json.ts';
import type { RawObject } from '../../src/kubernetes/objects.ts';
import { SimulatedApi } from '../../src/simulator/api/simulated-api.ts';
import { offerCatalogueSchema } from '../../src/simulator/world/offer.ts';
import type { OfferInput } from '../../src/simulator/world/offer.ts';
import { plantPod } from '../../src/simulator/world/plant-pod.ts';
import { createRandomSource } from '../../src/simulator/world/random.ts';
import { settingsSchema } from '../../src/simulator/world/settings.ts';
import type { SettingsInput } from '../../src/simulator/world/settings.ts';
import { Books } from './books.ts';
import type { Fate } from './boundary.ts';
import { OperatorProcess } from './operator-process.ts';
import type { OperatorSettings, Plant } from './operator-process.ts';
import { ProcessClock, WALL_START_MS } from './process-clock.ts';
import { SimulatedApiServer } from './simulated-api-server.ts';
import { Trace } from './trace.ts';
import { VirtualTime } from './virtual-time.ts';

export const INSTALLATION = 'abc123';
export const NAMESPACE = 'team-a';
const MINUTE_MS = 60_000;

export interface WorldOptions {
  readonly seed?: number;
  readonly fate?: Fate;
  readonly plant?: Plant;
  readonly provider?: SettingsInput;
  readonly offers?: readonly OfferInput[];
  readonly watchDelayMs?: number;
  /** How long until a process that died is replaced. */
  readonly restartMs?: number;
  readonly settings?: Partial<Pick<OperatorSettings, 'policy' | 'orphanPolicy' | 'installationId'>>;
}

/** A world that did not do what was waited for, or did what must never be. */
export class WorldFailure extends Error {
  override name = 'WorldFailure';
}

/** A cluster, a provider, and operators that come and go, on one virtual time. */
export class SimulatedWorld {
  readonly time = new VirtualTime();
  readonly trace = new Trace();
  readonly server: SimulatedApiServer;
  readonly api: SimulatedApi;
  readonly books: Books;
  readonly counter = { calls: 0 };
  readonly operators: OperatorProcess[] = [];
  readonly settings: OperatorSettings;
  /** Pods that are none of ours, alive from the beginning to the end. */
  readonly foreignIds: readonly string[];
  reconciles = 0;
  /** Changes that an operator made to any object, and the moment of the last one. */
  writes = 0;
  lastWriteMs = 0;
  reconcilesAtLastWrite = 0;
  isRestarting = true;
  readonly #options: WorldOptions;

  constructor(options: WorldOptions = {}) {
    const { seed = 1, provider, offers = OFFERS } = options;
    this.#options = options;
    const clock = new ProcessClock(this.time);
    this.server = new SimulatedApiServer(() => this.nowText());
    this.api = new SimulatedApi({
      clock,
      seed,
      settings: settingsSchema.parse({ ...PROVIDER, ...provider }),
      catalogue: offerCatalogueSchema.parse({ gpus: offers }),
    });
    this.books = new Books(this.server, this.api, () => this.nowText());
    this.foreignIds = FOREIGN_NAMES.map((name) => plantPod(this.api.world, { name }).id);
    const random = createRandomSource(seed + 2);
    this.settings = {
      policy: { requireMaxPrice: false, allowedTeamIds: [], allowedSshKeyIds: [] },
      orphanPolicy: 'Report',
      installationId: INSTALLATION,
      plant: options.plant ?? {},
      watch: { delayMs: options.watchDelayMs ?? 20 },
      key: { text: 'test-key', version: 1 },
      random: () => random.next(),
      latencyMs: { cluster: 4, provider: 45 },
      ...options.settings,
    };
    this.server.onChange((change) => {
      this.trace.add(
        this.time.nowMs,
        `${change.by} ${change.verb} ${change.kind}/${change.object.metadata.name}`,
      );
      if (!change.by.startsWith('operator')) return;
      this.writes += 1;
      this.lastWriteMs = this.time.nowMs;
      this.reconcilesAtLastWrite = this.reconciles;
    });
  }

  nowText(): string {
    return `${new Date(WALL_START_MS + this.time.nowMs).toISOString().slice(0, 19)}Z`;
  }

  /** Starts one more process of the operator. */
  startOperator(): OperatorProcess {
    const name = `operator-${this.operators.length + 1}`;
    const operator = new OperatorProcess(name, this.settings, {
      time: this.time,
      server: this.server,
      api: this.api,
      trace: this.trace,
      counter: this.counter,
      fate: (call) => this.#options.fate?.(call) ?? [],
      onReconciled: () => {
        this.reconciles += 1;
      },
      onDeath: () => this.#replace(),
    });
    this.operators.push(operator);
    this.trace.add(this.time.nowMs, `${name} starts`);
    this.#begin(operator);
    return operator;
  }

  get operator(): OperatorProcess {
    const living = this.operators.findLast(({ isDead }) => !isDead);
    if (living === undefined) throw new WorldFailure('no operator runs');
    return living;
  }

  #begin(operator: OperatorProcess): void {
    operator.start().catch((error: unknown) => {
      this.trace.add(this.time.nowMs, `${operator.name} could not start: ${String(error)}`);
      this.time.schedule(2_000, () => {
        if (!operator.isDead) this.#begin(operator);
      });
    });
  }

  #replace(): void {
    if (!this.isRestarting) return;
    this.time.schedule(this.#options.restartMs ?? 17_000, () => {
      this.startOperator();
    });
  }

  /** A person applies a GpuPod. */
  apply(
    name = 'train-1',
    spec: Partial<GpuPodSpecInput> = {},
    annotations: Record<string, string> = {},
    namespace = NAMESPACE,
  ): void {
    const whole = { gpu: { types: ['H100_80GB'] }, maxPrice: 3, ...spec };
    this.server.create(
      'gpupods',
      namespace,
      { apiVersion: 'gpupod.dev/v1alpha1', kind: 'GpuPod', metadata: { name, annotations }, spec: whole },
      'person',
    );
  }

  object(name = 'train-1'): RawObject | undefined {
    return this.server.peek('gpupods', { namespace: NAMESPACE, name });
  }

  /** A person changes the object, whatever stands on it. */
  edit(change: (object: RawObject) => RawObject, name = 'train-1'): void {
    this.server.edit('gpupods', { namespace: NAMESPACE, name }, change, 'person');
  }

  delete(name = 'train-1'): void {
    this.server.delete('gpupods', { namespace: NAMESPACE, name }, 'person');
  }

  isReady(name = 'train-1'): boolean {
    const object = this.object(name);
    return object !== undefined && isReady(object);
  }

  /** Every GpuPod of every namespace, as it stands. */
  objects(): readonly RawObject[] {
    return this.server.list('gpupods');
  }

  /** Goes on until it is so; fails if it is not within the limit. */
  async until(what: string, isSo: () => boolean, limitMs = 45 * MINUTE_MS): Promise<void> {
    if (!(await this.time.run(limitMs, isSo))) {
      this.books.accuse('settles', `in ${limitMs / MINUTE_MS} min it was not so: ${what}`);
      throw new WorldFailure(`waited in vain: ${what}`);
    }
  }

  async pass(ms: number): Promise<void> {
    await this.time.run(ms, () => false);
  }
}

export function isReady(object: RawObject): boolean {
  const { conditions } = recordAt(object, 'status');
  return (
    Array.isArray(conditions) &&
    conditions.some(
      (condition) => stringAt(condition, 'type') === 'Ready' && stringAt(condition, 'status') === 'True',
    )
  );
}

const PROVIDER: SettingsInput = {
  provisioningMs: 20_000,
  installingMs: 10_000,
  deletingMs: 4_000,
  slash: 'Direct',
};

/** Somebody's own, another installation's, and one of ours from before the record of the installation. */
export const FOREIGN_NAMES: readonly string[] = [
  'somebody',
  'gp-zzz999-0123456789-1-team-a-train-1',
  `gp-${INSTALLATION}x-0123456789-1-a`,
];

function offer(cloudId: string, provider: string, usdPerHour: number): OfferInput {
  return {
    cloudId,
    provider,
    gpuType: 'H100_80GB',
    socket: 'PCIe',
    region: 'canada',
    dataCenter: 'CANADA-1',
    country: 'CA',
    gpuCount: 1,
    gpuMemory: 80,
    disk: { defaultCount: 100, defaultIncludedInPrice: true },
    vcpu: { defaultCount: 16, defaultIncludedInPrice: true },
    memory: { defaultCount: 128, defaultIncludedInPrice: true },
    stockStatus: 'High',
    prices: { onDemand: usdPerHour },
  };
}

/** Three that fit under the cap of the worlds, and one that does not. */
export const OFFERS: readonly OfferInput[] = [
  offer('n3-H100x1', 'hyperstack', 1.9),
  offer('gpu_1x_h100', 'lambdalabs', 2.4),
  offer('1H100.80S', 'datacrunch', 2.6),
  offer('dear-h100', 'latitude', 3.4),
];
