import { IN_USE_FINALIZER } from '../../../src/api/common/names.ts';
import { secretData } from '../../../src/kubernetes/client/secrets-client.ts';
import { OPEN_POLICY } from '../../support/builders/policy.ts';
import type { RawObject } from '../../../src/kubernetes/objects.ts';
import { withSpec } from '../edits.ts';
import { ORPHAN_MS } from '../life.ts';
import { judgeEnd, judgeRun, surplusOf } from '../oracles.ts';
import { attempt } from '../people.ts';
import { hiddenFor } from '../provider-faults.ts';
import { PayerBook } from '../payer-book.ts';
import { podIdOf } from '../readings.ts';
import { annotate, attend } from '../random-run/attendant.ts';
import { FaultInjector } from '../random-run/fault-injector.ts';
import type { RunResult } from '../random-run/run-result.ts';
import { Simulation } from '../simulation.ts';
import { SimulationFailure } from '../simulation-failure.ts';
import type { SimulationOptions } from '../simulation.ts';
import { createAccount } from './account-actions.ts';
import { TENANT_OFFERS, TENANT_PROVIDER, USERS } from './cast.ts';
import type { TenantPlan } from './draw.ts';
import { describe, isAtItsEnd } from './expected.ts';
import { judgeUserKeys, judgeUserKeysAtEnd, plantUserKeys } from './user-keys.ts';
import { PUBLIC_KEY_LINE, PUBLIC_KEY_SECRET } from './planned.ts';

const MINUTE_MS = 60_000;
const SILENCE_MS = 11 * MINUTE_MS;
const COMING_MS = 8 * MINUTE_MS;
const LIMIT_MS = 150 * MINUTE_MS;
const OVERDUE_MS = 3 * 60 * MINUTE_MS;
/** Calls that read the Secret of an account, of which one in so many counts. Each account makes one every 3 s. */
const COUNTED_READS = 25;
const FREEZE_STALE_MS = 2 * MINUTE_MS;
const CALM_STALE_MS = 15_000;

/** A simulation in which the GpuPods of several tenants come and go, with accounts, limits and random faults. */
class TenantRun {
  readonly simulation: Simulation;
  readonly injector: FaultInjector;
  readonly #plan: TenantPlan;
  readonly #payers: PayerBook;
  #reads = 0;
  #lookedAt = { state: '', areAll: false };

  constructor(plan: TenantPlan, options: SimulationOptions) {
    this.#plan = plan;
    this.injector = new FaultInjector(
      () => this.simulation,
      plan.lagMs,
      (call) => this.#isCounted(call.label),
    );
    this.simulation = new Simulation({
      seed: plan.seed,
      watchDelayMs: plan.watchDelayMs,
      restartMs: plan.restartMs,
      offers: TENANT_OFFERS,
      provider: TENANT_PROVIDER,
      ...options,
      faultPlan: this.injector.faultPlan,
      settings: {
        orphanPolicy: plan.isForceful ? 'Terminate' : 'Report',
        policy: OPEN_POLICY,
        isServingAccounts: true,
        concurrency: plan.concurrency,
        isProbing: true,
      },
    });
    const { payers } = this.simulation;
    if (payers === undefined) throw new Error('the operator serves no accounts');
    this.#payers = payers;
    payers.staleMs = isFreezing(plan) ? FREEZE_STALE_MS : CALM_STALE_MS + plan.watchDelayMs;
    if (plan.lagMs > 0) this.simulation.api.faults.add(hiddenFor(plan.lagMs));
    plantUserKeys(this.simulation, ['user_1', ...USERS]);
    attend(this.simulation, {
      isAskedAnew: () => true,
      note: (what) => {
        this.injector.note(what);
      },
    });
  }

  async live(): Promise<void> {
    const { simulation } = this;
    const { namespaces, accounts, gpuPods, coming, going } = this.#plan;
    this.#createNamespaces(namespaces);
    simulation.startOperator();
    // The operator records whose key it has.
    await simulation.pass(1_000);
    for (const [index, account] of accounts.entries()) {
      simulation.time.schedule(index * 1_500, () => {
        createAccount(simulation, account);
      });
    }
    for (const { namespace, name, spec, atMs } of gpuPods) {
      simulation.time.schedule(atMs, () => {
        attempt(simulation, () => simulation.apply(`${namespace}/${name}`, spec));
      });
    }
    this.injector.begin(coming);
    await simulation.pass(COMING_MS);
    await this.#until('all in their final states', () => this.#areAtTheirEnds());
    this.injector.end();
    await this.#rest();
    this.injector.begin(going);
    for (const { metadata } of simulation.objects()) simulation.server.delete('gpupods', metadata, 'person');
    await this.#until('all deleted', () => simulation.objects().length === 0 && simulation.pending === 0);
    this.injector.end();
    await this.#rest();
    this.#judgeFinalizers();
    judgeUserKeysAtEnd(simulation, ['user_1', ...USERS], accounts);
  }

