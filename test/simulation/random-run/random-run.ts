import { plantPod } from '../../../src/simulator/world/plant-pod.ts';
import { judgeRun, judgeEnd, surplusOf } from '../oracles.ts';
import { attempt, copyTo } from '../people.ts';
import { ORPHAN_MS } from '../life.ts';
import { hiddenFor } from '../provider-faults.ts';
import { NAMESPACE, Simulation } from '../simulation.ts';
import { SimulationFailure } from '../simulation-failure.ts';
import type { SimulationOptions } from '../simulation.ts';
import { MOST_PASSES } from '../progress.ts';
import { reasonOf } from '../readings.ts';
import { FAR_INSTALLATION } from '../two-clusters.ts';
import type { Ends } from './ends.ts';
import { differences, endsOf, withoutFaults } from './ends.ts';
import { FaultInjector } from './fault-injector.ts';
import { RUN_FAULTS, RUN_OFFERS, SCARCE_ID, TEAM, RUN_PROVIDER } from './market.ts';
import type { KindName } from './kinds.ts';
import { isAtItsEnd, isRented, kindOf, policyOf } from './kinds.ts';
import { attend, annotate, beginWithOldCrd } from './attendant.ts';
import type { RunPlan, Wave } from './plan.ts';
import type { RunOptions, RunResult } from './run-result.ts';

const MINUTE_MS = 60_000;
/** More than a page of a list. */
const CROWD = 110;
const SILENCE_MS = 11 * MINUTE_MS;
/** Late information has arrived by then. */
const COMPARE_MS = 30 * MINUTE_MS;
const LIMIT_MS = 150 * MINUTE_MS;

/** Faults may keep the provider, or the operator, away for long. */
const OVERDUE_MS = 3 * 60 * MINUTE_MS;

/** A simulation in which many GpuPods come and go, in waves, with random faults. */
class RandomRun {
  readonly simulation: Simulation;
  readonly injector: FaultInjector;
  readonly ends: Ends[] = [];
  readonly #plan: RunPlan;
  readonly #calm: readonly Ends[] | undefined;
  readonly #kinds = new Map<string, KindName>();
  #lookedAt = { version: 0, areAll: false };
  mostPasses = 0;

  constructor(plan: RunPlan, options: RunOptions) {
    this.#plan = plan;
    this.#calm = options.calm;
    this.injector = new FaultInjector(() => this.simulation, plan.lagMs);
    this.simulation = new Simulation({
      seed: plan.seed,
      watchDelayMs: plan.watchDelayMs,
      restartMs: plan.restartMs,
      offers: RUN_OFFERS,
      provider: {
        ...RUN_PROVIDER,
        installingMs: plan.installingMs,
        listOrder: plan.isCrowded ? 'OldestFirst' : 'NewestFirst',
      },
      ...options,
      faultPlan: this.injector.faultPlan,
      settings: {
        orphanPolicy: plan.isForceful ? 'Terminate' : 'Report',
        policy: policyOf(plan.flags),
        ...(options.installationId === undefined ? {} : { installationId: options.installationId }),
      },
    });
    plantPod(this.simulation.api.world, { name: 'of-the-team', teamId: TEAM });
    for (let number = 0; plan.isCrowded && number < CROWD; number += 1) {
      plantPod(this.simulation.api.world, { name: `somebody-${number}` });
    }
    // Of two rules that hide an instance the first one counts.
    for (const rule of RUN_FAULTS) this.simulation.api.faults.add(rule);
    if (plan.lagMs > 0) this.simulation.api.faults.add(hiddenFor(plan.lagMs));
    attend(this.simulation, {
      isAskedAnew: (name) => this.#isAskedAnew(name),
      note: (what) => {
        this.injector.note(what);
      },
    });
  }

