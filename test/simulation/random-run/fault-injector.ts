import { ANNOTATIONS } from '../../../src/api/names.ts';
import type { RawObject } from '../../../src/kubernetes/objects.ts';
import type { FaultPlan, Mishap } from '../boundary.ts';
import { TWO_SWEEPS_MS } from '../oracles.ts';
import { attempt, STRIPPING } from '../people.ts';
import { podIdOf } from '../readings.ts';
import type { SimulatedWorld } from '../simulated-world.ts';
import type { PlannedFault } from './plan.ts';

/** After these another process goes on, which knows what stands on the objects. */
const ENDS_MEMORY: ReadonlySet<Mishap['kind']> = new Set(['crash', 'freeze']);

/** Deals the blows of a plan, each at its call, and keeps count of them. */
export class FaultInjector {
  /** How often each blow was dealt. */
  readonly dealt = new Map<string, number>();
  /** How long two pods may bill side by side, by uid: what their object was known by was taken off it. */
  readonly excused = new Map<string, number>();
  readonly #world: () => SimulatedWorld;
  readonly #lagMs: number;
  /** Uids of objects of which an order was taken off before its pod was known: only the process remembers it. */
  readonly #remembered = new Set<string>();
  readonly #faultNames = new Map<string, string>();
  #plannedFaults: readonly PlannedFault[] = [];
  #firstCall = 0;

  /** @param lagMs how long lists hide what was created */
  constructor(world: () => SimulatedWorld, lagMs: number) {
    this.#world = world;
    this.#lagMs = lagMs;
  }

  begin(plannedFaults: readonly PlannedFault[]): void {
    const { counter, api } = this.#world();
    this.#plannedFaults = plannedFaults;
    this.#firstCall = counter.calls;
    const added = new Set<string>();
    for (const plannedFault of plannedFaults) {
      if (plannedFault.what !== 'provider') continue;
      // Twice on one request, the delays would add up to more than is assumed of the provider.
      const place = `${plannedFault.name} ${plannedFault.rule.after ?? 0}`;
      if (!added.has(place)) this.#faultNames.set(api.faults.add(plannedFault.rule), plannedFault.name);
      added.add(place);
    }
  }

  /** What was not dealt by now is not dealt any more. */
  end(): void {
    const { faults } = this.#world().api;
    for (const [id, name] of this.#faultNames) {
      this.note(name, faults.fired(id));
      faults.clear(id);
    }
    this.#faultNames.clear();
    this.#plannedFaults = [];
  }

  note(name: string, times = 1): void {
    this.dealt.set(name, (this.dealt.get(name) ?? 0) + times);
  }

  readonly faultPlan: FaultPlan = ({ number, to }) => {
    const at = number - this.#firstCall;
    return this.#plannedFaults.flatMap((plannedFault) =>
      isDue(plannedFault, at, to) ? this.#deal(plannedFault) : [],
    );
  };

  #deal(plannedFault: PlannedFault): readonly Mishap[] {
    if (plannedFault.what === 'provider') return [];
    this.note(plannedFault.name);
    if (plannedFault.what === 'call') {
      if (ENDS_MEMORY.has(plannedFault.mishap.kind)) this.#forget();
      return this.#withAnother(plannedFault.mishap);
    }
    return [
      {
        kind: 'meanwhile',
        moment: 'sent',
        act: () => {
          this.#do(plannedFault);
        },
      },
    ];
  }

  /** Who is frozen for longer than a lease lasts is replaced; it goes on for a while before it finds out. */
  #withAnother(mishap: Mishap): readonly Mishap[] {
    if (mishap.kind !== 'freeze') return [mishap];
    const world = this.#world();
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

  #do({ name, doing, target }: Extract<PlannedFault, { what: 'doing' }>): void {
    const world = this.#world();
    world.trace.add(world.time.nowMs, `*** ${name} (${target})`);
    const object = world.object(target);
    if (object !== undefined && Object.hasOwn(STRIPPING, name)) this.#noteTakenOff(object);
    attempt(world, doing, target);
  }

  #noteTakenOff(object: RawObject): void {
    const { uid, annotations } = object.metadata;
    if (this.#mayBeUnseen()) this.excused.set(uid, TWO_SWEEPS_MS);
    const isOpen = annotations?.[ANNOTATIONS.intent] !== undefined && podIdOf(object) === undefined;
    if (isOpen) this.#remembered.add(uid);
  }

  /** The provider may still be at an order of which nothing says anything any more. */
  #forget(): void {
    for (const uid of this.#remembered) this.excused.set(uid, TWO_SWEEPS_MS);
    this.#remembered.clear();
  }

  /** Whether a pod may be on its way that no list shows yet: hidden by lag, or ordered by another process just now. */
  #mayBeUnseen(): boolean {
    return this.#lagMs > 0 || this.#world().operators.filter(({ isDead }) => !isDead).length > 1;
  }
}

function isDue(plannedFault: PlannedFault, at: number, to: 'cluster' | 'provider'): boolean {
  if (plannedFault.what === 'provider' || plannedFault.at !== at) return false;
  return plannedFault.what === 'doing' || 'moment' in plannedFault.mishap || to === 'cluster';
}
