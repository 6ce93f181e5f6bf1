import type { GpuPodSpecInput } from '../../src/api/gpupod/spec.ts';
import { stringAt } from '../../src/json.ts';
import type { RawObject } from '../../src/kubernetes/objects.ts';
import type { SimulatedApi } from '../../src/simulator/api/simulated-api.ts';
import type { OfferInput } from '../../src/simulator/world/offer.ts';
import type { SettingsInput } from '../../src/simulator/world/settings.ts';
import { shownOf } from '../support/readable.ts';
import { makeShared } from './shared-provider.ts';
import { placeOf, simulationSettings } from './simulation-settings.ts';
import type { OperatorOptions } from './simulation-settings.ts';
import type { Journal } from './journal.ts';
import type { FaultPlan } from './boundary.ts';
import { CANARY_ENV, secretsIn } from './canaries.ts';
import type { Arrival } from './guards/guard.ts';
import { animateCluster, newJournal, newServer } from './cluster-life.ts';
import { OperatorProcess } from './operator-process.ts';
import type { OperatorSettings } from './operator-process.ts';
import { WALL_START_MS } from './process-clock.ts';
import { permittedCalls } from './permitted-calls.ts';
import { PayerBook } from './payer-book.ts';
import { Progress } from './progress.ts';
import { isReady, targetOf } from './readings.ts';
import type { SimulatedApiServer } from './simulated-api-server.ts';
import { SimulationFailure } from './simulation-failure.ts';
import type { Trace } from './trace.ts';
import type { VirtualTime } from './virtual-time.ts';

export const NAMESPACE = 'team-a';
const MINUTE_MS = 60_000;

export interface SimulationOptions extends OperatorOptions {
  readonly faultPlan?: FaultPlan;
  readonly provider?: SettingsInput;
  readonly offers?: readonly OfferInput[];
  /** How long it takes to replace a dead process. */
  readonly restartMs?: number;
  /** A standby watches the cluster all the time, and replaces a dead process. @default false */
  readonly hasStandby?: boolean;
  /** @default true */
  readonly isTraced?: boolean;
  /** Another cluster whose operator has the same API key. They share one provider and one time. */
  readonly neighbour?: Simulation;
  /**
   * Another installation in the same cluster, with the same policy and other namespaces. They share the API server
   * and the journal as well.
   */
  readonly besideInCluster?: Simulation;
}

/** A cluster, a provider and operator processes, in one virtual time. */
export class Simulation {
  readonly time: VirtualTime;
  readonly trace: Trace;
  readonly server: SimulatedApiServer;
  readonly api: SimulatedApi;
  readonly journal: Journal;
  readonly counter = { calls: 0 };
  readonly operators: OperatorProcess[] = [];
  readonly settings: OperatorSettings;
  /** Foreign instances that live from the beginning to the end. */
  readonly foreignIds: readonly string[];
  /** Instances of another account. One has our name prefix. */
  readonly othersIds: readonly string[];
  readonly progress = new Progress();
  /** Who may pay for what, if the operator serves accounts. */
  readonly payers: PayerBook | undefined;
  /** The number of changes by an operator, and the time of the last one. */
  writes = 0;
  lastWriteMs = 0;
  isRestarting = true;
  /** Planned actions of people. */
  pending = 0;
  /** Instances that a person released by force, and so accepted to pay for. */
  readonly leftIds = new Set<string>();
  /** Numbers of the requests that this cluster sent, as in the provider's log. */
  readonly sent = new Set<number>();
  /** All installation IDs that the operator of this cluster ever used. */
  readonly installationIds = new Set<string>();
  /** The user whose key the operator had first. */
  readonly ownUsers: ReadonlySet<string>;
  /** The guards of the cluster. They judge each request of its installations. */
  readonly tellGuards: (arrival: Arrival) => void;
  readonly #options: SimulationOptions;
  #standby: OperatorProcess | undefined;
  readonly #processNames = new Set<string>();

  constructor(options: SimulationOptions = {}) {
    this.#options = options;
    const { besideInCluster: first } = options;
    const shared = first ?? options.neighbour ?? makeShared(options);
    this.time = shared.time;
    this.trace = shared.trace;
    this.api = shared.api;
    this.foreignIds = shared.foreignIds;
    this.othersIds = shared.othersIds;
    this.settings = simulationSettings(options);
    this.server = first?.server ?? newServer(this, options.neighbour);
    this.journal = first?.journal ?? newJournal(this, options.neighbour);
    this.payers = this.#findPayers();
    this.tellGuards = first?.tellGuards ?? animateCluster(this);
    this.ownUsers = this.#findUsers();
    this.#listen();
  }