  async live(): Promise<void> {
    const { simulation } = this;
    simulation.startOperator();
    await simulation.pass(1_000);
    if (this.#plan.prunedFields.length > 0) beginWithOldCrd(simulation, this.#plan.prunedFields);
    simulation.time.schedule(5 * MINUTE_MS, () => {
      simulation.api.world.offers.change({ gpuType: 'H200_141GB' }, { stockStatus: 'High' });
      simulation.trace.add(simulation.time.nowMs, `*** ${SCARCE_ID} is on offer`);
    });
    for (const [index, wave] of this.#plan.waves.entries()) {
      await this.#come(wave);
      await this.#compare(this.#calm?.[index]);
      this.ends.push(endsOf(simulation.objects()));
      this.injector.end();
      if (index === this.#plan.waves.length - 1) await this.#rest();
      await this.#go(wave);
    }
    await this.#rest();
  }

  async #come({ lives, coming }: Wave): Promise<void> {
    const { simulation } = this;
    for (const { name, kind, atMs } of lives) {
      this.#kinds.set(name, kind);
      simulation.time.schedule(atMs, () => {
        attempt(simulation, () => simulation.apply(name, kindOf(kind).spec));
      });
    }
    this.injector.begin(coming);
    await simulation.pass(20_000);
    await this.#until('all in their final states', () => this.#areAtTheirEnds());
    await simulation.pass(MINUTE_MS);
    await this.#until('all in their final states', () => this.#areAtTheirEnds());
  }

  /** All GpuPods must reach the same final states as without faults. */
  async #compare(calm: Ends | undefined): Promise<void> {
    const { simulation } = this;
    if (calm === undefined) return;
    const isSame = (): boolean =>
      simulation.pending === 0 && differences(calm, simulation.objects()).length === 0;
    if (await simulation.time.run(COMPARE_MS, isSame)) return;
    for (const text of differences(calm, simulation.objects())) {
      simulation.journal.addViolation('same-end', text);
    }
  }

  async #go({ going }: Wave): Promise<void> {
    const { simulation } = this;
    this.injector.begin(going);
    for (const { metadata } of simulation.objects()) {
      simulation.server.delete('gpupods', { namespace: metadata.namespace, name: metadata.name }, 'person');
    }
    await this.#until('all deleted', () => simulation.objects().length === 0);
    this.injector.end();
  }

  /** Runs the oracles once the simulation is at rest. */
  async #rest(): Promise<void> {
    const { simulation } = this;
    await simulation.until(
      'rest',
      () => simulation.time.nowMs - simulation.lastWriteMs > SILENCE_MS,
      90 * MINUTE_MS,
    );
    await this.#until('all in their final states', () => this.#areAtTheirEnds());
    if (this.#plan.isForceful) {
      await simulation.until('orphans ended', () => surplusOf(simulation).length === 0, ORPHAN_MS);
    }
    this.#judgePasses();
    const without = simulation
      .objects()
      .flatMap(({ metadata: { name } }) => (this.#isRented(name) ? [] : [name]));
    judgeEnd(simulation, {
      surplusMsByUid: this.injector.excused,
      overdueMs: OVERDUE_MS,
      passes: Infinity,
      without,
    });
  }

  #judgePasses(): void {
    for (const [key, passes] of this.simulation.progress.passesToRest()) {
      const kind = this.#kindOf(key.slice(key.indexOf('/') + 1));
      if (passes > ((kind === undefined ? undefined : kindOf(kind).passes) ?? MOST_PASSES)) {
        this.simulation.journal.addViolation(
          'settles',
          `${key} needed ${passes} passes after the last fault`,
        );
      }
      this.mostPasses = Math.max(this.mostPasses, passes);
    }
  }

  /** Called after every event, and computed only if an object has changed. */
  #areAtTheirEnds(): boolean {
    const { simulation } = this;
    if (simulation.pending > 0) return false;
    const { version } = simulation.server;
    if (this.#lookedAt.version !== version) {
      const areAll = simulation.objects().every((object) => {
        const kind = this.#kindOf(object.metadata.name);
        return kind !== undefined && isAtItsEnd(kind, object, this.#plan.flags);
      });
      this.#lookedAt = { version, areAll };
    }
    return this.#lookedAt.areAll;
  }

  #isRented(name: string): boolean {
    const kind = this.#kindOf(name);
    return kind !== undefined && isRented(kind, this.#plan.flags);
  }

  #isAskedAnew(name: string): boolean {
    const kind = this.#kindOf(name);
    return kind !== undefined && kindOf(kind).isAskedAnew === true;
  }

  #kindOf(name: string): KindName | undefined {
    return this.#kinds.get(name.replace(/-copy$/, ''));
  }

  /** Waits. If a GpuPod waits for a cooldown of a day or stalls, a person acts. */
  async #until(what: string, isSo: () => boolean): Promise<void> {
    const { simulation } = this;
    for (let helps = 0; helps < 3; helps += 1) {
      if (await simulation.time.run(45 * MINUTE_MS, isSo)) return;
      this.#helpOn();
    }
    await simulation.until(`${what}; ${this.#laggards().join(', ')}`, isSo, LIMIT_MS);
  }

  #laggards(): readonly string[] {
    return this.simulation.objects().flatMap((object) => {
      const kind = this.#kindOf(object.metadata.name);
      const isThere = kind !== undefined && isAtItsEnd(kind, object, this.#plan.flags);
      return isThere
        ? []
        : [
            `${object.metadata.name} (${String(kind)}): ${String(reasonOf(object, 'Ready'))} ${String(reasonOf(object, 'Stalled'))}`,
          ];
    });
  }

  #helpOn(): void {
    const { simulation } = this;
    simulation.trace.add(simulation.time.nowMs, '*** a person acts');
    simulation.operators.findLast(({ isDead }) => !isDead)?.kill();
    for (const object of simulation.objects()) {
      const kind = this.#kindOf(object.metadata.name);
      if (kind === undefined || isAtItsEnd(kind, object, this.#plan.flags)) continue;
      annotate(simulation, object, 'gpupod.dev/reconcile-requested-at', simulation.nowText());
    }
  }
}

