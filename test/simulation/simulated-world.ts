import type { GpuPodSpecInput } from '../../src/api/spec.ts';
import { stringAt } from '../../src/json.ts';
import type { RawObject } from '../../src/kubernetes/objects.ts';
import type { SimulatedApi } from '../../src/simulator/api/simulated-api.ts';
import type { OfferInput } from '../../src/simulator/world/offer.ts';
import type { SettingsInput } from '../../src/simulator/world/settings.ts';
import { findSecret } from '../support/find-secret.ts';
import { shownOf } from '../support/readable.ts';
import { makeShared } from './shared-world.ts';
import { priceLimits, worldSettings } from './world-settings.ts';
import type { OperatorOptions } from './world-settings.ts';
import { Books } from './books.ts';
import type { FaultPlan } from './boundary.ts';
import { CANARY_ENV } from './canaries.ts';
import type { Arrival } from './guards/guard.ts';
import { watchedByGuards } from './guards/guards.ts';
import { OperatorProcess } from './operator-process.ts';
import type { OperatorSettings } from './operator-process.ts';
import { WALL_START_MS } from './process-clock.ts';
import { Progress } from './progress.ts';
import { isReady } from './readings.ts';
import { ReadyInstances } from './ready-instances.ts';
import { SimulatedApiServer } from './simulated-api-server.ts';
import type { Trace } from './trace.ts';
import type { VirtualTime } from './virtual-time.ts';

export const NAMESPACE = 'team-a';
const MINUTE_MS = 60_000;
const GARBAGE_MS = 5_000;

export interface WorldOptions extends OperatorOptions {
  readonly faultPlan?: FaultPlan;
  readonly provider?: SettingsInput;
  readonly offers?: readonly OfferInput[];
  /** How long until a process that died is replaced. */
  readonly restartMs?: number;
  /** @default true */
  readonly isTraced?: boolean;
  /** Another cluster whose operator has the same API key: one provider, one time. */
  readonly neighbour?: SimulatedWorld;
}

/** A world that did not do what was waited for, or did what must never be. */
export class WorldFailure extends Error {
  override name = 'WorldFailure';
}

/** A cluster, a provider, and operators that come and go, on one virtual time. */
export class SimulatedWorld {
  readonly time: VirtualTime;
  readonly trace: Trace;
  readonly server: SimulatedApiServer;
  readonly api: SimulatedApi;
  readonly books: Books;
  readonly counter = { calls: 0 };
  readonly operators: OperatorProcess[] = [];
  readonly settings: OperatorSettings;
  /** Pods that are none of ours, alive from the beginning to the end. */
  readonly foreignIds: readonly string[];
  /** Pods of another account, one of them named as if it were ours. */
  readonly othersIds: readonly string[];
  readonly progress = new Progress();
  /** Changes that an operator made to any object, and the moment of the last one. */
  writes = 0;
  lastWriteMs = 0;
  isRestarting = true;
  /** What people still mean to do. */
  pending = 0;
  /** Pods whose bill a person took upon himself: released by force. */
  readonly leftIds = new Set<string>();
  /** Numbers of the requests that this cluster sent, in the log of the provider. */
  readonly sent = new Set<number>();
  /** Ids that the operator of this cluster ever went by. */
  readonly installationIds = new Set<string>();
  readonly #options: WorldOptions;
  readonly #tellGuards: (arrival: Arrival) => void;

  constructor(options: WorldOptions = {}) {
    this.#options = options;
    const { neighbour } = options;
    const shared = neighbour ?? makeShared(options);
    this.time = shared.time;
    this.trace = shared.trace;
    this.api = shared.api;
    this.foreignIds = shared.foreignIds;
    this.othersIds = shared.othersIds;
    this.server = new SimulatedApiServer(() => this.nowText(), neighbour === undefined ? 'uid' : 'far');
    this.settings = worldSettings(options);
    this.books = new Books(this.server, this.api, () => this.nowText(), priceLimits(this.settings.policy));
    if (neighbour !== undefined) this.books.joinWith(neighbour.books);
    new ReadyInstances(this).watch();
    this.#tellGuards = watchedByGuards(this);
    this.#listen();
  }

  /** User of the key that the operator has now. */
  get userId(): string | undefined {
    const { accounts } = this.api.world.settings;
    return accounts.find(({ key }) => key === this.settings.key.text)?.userId;
  }

