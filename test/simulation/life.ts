import type { GpuPodSpecInput } from '../../src/api/gpupod/spec.ts';
import type { Call, FaultPlan, Moment } from './boundary.ts';
import { comparableStatus, judgeRun, judgeEnd, surplusOf } from './oracles.ts';
import type { Expectation } from './oracles.ts';
import { isReady, reasonOf, specOf } from './readings.ts';
import { Simulation } from './simulation.ts';
import { SimulationFailure } from './simulation-failure.ts';
import type { SimulationOptions } from './simulation.ts';

const MINUTE_MS = 60_000;
/**
 * Longer than two sweeps after an instance that lists hid for 5 min has appeared, and than the check for
 * stale GpuPods.
 */
const SILENCE_MS = 16 * MINUTE_MS;
/** Three sweeps that show an orphan, and the time before the first and after the last. */
export const ORPHAN_MS = 25 * MINUTE_MS;

export interface LifeOptions extends SimulationOptions, Expectation {
  readonly spec?: Partial<GpuPodSpecInput>;
  /** Injects faults of the provider before anything happens. */
  readonly prepare?: (simulation: Simulation) => void;
  /** What a person does between Ready and the end. */
  readonly middle?: (simulation: Simulation) => Promise<void>;
  /** Judges the end of the run beside the other oracles. */
  readonly atEnd?: (simulation: Simulation) => void;
  /** How long nothing may be written once everything is settled. @default 16 minutes */
  readonly silenceMs?: number;
  /** A person may delete the GpuPod, or remove it by force, before the end. @default false */
  readonly mayBeGone?: boolean;
  /** Called when the faults must end, so that the simulation can settle. */
  readonly heal?: (simulation: Simulation) => void;
}

export interface LifeResult {
  readonly violations: readonly string[];
  readonly calls: readonly Call[];
  readonly marks: Marks;
  /** The comparable part of the status at Ready. */
  readonly ready: unknown;
  readonly trace: string;
  readonly writes: number;
  readonly events: number;
}

/** The number of calls until these moments. */
export interface Marks {
  readonly applied: number;
  /** The GpuPod was Ready, and the middle part begins. */
  readonly middle: number;
  readonly deleted: number;
  /** The end of the run. */
  readonly over: number;
}

/**
 * Runs a whole life: applied, Ready, deleted, released. Nothing may change after that. All oracles check it.
 */
export async function live(options: LifeOptions = {}): Promise<LifeResult> {
  const calls: Call[] = [];
  const simulation = new Simulation({
    ...options,
    faultPlan: (call) => {
      calls.push({ to: call.to, label: call.label });
      return options.faultPlan?.(call) ?? [];
    },
  });
  let ready: unknown;
  const marks = { applied: 0, middle: 0, deleted: 0, over: 0 };
  try {
    options.prepare?.(simulation);
    simulation.startOperator();
    await simulation.pass(1_000);
    marks.applied = calls.length;
    simulation.apply('train-1', options.spec);
    await simulation.until('ready', () => isAtItsEnd(simulation, options));
    marks.middle = calls.length;
    await options.middle?.(simulation);
    options.heal?.(simulation);
    await settle(simulation, options.silenceMs);
    await simulation.until('ready', () => isAtItsEnd(simulation, options));
    await endOrphans(simulation, options);
    ready = comparableStatus(simulation.object()?.['status']);
    judgeEnd(simulation, options);
    marks.deleted = calls.length;
    simulation.delete();
    await simulation.until('gone', () => simulation.object() === undefined && simulation.pending === 0);
    await settle(simulation, options.silenceMs);
    await endOrphans(simulation, options);
    judgeEnd(simulation, options);
    options.atEnd?.(simulation);
  } catch (error) {
    if (!(error instanceof SimulationFailure)) throw error;
    judgeRun(simulation, options);
  }
  marks.over = calls.length;
  return {
    violations: simulation.journal.violations,
    calls,
    marks,
    ready,
    trace: simulation.trace.text(),
    writes: simulation.writes,
    events: simulation.time.events,
  };
}

/** Whether the GpuPod has reached the state that its spec wants, and no planned action is left. */
function isAtItsEnd(simulation: Simulation, { mayBeGone = false }: LifeOptions): boolean {
  const object = simulation.object();
  if (simulation.pending > 0) return false;
  if (object === undefined) return mayBeGone;
  if (object.metadata.deletionTimestamp !== undefined) return false;
  if (reasonOf(object, 'Synced') !== 'ReconcileSuccess') return false;
  return specOf(object)['suspend'] === true ? reasonOf(object, 'Ready') === 'Suspended' : isReady(object);
}

/** If orphans are terminated, sweeps find the instances of objects that were removed by force. */
async function endOrphans(simulation: Simulation, { settings }: LifeOptions): Promise<void> {
  if (settings?.orphanPolicy !== 'Terminate') return;
  await simulation.until('orphans ended', () => surplusOf(simulation).length === 0, ORPHAN_MS);
}

/** A simulation with one GpuPod, whose instance is ready. */
export async function readySimulation(options: SimulationOptions = {}): Promise<Simulation> {
  const simulation = new Simulation(options);
  simulation.startOperator();
  await simulation.pass(1_000);
  simulation.apply();
  await simulation.until('ready', () => simulation.isReady());
  return simulation;
}

/** Waits until the simulation is at rest, and checks that it stays at rest. */
export async function settle(simulation: Simulation, silenceMs = SILENCE_MS): Promise<void> {
  await simulation.until(
    'rest',
    () => simulation.time.nowMs - simulation.lastWriteMs > silenceMs,
    90 * MINUTE_MS,
  );
}

/** A call, and a moment in it. */
export interface Point {
  readonly number: number;
  readonly moment: Moment;
}

/** The process dies at these calls, counted over all processes. */
export function crashesAt(...points: readonly Point[]): FaultPlan {
  return ({ number }) =>
    points
      .filter((point) => point.number === number)
      .map(({ moment }) => ({ kind: 'crash' as const, moment }));
}
