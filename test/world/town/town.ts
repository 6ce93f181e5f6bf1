import { attend, annotate } from './attendant.ts';
import { isAtItsEnd, isRented, kindOf, policyOf } from './kinds.ts';
import type { KindName } from './kinds.ts';
import { TOWN_FAULTS, TOWN_OFFERS, SCARCE_ID, TEAM, TOWN_PROVIDER } from './market.ts';
import { plantPod } from '../../../src/simulator/world/plant-pod.ts';
import type { Fate, Mishap } from '../boundary.ts';
import { judgeDeeds, judgeEnd, surplusOf, TWO_SWEEPS_MS } from '../oracles.ts';
import { attempt, STRIPPING } from '../people.ts';
import { hiddenFor } from '../provider-faults.ts';
import { SimulatedWorld, WorldFailure } from '../simulated-world.ts';
import type { WorldOptions } from '../simulated-world.ts';
import { MOST_PASSES } from '../progress.ts';
import { reasonOf } from '../readings.ts';
import type { Blow, TownPlan, Wave } from './plan.ts';

const MINUTE_MS = 60_000;
const SILENCE_MS = 11 * MINUTE_MS;
/** Three sweeps that show an orphan, and what comes before the first and after the last. */
const ORPHAN_MS = 25 * MINUTE_MS;
const LIMIT_MS = 150 * MINUTE_MS;

export interface TownResult {
  readonly violations: readonly string[];
  readonly lives: number;
  readonly virtualHours: number;
  /** How often each blow was dealt. */
  readonly dealt: ReadonlyMap<string, number>;
  readonly calls: number;
  /** The most passes with something to do that any object needed after the last fault. */
  readonly mostPasses: number;
  readonly hash: string;
  readonly trace: string;
}

/** One world in which many GpuPods come and go, in waves, while blows fall. */
class Town {
  readonly world: SimulatedWorld;
  readonly dealt = new Map<string, number>();
  readonly #plan: TownPlan;
  readonly #kinds = new Map<string, KindName>();
  readonly excused = new Map<string, number>();
  #blows: readonly Blow[] = [];
  #firstCall = 0;
  #faultNames = new Map<string, string>();
  #lookedAt = { version: 0, areAll: false };
  mostPasses = 0;

  constructor(plan: TownPlan, options: WorldOptions) {
    this.#plan = plan;
    this.world = new SimulatedWorld({
      seed: plan.seed,
      watchDelayMs: plan.watchDelayMs,
      restartMs: plan.restartMs,
      offers: TOWN_OFFERS,
      provider: { ...TOWN_PROVIDER, installingMs: plan.installingMs },
      ...options,
      fate: this.#fate,
      settings: {
        orphanPolicy: plan.isForceful ? 'Terminate' : 'Report',
        policy: policyOf(plan.flags),
      },
    });
    plantPod(this.world.api.world, { name: 'of-the-team', teamId: TEAM });
    // Of two that hide a pod the first one counts.
    for (const rule of TOWN_FAULTS) this.world.api.faults.add(rule);
    if (plan.lagMs > 0) this.world.api.faults.add(hiddenFor(plan.lagMs));
    attend(this.world, {
      isAskedAnew: (name) => this.#isAskedAnew(name),
      note: (what) => {
        this.#note(what);
      },
    });
  }