/** A comparison doubles the run time, so only some seeds have one. */
const COMPARED_SEEDS = 10;

/** Runs a plan. Every tenth seed also runs without faults and is compared. */
export async function runOne(plan: RunPlan, options: SimulationOptions = {}): Promise<RunResult> {
  return plan.seed % COMPARED_SEEDS === 0
    ? await executeRunTwice(plan, options)
    : await executeRun(plan, options);
}

/** Runs the plan without faults first, and then requires the same final states. */
async function executeRunTwice(plan: RunPlan, options: SimulationOptions): Promise<RunResult> {
  const calm = await executeRun(withoutFaults(plan), { ...options, isTraced: false });
  return calm.violations.length > 0 ? calm : await executeRun(plan, { ...options, calm: calm.ends });
}

/** Runs a plan, and checks the result with all oracles. */
export async function executeRun(plan: RunPlan, options: RunOptions = {}): Promise<RunResult> {
  return await resultOf(new RandomRun(plan, options));
}

/** All copies are made before the first wave is deleted. */
const COPIED_EVERY_MS = 5_000;

/**
 * Two random runs with the same lives, whose operators use one key. Whatever happens in one, and whatever is
 * copied between them, neither may touch the instances of the other.
 */
export async function runNeighbours(near: RunPlan, far: RunPlan): Promise<readonly RunResult[]> {
  const first = new RandomRun(near, { isTraced: false });
  const second = new RandomRun(far, { neighbour: first.simulation, installationId: FAR_INSTALLATION });
  const lives = (near.waves[0]?.lives ?? []).filter(({ kind }) => kindOf(kind).isSpared !== true);
  for (const [index, life] of lives.entries()) {
    const [from, to] = index % 2 === 0 ? [first, second] : [second, first];
    first.simulation.time.schedule((index + 1) * COPIED_EVERY_MS, () => {
      attempt(from.simulation, copyTo(NAMESPACE, `${life.name}-copy`, to.simulation), life.name);
    });
  }
  return await Promise.all([resultOf(first), resultOf(second)]);
}

async function resultOf(randomRun: RandomRun): Promise<RunResult> {
  const { simulation } = randomRun;
  try {
    await randomRun.live();
  } catch (error) {
    if (!(error instanceof SimulationFailure)) throw error;
    simulation.trace.add(simulation.time.nowMs, error.message);
    judgeRun(simulation, { surplusMsByUid: randomRun.injector.excused, overdueMs: OVERDUE_MS });
  }
  return {
    violations: simulation.journal.violations,
    lives: simulation.journal.livesSeen,
    virtualHours: simulation.time.nowMs / 3_600_000,
    injected: randomRun.injector.injected,
    ends: randomRun.ends,
    calls: simulation.counter.calls,
    mostPasses: randomRun.mostPasses,
    hash: simulation.trace.hash(),
    trace: simulation.trace.text(Infinity),
  };
}
