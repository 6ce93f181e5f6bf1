import { ANNOTATIONS } from '../../../src/api/common/names.ts';
import type { RawObject } from '../../../src/kubernetes/objects.ts';
import type { Call, CallFault, FaultPlan } from '../boundary.ts';
import { TWO_SWEEPS_MS } from '../oracles.ts';
import { attempt, STRIPPING } from '../people.ts';
import { podIdOf } from '../readings.ts';
import type { Simulation } from '../simulation.ts';
import type { PlannedFault } from './planned-fault.ts';

/** After these another process continues, which knows only what the objects say. */
const LOSES_LOCAL_STATE: ReadonlySet<CallFault['kind']> = new Set(['crash', 'freeze']);

/** Injects the planned faults, each at its call, and counts them. */
export class FaultInjector {
  /** How often each fault was injected. */
  readonly injected = new Map<string, number>();
  /** How long two instances may bill at the same time, by UID: a person removed what identifies them. */
  readonly excused = new Map<string, number>();
  readonly #simulation: () => Simulation;
  readonly #lagMs: number;
  /**
   * UIDs of objects that lost their create intent before the pod ID was known. Only the process remembers
   * it.
   */
  readonly #remembered = new Set<string>();
  readonly #faultNames = new Map<string, string>();
  #plannedFaults: readonly PlannedFault[] = [];
  readonly #isCounted: (call: Call) => boolean;
  #calls = 0;

  /**
   * @param lagMs how long lists hide a new instance
   * @param isCounted the calls at which faults may occur, and by which they are planned
   */
  constructor(simulation: () => Simulation, lagMs: number, isCounted: (call: Call) => boolean = () => true) {
    this.#simulation = simulation;
    this.#lagMs = lagMs;
    this.#isCounted = isCounted;
  }

  begin(plannedFaults: readonly PlannedFault[]): void {
    const { api } = this.#simulation();
    this.#plannedFaults = plannedFaults;
    this.#calls = 0;
    const added = new Set<string>();
    for (const plannedFault of plannedFaults) {
      if (plannedFault.what !== 'provider') continue;
      // Two delays on one request would exceed what the assumptions allow the provider.
      const place = `${plannedFault.name} ${plannedFault.rule.after ?? 0}`;
      if (!added.has(place)) this.#faultNames.set(api.faults.add(plannedFault.rule), plannedFault.name);
      added.add(place);
    }
  }

  /** Removes the faults that were not injected by now. */
  end(): void {
    const { faults } = this.#simulation().api;
    for (const [id, name] of this.#faultNames) {
      this.note(name, faults.fired(id));
      faults.clear(id);
    }
    this.#faultNames.clear();
    this.#plannedFaults = [];
  }

  note(name: string, times = 1): void {
    this.injected.set(name, (this.injected.get(name) ?? 0) + times);
  }

  readonly faultPlan: FaultPlan = (call) => {
    if (!this.#isCounted(call)) return [];
    this.#calls += 1;
    return this.#plannedFaults.flatMap((plannedFault) =>
      isDue(plannedFault, this.#calls, call.to) ? this.#inject(plannedFault) : [],
    );
  };

  #inject(plannedFault: PlannedFault): readonly CallFault[] {
    if (plannedFault.what === 'provider') return [];
    this.note(plannedFault.name);
    if (plannedFault.what === 'call') {
      if (LOSES_LOCAL_STATE.has(plannedFault.callFault.kind)) this.#loseLocalState();
      return this.#withAnother(plannedFault.callFault);
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

  /**
   * A process that is frozen for longer than a lease is replaced. It resumes, and leads for a while before
   * it notices.
   */
  #withAnother(callFault: CallFault): readonly CallFault[] {
    if (callFault.kind !== 'freeze') return [callFault];
    const simulation = this.#simulation();
    const frozen = simulation.operators.filter(({ isDead }) => !isDead);
    simulation.time.schedule(17_000, () => {
      simulation.replaceOperator();
    });
    simulation.time.schedule(callFault.ms + 5_000, () => {
      for (const operator of frozen) operator.stepDown();
      simulation.replaceOperator();
      simulation.progress.noteFault('second operator stopped', simulation.time.nowMs);
    });
    return [callFault];
  }

  #do({ name, action, target }: Extract<PlannedFault, { what: 'action' }>): void {
    const simulation = this.#simulation();
    simulation.trace.add(simulation.time.nowMs, `*** ${name} (${target})`);
    const object = simulation.object(target);
    if (object !== undefined && Object.hasOwn(STRIPPING, name)) this.#noteTakenOff(object);
    attempt(simulation, action, target);
  }

  #noteTakenOff(object: RawObject): void {
    const { uid, annotations } = object.metadata;
    if (this.#mayBeUnseen()) this.excused.set(uid, TWO_SWEEPS_MS);
    const isOpen = annotations?.[ANNOTATIONS.intent] !== undefined && podIdOf(object) === undefined;
    if (isOpen) this.#remembered.add(uid);
  }

  /** The provider may still handle a create request that no object mentions any more. */
  #loseLocalState(): void {
    for (const uid of this.#remembered) this.excused.set(uid, TWO_SWEEPS_MS);
    this.#remembered.clear();
  }

  /**
   * Whether an instance may exist that no list shows yet, because of lag or because another process has just
   * created it.
   */
  #mayBeUnseen(): boolean {
    return this.#lagMs > 0 || this.#simulation().operators.filter(({ isDead }) => !isDead).length > 1;
  }
}

function isDue(plannedFault: PlannedFault, at: number, to: 'cluster' | 'provider'): boolean {
  if (plannedFault.what === 'provider' || plannedFault.at !== at) return false;
  return plannedFault.what === 'action' || 'moment' in plannedFault.callFault || to === 'cluster';
}