  async live(): Promise<void> {
    const { world } = this;
    world.startOperator();
    await world.pass(1_000);
    world.time.schedule(5 * MINUTE_MS, () => {
      world.api.world.offers.change({ gpuType: 'H200_141GB' }, { stockStatus: 'High' });
      world.trace.add(world.time.nowMs, `*** ${SCARCE_ID} is there`);
    });
    for (const [index, wave] of this.#plan.waves.entries()) {
      await this.#come(wave);
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
    this.#begin(coming);
    await world.pass(20_000);
    await this.#until('all at their ends', () => this.#areAtTheirEnds());
    await world.pass(MINUTE_MS);
    await this.#until('all at their ends', () => this.#areAtTheirEnds());
    this.#endBlows();
  }

  async #go({ going }: Wave): Promise<void> {
    const { world } = this;
    this.#begin(going);
    for (const { metadata } of world.objects()) {
      world.server.delete('gpupods', { namespace: metadata.namespace, name: metadata.name }, 'person');
    }
    await this.#until('all gone', () => world.objects().length === 0);
    this.#endBlows();
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
    judgeEnd(world, { surplusMsByUid: this.excused, passes: Infinity, without });
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

  /** Waits; what cool-downs of a whole day or a stall by misfortune hold up, a person helps on. */
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

  #begin(blows: readonly Blow[]): void {
    this.#blows = blows;
    this.#firstCall = this.world.counter.calls;
    for (const blow of blows) {
      if (blow.what === 'provider') this.#faultNames.set(this.world.api.faults.add(blow.rule), blow.name);
    }
  }

  /** What was not dealt by now is not dealt any more. */
  #endBlows(): void {
    const { faults } = this.world.api;
    for (const [id, name] of this.#faultNames) {
      this.#note(name, faults.fired(id));
      faults.clear(id);
    }
    this.#faultNames.clear();
    this.#blows = [];
  }

  #note(name: string, times = 1): void {
    this.dealt.set(name, (this.dealt.get(name) ?? 0) + times);
  }

  readonly #fate: Fate = ({ number, to }) => {
    const at = number - this.#firstCall;
    return this.#blows.flatMap((blow) => (isDue(blow, at, to) ? this.#deal(blow) : []));
  };

  #deal(blow: Blow): readonly Mishap[] {
    if (blow.what === 'provider') return [];
    this.#note(blow.name);
    if (blow.what === 'call') return this.#withAnother(blow.mishap);
    return [
      {
        kind: 'meanwhile',
        moment: 'sent',
        act: () => {
          this.#do(blow);
        },
      },
    ];
  }

  /** Who is frozen for longer than a lease lasts is replaced; it goes on for a while before it finds out. */
  #withAnother(mishap: Mishap): readonly Mishap[] {
    if (mishap.kind !== 'freeze') return [mishap];
    const { world } = this;
    const frozen = world.operators.filter(({ isDead }) => !isDead);
    world.time.schedule(17_000, () => {
      world.replaceOperator();
    });
    world.time.schedule(mishap.ms + 5_000, () => {
      for (const operator of frozen) operator.stepDown();
      world.replaceOperator();
      world.progress.strike('second operator gone', world.time.nowMs);
    });
    return [mishap];
  }

  #do({ name, doing, target }: Extract<Blow, { what: 'doing' }>): void {
    const { world } = this;
    world.trace.add(world.time.nowMs, `*** ${name} (${target})`);
    const uid = world.object(target)?.metadata.uid;
    if (uid !== undefined && this.#plan.lagMs > 0 && Object.hasOwn(STRIPPING, name)) {
      this.excused.set(uid, TWO_SWEEPS_MS);
    }
    attempt(world, doing, target);
  }
}

function isDue(blow: Blow, at: number, to: 'cluster' | 'provider'): boolean {
  if (blow.what === 'provider' || blow.at !== at) return false;
  return blow.what === 'doing' || 'moment' in blow.mishap || to === 'cluster';
}

/** Lets a plan befall a town; afterwards all must be as if it had not. */
export async function runTown(plan: TownPlan, options: WorldOptions = {}): Promise<TownResult> {
  const town = new Town(plan, options);
  const { world } = town;
  try {
    await town.live();
  } catch (error) {
    if (!(error instanceof WorldFailure)) throw error;
    world.trace.add(world.time.nowMs, error.message);
    judgeDeeds(world, { surplusMsByUid: town.excused });
  }
  return {
    violations: world.books.violations,
    lives: world.books.livesSeen,
    virtualHours: world.time.nowMs / 3_600_000,
    dealt: town.dealt,
    calls: world.counter.calls,
    mostPasses: town.mostPasses,
    hash: world.trace.hash(),
    trace: world.trace.text(5_000),
  };
}
