import { attend, annotate, beginWithOldCrd } from './attendant.ts';
import { isAtItsEnd, isRented, kindOf, policyOf } from './kinds.ts';
import type { KindName } from './kinds.ts';
import { RUN_FAULTS, RUN_OFFERS, SCARCE_ID, TEAM, RUN_PROVIDER } from './market.ts';
import { plantPod } from '../../../src/simulator/world/plant-pod.ts';
import { FaultInjector } from './fault-injector.ts';
import { differences, endsOf, withoutFaults } from './ends.ts';
import type { Ends } from './ends.ts';
import { judgeDeeds, judgeEnd, surplusOf } from '../oracles.ts';
import { attempt, copyTo } from '../people.ts';
import { ORPHAN_MS } from '../life.ts';
import { hiddenFor } from '../provider-faults.ts';
import { NAMESPACE, SimulatedWorld, WorldFailure } from '../simulated-world.ts';
import type { WorldOptions } from '../simulated-world.ts';
import { MOST_PASSES } from '../progress.ts';
import { reasonOf } from '../readings.ts';
import { FAR_INSTALLATION } from '../two-clusters.ts';
import type { RunPlan, Wave } from './plan.ts';

const MINUTE_MS = 60_000;
/** More than a page of a list. */
const CROWD = 110;
const SILENCE_MS = 11 * MINUTE_MS;
/** What is told late is told by then. */
const COMPARE_MS = 30 * MINUTE_MS;
const LIMIT_MS = 150 * MINUTE_MS;

export interface RunResult {
  readonly violations: readonly string[];
  readonly lives: number;
  readonly virtualHours: number;
  /** How often each blow was dealt. */
  readonly dealt: ReadonlyMap<string, number>;
  /** What all had come to, wave by wave. */
  readonly ends: readonly Ends[];
  readonly calls: number;
  /** The most passes with something to do that any object needed after the last fault. */
  readonly mostPasses: number;
  readonly hash: string;
  readonly trace: string;
}

interface RunOptions extends WorldOptions {
  /** What all come to when nothing befalls the town, wave by wave. */
  readonly calm?: readonly Ends[];
  readonly installationId?: string;
}

/** One world in which many GpuPods come and go, in waves, while blows fall. */
class RandomRun {
  readonly world: SimulatedWorld;
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
    this.injector = new FaultInjector(() => this.world, plan.lagMs);
    this.world = new SimulatedWorld({
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
    plantPod(this.world.api.world, { name: 'of-the-team', teamId: TEAM });
    for (let number = 0; plan.isCrowded && number < CROWD; number += 1) {
      plantPod(this.world.api.world, { name: `somebody-${number}` });
    }
    // Of two that hide a pod the first one counts.
    for (const rule of RUN_FAULTS) this.world.api.faults.add(rule);
    if (plan.lagMs > 0) this.world.api.faults.add(hiddenFor(plan.lagMs));
    attend(this.world, {
      isAskedAnew: (name) => this.#isAskedAnew(name),
      note: (what) => {
        this.injector.note(what);
      },
    });
  }

  async live(): Promise<void> {
    const { world } = this;
    world.startOperator();
    await world.pass(1_000);
    if (this.#plan.prunedFields.length > 0) beginWithOldCrd(world, this.#plan.prunedFields);
    world.time.schedule(5 * MINUTE_MS, () => {
      world.api.world.offers.change({ gpuType: 'H200_141GB' }, { stockStatus: 'High' });
      world.trace.add(world.time.nowMs, `*** ${SCARCE_ID} is there`);
    });
    for (const [index, wave] of this.#plan.waves.entries()) {
      await this.#come(wave);
      await this.#compare(this.#calm?.[index]);
      this.ends.push(endsOf(world.objects()));
      this.injector.end();
      if (index === this.#plan.waves.length - 1) await this.#rest();
      await this.#go(wave);
    }
    await this.#rest();
  }

  async #come({ lives, coming }: Wave): Promise<void> {
    const { world } = this;
    for (const { name, kind, atMs } of lives) {
      this.#kinds.set(name, kind);
      world.time.schedule(atMs, () => {
        attempt(world, () => world.apply(name, kindOf(kind).spec));
      });
    }
    this.injector.begin(coming);
    await world.pass(20_000);
    await this.#until('all at their ends', () => this.#areAtTheirEnds());
    await world.pass(MINUTE_MS);
    await this.#until('all at their ends', () => this.#areAtTheirEnds());
  }

  /** All must come to what they come to in the same town when nothing befalls it. */
  async #compare(calm: Ends | undefined): Promise<void> {
    const { world } = this;
    if (calm === undefined) return;
    const isSame = (): boolean => world.pending === 0 && differences(calm, world.objects()).length === 0;
    if (await world.time.run(COMPARE_MS, isSame)) return;
    for (const text of differences(calm, world.objects())) world.books.accuse('same-end', text);
  }

  async #go({ going }: Wave): Promise<void> {
    const { world } = this;
    this.injector.begin(going);
    for (const { metadata } of world.objects()) {
      world.server.delete('gpupods', { namespace: metadata.namespace, name: metadata.name }, 'person');
    }
    await this.#until('all gone', () => world.objects().length === 0);
    this.injector.end();
  }