  #listen(): void {
    const { installationId } = this.settings;
    if (installationId !== undefined) this.installationIds.add(installationId);
    this.server.onChange((change) => {
      const recorded = stringAt(change.object['data'], 'installationId');
      if (change.kind === 'configmaps' && recorded !== undefined) this.installationIds.add(recorded);
      this.trace.add(
        this.time.nowMs,
        `${change.by} ${change.verb} ${change.kind}/${change.object.metadata.name}`,
      );
      if (change.kind === 'secrets' && change.type === 'ADDED') this.#collectLater(change.object);
      if (change.by === 'person') this.progress.strike('person', this.time.nowMs);
      if (!change.by.startsWith('operator')) return;
      if (change.kind !== 'secrets') this.#search(`${change.verb} ${change.kind}`, shownOf(change.object));
      this.writes += 1;
      this.lastWriteMs = this.time.nowMs;
      this.progress.noteWrite(change);
    });
  }

  /** No secret stands in what people can read. */
  #search(where: string, text: string): void {
    for (const secret of findSecret(text, { apiKey: this.settings.key.text, env: CANARY_ENV })) {
      this.books.accuse('secrets', `${secret} in ${where}`);
    }
  }

  /** What was made for an object that is gone by then goes as well, once the garbage collector comes by. */
  #collectLater({ metadata }: RawObject): void {
    this.time.schedule(GARBAGE_MS, () => {
      this.server.collect(metadata);
    });
  }

  nowText(): string {
    return `${new Date(WALL_START_MS + this.time.nowMs).toISOString().slice(0, 19)}Z`;
  }

  /** Starts one more process of the operator. */
  startOperator(): OperatorProcess {
    const place = this.#options.neighbour === undefined ? '' : 'far-';
    const name = `operator-${place}${this.operators.length + 1}`;
    const operator = new OperatorProcess(name, this.settings, {
      time: this.time,
      server: this.server,
      api: this.api,
      trace: this.trace,
      counter: this.counter,
      faultPlan: (call) => this.#options.faultPlan?.(call) ?? [],
      onArrival: (arrival) => {
        this.sent.add(arrival.request.number);
        this.#tellGuards(arrival);
      },
      onReconciled: (key, seconds) => {
        this.progress.notePass(key, seconds);
      },
      onFault: (kind) => {
        this.progress.strike(kind, this.time.nowMs);
      },
      onSaid: (where, text) => this.#search(where, text),
      onDeath: () => this.#replace(),
    });
    this.operators.push(operator);
    this.trace.add(this.time.nowMs, `${name} starts`);
    this.progress.leaders = this.operators.filter(({ isDead }) => !isDead).length;
    this.progress.strike('start', this.time.nowMs);
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
      this.replaceOperator();
    });
  }

  /** Another process takes the lead, unless one has it that runs. */
  replaceOperator(): void {
    if (this.operators.every(({ isDead, clock }) => isDead || clock.isFrozen)) this.startOperator();
  }

  /** A person applies a GpuPod. */
  apply(
    name = 'train-1',
    spec: Partial<GpuPodSpecInput> = {},
    annotations: Record<string, string> = {},
    namespace = NAMESPACE,
  ): void {
    const env = [{ name: 'TOKEN', value: CANARY_ENV }];
    const whole = { gpu: { types: ['H100_80GB'] }, maxPrice: 3, env, ...spec };
    this.server.create(
      'gpupods',
      namespace,
      { apiVersion: 'gpupod.dev/v1alpha1', kind: 'GpuPod', metadata: { name, annotations }, spec: whole },
      'person',
    );
  }

  object(name = 'train-1'): RawObject | undefined {
    return this.server.get('gpupods', { namespace: NAMESPACE, name });
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

  /** A person does something later; what fails by then is no matter. */
  later(ms: number, act: () => void): void {
    this.pending += 1;
    this.time.schedule(ms, () => {
      this.pending -= 1;
      this.progress.strike('undone', this.time.nowMs);
      try {
        act();
      } catch (error) {
        this.trace.add(this.time.nowMs, `refused: ${error instanceof Error ? error.message : String(error)}`);
      }
    });
  }

  /** The key of all processes is another one from now on. */
  changeKey(text: string): void {
    const { key } = this.settings;
    key.text = text;
    key.version += 1;
    this.trace.add(this.time.nowMs, `the key is ${text}`);
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