  #createNamespaces(namespaces: TenantPlan['namespaces']): void {
    const { server } = this.simulation;
    for (const { name, labels } of namespaces) {
      server.create('namespaces', undefined, { metadata: { name, labels } }, 'person');
      const data = secretData({ 'id.pub': PUBLIC_KEY_LINE });
      server.create('secrets', name, { metadata: { name: PUBLIC_KEY_SECRET }, data }, 'person');
    }
  }

  #isCounted(label: string): boolean {
    if (label !== 'GET secrets') return true;
    this.#reads += 1;
    return this.#reads % COUNTED_READS === 0;
  }

  /** Runs the oracles once the simulation is at rest. */
  async #rest(): Promise<void> {
    const { simulation } = this;
    await simulation.until('rest', () => this.#silenceMs() > SILENCE_MS, 90 * MINUTE_MS);
    await this.#until('all in their final states', () => this.#areAtTheirEnds());
    if (this.#plan.isForceful) {
      await simulation.until('orphans ended', () => surplusOf(simulation).length === 0, ORPHAN_MS);
    }
    judgeUserKeys(simulation, ['user_1', ...USERS], this.injector.injected.has('two operators'));
    judgeEnd(simulation, {
      surplusMsByUid: this.injector.excused,
      overdueMs: OVERDUE_MS,
      passes: Infinity,
      without: simulation
        .objects()
        .flatMap((object) => (podIdOf(object) === undefined ? [object.metadata.name] : [])),
    });
  }

  /** How long a process has run and nothing was written. */
  #silenceMs(): number {
    const { operators, time, lastWriteMs } = this.simulation;
    const running = operators.findLast(({ isDead }) => !isDead);
    return Math.min(time.nowMs - lastWriteMs, running?.clock.monotonicMs() ?? 0);
  }

  /** Nothing is in use any more, so nothing is kept. */
  #judgeFinalizers(): void {
    const { server, journal } = this.simulation;
    const kept = (['gpuaccounts', 'clustergpuaccounts', 'secrets'] as const).flatMap((kind) =>
      server.list(kind),
    );
    for (const { metadata } of kept) {
      if ((metadata.finalizers ?? []).includes(IN_USE_FINALIZER)) {
        journal.addViolation('settles', `${metadata.name} is kept although nothing uses it`);
      }
    }
  }

  /** Called after every event, and computed only if an object has changed, or time has passed. */
  #areAtTheirEnds(): boolean {
    const { pending, server, time } = this.simulation;
    if (pending > 0) return false;
    const state = `${String(server.version)} ${String(Math.floor(time.nowMs / MINUTE_MS))}`;
    if (this.#lookedAt.state !== state) this.#lookedAt = { state, areAll: this.#laggards().length === 0 };
    return this.#lookedAt.areAll;
  }

  #laggards(): readonly string[] {
    return this.simulation
      .objects()
      .filter((object) => !isAtItsEnd(this.simulation, this.#payers, object))
      .map((object) => describe(this.#payers, object));
  }

  /** Waits. If a GpuPod waits for a cooldown of a day or stalls, a person acts. */
  async #until(what: string, isSo: () => boolean): Promise<void> {
    const { simulation } = this;
    for (let helps = 0; helps < 3; helps += 1) {
      if (await simulation.time.run(45 * MINUTE_MS, isSo)) return;
      this.#helpOn();
    }
    if (await simulation.time.run(LIMIT_MS, isSo)) return;
    simulation.journal.addViolation('settles', `waited in vain: ${what}; ${this.#laggards().join(', ')}`);
    throw new SimulationFailure(what);
  }

  /** A deletion may wait until the account exists that the spec names, as the guide says. */
  #correct({ metadata: { namespace = '', name } }: RawObject): void {
    const { simulation } = this;
    attempt(simulation, () => {
      simulation.edit(withSpec({ accountRef: undefined }), `${namespace}/${name}`);
    });
  }

  #helpOn(): void {
    const { simulation } = this;
    simulation.trace.add(simulation.time.nowMs, '*** a person acts');
    simulation.operators.findLast(({ isDead }) => !isDead)?.kill();
    for (const object of simulation.objects()) {
      if (isAtItsEnd(simulation, this.#payers, object)) continue;
      if (object.metadata.deletionTimestamp !== undefined) this.#correct(object);
      annotate(simulation, object, 'gpupod.dev/reconcile-requested-at', simulation.nowText());
    }
  }
}

function isFreezing({ coming, going }: TenantPlan): boolean {
  return [...coming, ...going].some((fault) => fault.what === 'call' && fault.callFault.kind === 'freeze');
}

/** Runs a plan, and checks the result with all oracles. */
export async function runTenants(plan: TenantPlan, options: SimulationOptions = {}): Promise<RunResult> {
  const run = new TenantRun(plan, options);
  const { simulation, injector } = run;
  try {
    await run.live();
  } catch (error) {
    if (!(error instanceof SimulationFailure)) throw error;
    simulation.trace.add(simulation.time.nowMs, error.message);
    judgeRun(simulation, { surplusMsByUid: injector.excused, overdueMs: OVERDUE_MS });
  }
  return {
    violations: simulation.journal.violations,
    lives: simulation.journal.livesSeen,
    virtualHours: simulation.time.nowMs / 3_600_000,
    injected: injector.injected,
    ends: [],
    calls: simulation.counter.calls,
    mostPasses: 0,
    hash: simulation.trace.hash(),
    trace: simulation.trace.text(Infinity),
  };
}