  /** All is judged once the world has come to rest. */
  async #rest(): Promise<void> {
    const { world } = this;
    await world.until('rest', () => world.time.nowMs - world.lastWriteMs > SILENCE_MS, 90 * MINUTE_MS);
    await this.#until('all at their ends', () => this.#areAtTheirEnds());
    if (this.#plan.isForceful) {
      await world.until('orphans ended', () => surplusOf(world).length === 0, ORPHAN_MS);
    }
    this.#judgePasses();
    const without = world.objects().flatMap(({ metadata: { name } }) => (this.#isRented(name) ? [] : [name]));
    judgeEnd(world, { surplusMsByUid: this.injector.excused, passes: Infinity, without });
  }

  #judgePasses(): void {
    for (const [key, passes] of this.world.progress.passesToRest()) {
      const kind = this.#kindOf(key.slice(key.indexOf('/') + 1));
      if (passes > ((kind === undefined ? undefined : kindOf(kind).passes) ?? MOST_PASSES)) {
        this.world.books.accuse('settles', `${key} needed ${passes} passes after the last fault`);
      }
      this.mostPasses = Math.max(this.mostPasses, passes);
    }
  }

  /** Asked after every event, and looked at anew only when something has changed. */
  #areAtTheirEnds(): boolean {
    const { world } = this;
    if (world.pending > 0) return false;
    const { version } = world.server;
    if (this.#lookedAt.version !== version) {
      const areAll = world.objects().every((object) => {
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

  /** Waits; what cooldowns of a whole day or a stall by misfortune hold up, a person helps on. */
  async #until(what: string, isSo: () => boolean): Promise<void> {
    const { world } = this;
    for (let helps = 0; helps < 3; helps += 1) {
      if (await world.time.run(45 * MINUTE_MS, isSo)) return;
      this.#helpOn();
    }
    await world.until(`${what}; ${this.#laggards().join(', ')}`, isSo, LIMIT_MS);
  }

  #laggards(): readonly string[] {
    return this.world.objects().flatMap((object) => {
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
    const { world } = this;
    world.trace.add(world.time.nowMs, '*** a person helps on');
    world.operators.findLast(({ isDead }) => !isDead)?.kill();
    for (const object of world.objects()) {
      const kind = this.#kindOf(object.metadata.name);
      if (kind === undefined || isAtItsEnd(kind, object, this.#plan.flags)) continue;
      annotate(world, object, 'gpupod.dev/reconcile-requested-at', world.nowText());
    }
  }
}

/** It costs as much again, so only some seeds are run twice. */
const COMPARED_SEEDS = 10;

/** Runs a town as its seed says: those that can be divided by ten are compared with what they are without blows. */
export async function runOne(plan: RunPlan, options: WorldOptions = {}): Promise<RunResult> {
  return plan.seed % COMPARED_SEEDS === 0
    ? await executeRunTwice(plan, options)
    : await executeRun(plan, options);
}

/** The same town is run without its blows first, and all must come to the same ends. */
async function executeRunTwice(plan: RunPlan, options: WorldOptions): Promise<RunResult> {
  const calm = await executeRun(withoutFaults(plan), { ...options, isTraced: false });
  return calm.violations.length > 0 ? calm : await executeRun(plan, { ...options, calm: calm.ends });
}

/** Lets a plan befall a town; afterwards all must be as if it had not. */
export async function executeRun(plan: RunPlan, options: RunOptions = {}): Promise<RunResult> {
  return await resultOf(new RandomRun(plan, options));
}

/** All that are copied are copied before the first wave goes. */
const COPIED_EVERY_MS = 5_000;

/**
 * Two towns with the same lives whose operators rent with one key: whatever befalls one, and whatever is copied from one
 * to the other, nothing of a town is touched by the other.
 */
export async function runNeighbours(near: RunPlan, far: RunPlan): Promise<readonly RunResult[]> {
  const first = new RandomRun(near, { isTraced: false });
  const second = new RandomRun(far, { neighbour: first.world, installationId: FAR_INSTALLATION });
  const lives = (near.waves[0]?.lives ?? []).filter(({ kind }) => kindOf(kind).isSpared !== true);
  for (const [index, life] of lives.entries()) {
    const [from, to] = index % 2 === 0 ? [first, second] : [second, first];
    first.world.time.schedule((index + 1) * COPIED_EVERY_MS, () => {
      attempt(from.world, copyTo(NAMESPACE, `${life.name}-copy`, to.world), life.name);
    });
  }
  return await Promise.all([resultOf(first), resultOf(second)]);
}

async function resultOf(randomRun: RandomRun): Promise<RunResult> {
  const { world } = randomRun;
  try {
    await randomRun.live();
  } catch (error) {
    if (!(error instanceof WorldFailure)) throw error;
    world.trace.add(world.time.nowMs, error.message);
    judgeDeeds(world, { surplusMsByUid: randomRun.injector.excused });
  }
  return {
    violations: world.books.violations,
    lives: world.books.livesSeen,
    virtualHours: world.time.nowMs / 3_600_000,
    dealt: randomRun.injector.dealt,
    ends: randomRun.ends,
    calls: world.counter.calls,
    mostPasses: randomRun.mostPasses,
    hash: world.trace.hash(),
    trace: world.trace.text(Infinity),
  };
}