  #findPayers(): PayerBook | undefined {
    const payers = this.settings.isServingAccounts ? new PayerBook(this) : undefined;
    this.journal.isPaidBy = payers === undefined ? undefined : (...wallet) => payers.isPaidBy(...wallet);
    return payers;
  }

  #findUsers(): ReadonlySet<string> {
    return new Set([this.userId ?? 'user_1']);
  }

  /** The user of the operator's current key. */
  get userId(): string | undefined {
    const { accounts } = this.api.world.settings;
    return accounts.find(({ key }) => key === this.settings.key.text)?.userId;
  }

  #listen(): void {
    const { installationId } = this.settings;
    if (installationId !== undefined) this.installationIds.add(installationId);
    this.server.onChange((change) => {
      const recorded = stringAt(change.object['data'], 'installationId');
      const isOwnRecord =
        change.kind === 'configmaps' && change.object.metadata.namespace === this.settings.namespace;
      if (isOwnRecord && recorded !== undefined) this.installationIds.add(recorded);
      if (change.by === 'person') this.progress.noteFault('person', this.time.nowMs);
      if (!this.#processNames.has(change.by)) return;
      if (change.kind !== 'secrets') this.#search(`${change.verb} ${change.kind}`, shownOf(change.object));
      this.writes += 1;
      this.lastWriteMs = this.time.nowMs;
      this.progress.noteWrite(change);
    });
  }

  /** No secret may appear in what people can read. */
  #search(where: string, text: string): void {
    const { accounts } = this.api.world.settings;
    const keys = this.settings.isServingAccounts ? accounts.map(({ key }) => key) : [this.settings.key.text];
    for (const secret of secretsIn(text, keys)) {
      this.journal.addViolation('secrets', `${secret} in ${where}`);
    }
  }

  nowText(): string {
    return `${new Date(WALL_START_MS + this.time.nowMs).toISOString().slice(0, 19)}Z`;
  }

  /** Starts another process of the operator, or lets the one lead that stands by. */
  startOperator(): OperatorProcess {
    const operator = this.#standby ?? this.#newProcess();
    this.#standby = this.#options.hasStandby === true ? this.#newProcess() : undefined;
    this.operators.push(operator);
    this.trace.add(this.time.nowMs, `${operator.name} starts`);
    this.progress.leaders = this.operators.filter(({ isDead }) => !isDead).length;
    this.progress.noteFault('start', this.time.nowMs);
    this.#begin(operator);
    return operator;
  }

  /** A process that watches the cluster, and does not lead. */
  #newProcess(): OperatorProcess {
    const name = `operator-${placeOf(this.#options)}${this.#processNames.size + 1}`;
    this.#processNames.add(name);
    return new OperatorProcess(name, this.settings, {
      time: this.time,
      server: this.server,
      calls: permittedCalls(this),
      api: this.api,
      trace: this.trace,
      counter: this.counter,
      faultPlan: (call) => this.#options.faultPlan?.(call) ?? [],
      onArrival: (arrival) => {
        this.sent.add(arrival.request.number);
        this.tellGuards(arrival);
      },
      onReconciled: (key, seconds) => {
        this.progress.notePass(key, seconds);
      },
      onFault: (kind) => {
        this.progress.noteFault(kind, this.time.nowMs);
      },
      onSaid: (where, text) => this.#search(where, text),
      onDeath: () => this.#replace(),
    });
  }

  get operator(): OperatorProcess {
    const living = this.operators.findLast(({ isDead }) => !isDead);
    if (living === undefined) throw new SimulationFailure('no operator runs');
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

  /** Another process starts to lead, unless a running one leads. */
  replaceOperator(): void {
    if (this.operators.every(({ isDead, clock }) => isDead || clock.isFrozen)) this.startOperator();
  }

  /** A person applies a GpuPod. The name may have a namespace before it. */
  apply(
    qualified = 'train-1',
    spec: Partial<GpuPodSpecInput> = {},
    annotations: Record<string, string> = {},
    elsewhere?: string,
  ): void {
    const { name, namespace } = {
      ...targetOf(qualified, NAMESPACE),
      ...(elsewhere === undefined ? {} : { namespace: elsewhere }),
    };
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
    return this.server.get('gpupods', targetOf(name, NAMESPACE));
  }

  /** A person changes the object in any state. */
  edit(change: (object: RawObject) => RawObject, name = 'train-1'): void {
    this.server.edit('gpupods', targetOf(name, NAMESPACE), change, 'person');
  }

  delete(name = 'train-1'): void {
    this.server.delete('gpupods', targetOf(name, NAMESPACE), 'person');
  }

  isReady(name = 'train-1'): boolean {
    const object = this.object(name);
    return object !== undefined && isReady(object);
  }

  /** Every GpuPod of every namespace in its current state. */
  objects(): readonly RawObject[] {
    return this.server.list('gpupods');
  }

  /** A person acts later. A failure by then does not matter. */
  later(ms: number, act: () => void): void {
    this.pending += 1;
    this.time.schedule(ms, () => {
      this.pending -= 1;
      this.progress.noteFault('undone', this.time.nowMs);
      try {
        act();
      } catch (error) {
        this.trace.add(this.time.nowMs, `refused: ${error instanceof Error ? error.message : String(error)}`);
      }
    });
  }

  /** All processes use another key from now on. */
  changeKey(text: string): void {
    const { key } = this.settings;
    key.text = text;
    key.version += 1;
    this.trace.add(this.time.nowMs, `the key is ${text}`);
  }

  /** Runs until the condition holds, and fails if it does not within the limit. */
  async until(what: string, isSo: () => boolean, limitMs = 45 * MINUTE_MS): Promise<void> {
    if (!(await this.time.run(limitMs, isSo))) {
      this.journal.addViolation('settles', `in ${limitMs / MINUTE_MS} min this did not happen: ${what}`);
      throw new SimulationFailure(`waited in vain: ${what}`);
    }
  }

  async pass(ms: number): Promise<void> {
    await this.time.run(ms, () => false);
  }
}
