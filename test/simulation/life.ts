import type { GpuPodSpecInput } from '../../src/api/gpupod/spec.ts';
import type { Call, FaultPlan, Moment } from './boundary.ts';
import { comparableStatus, judgeRun, judgeEnd, surplusOf } from './oracles.ts';
import type { Expectation } from './oracles.ts';
import { isReady, reasonOf, specOf } from './readings.ts';
import { SimulatedWorld, WorldFailure } from './simulated-world.ts';
import type { WorldOptions } from './simulated-world.ts';

const MINUTE_MS = 60_000;
/**
 * Longer than two sweeps after an instance that lists hid for 5 min has appeared, and than the check for
 * stale GpuPods.
 */
const SILENCE_MS = 16 * MINUTE_MS;
/** Three sweeps that show an orphan, and the time before the first and after the last. */
export const ORPHAN_MS = 25 * MINUTE_MS;

export interface LifeOptions extends WorldOptions, Expectation {
  readonly spec?: Partial<GpuPodSpecInput>;
  /** Injects faults of the provider before anything happens. */
  readonly prepare?: (world: SimulatedWorld) => void;
  /** What a person does between Ready and the end. */
  readonly middle?: (world: SimulatedWorld) => Promise<void>;
  /** How long nothing may be written once everything is settled. @default 16 minutes */
  readonly silenceMs?: number;
  /** A person may delete the GpuPod, or remove it by force, before the end. @default false */
  readonly mayBeGone?: boolean;
  /** Called when the faults must end, so that the simulation can settle. */
  readonly heal?: (world: SimulatedWorld) => void;
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
  const world = new SimulatedWorld({
    ...options,
    faultPlan: (call) => {
      calls.push({ to: call.to, label: call.label });
      return options.faultPlan?.(call) ?? [];
    },
  });
  let ready: unknown;
  const marks = { applied: 0, middle: 0, deleted: 0, over: 0 };
  try {
    options.prepare?.(world);
    world.startOperator();
    await world.pass(1_000);
    marks.applied = calls.length;
    world.apply('train-1', options.spec);
    await world.until('ready', () => isAtItsEnd(world, options));
    marks.middle = calls.length;
    await options.middle?.(world);
    options.heal?.(world);
    await settle(world, options.silenceMs);
    await world.until('ready', () => isAtItsEnd(world, options));
    await endOrphans(world, options);
    ready = comparableStatus(world.object()?.['status']);
    judgeEnd(world, options);
    marks.deleted = calls.length;
    world.delete();
    await world.until('gone', () => world.object() === undefined && world.pending === 0);
    await settle(world, options.silenceMs);
    await endOrphans(world, options);
    judgeEnd(world, options);
  } catch (error) {
    if (!(error instanceof WorldFailure)) throw error;
    judgeRun(world, options);
  }
  marks.over = calls.length;
  return {
    violations: world.journal.violations,
    calls,
    marks,
    ready,
    trace: world.trace.text(),
    writes: world.writes,
    events: world.time.events,
  };
}

/** Whether the GpuPod has reached the state that its spec wants, and no planned action is left. */
function isAtItsEnd(world: SimulatedWorld, { mayBeGone = false }: LifeOptions): boolean {
  const object = world.object();
  if (world.pending > 0) return false;
  if (object === undefined) return mayBeGone;
  if (object.metadata.deletionTimestamp !== undefined) return false;
  if (reasonOf(object, 'Synced') !== 'ReconcileSuccess') return false;
  return specOf(object)['suspend'] === true ? reasonOf(object, 'Ready') === 'Suspended' : isReady(object);
}

/** If orphans are terminated, sweeps find the instances of objects that were removed by force. */
async function endOrphans(world: SimulatedWorld, { settings }: LifeOptions): Promise<void> {
  if (settings?.orphanPolicy !== 'Terminate') return;
  await world.until('orphans ended', () => surplusOf(world).length === 0, ORPHAN_MS);
}

/** A simulation with one GpuPod, whose instance is ready. */
export async function readyWorld(options: WorldOptions = {}): Promise<SimulatedWorld> {
  const world = new SimulatedWorld(options);
  world.startOperator();
  await world.pass(1_000);
  world.apply();
  await world.until('ready', () => world.isReady());
  return world;
}

/** Waits until the simulation is at rest, and checks that it stays at rest. */
export async function settle(world: SimulatedWorld, silenceMs = SILENCE_MS): Promise<void> {
  await world.until('rest', () => world.time.nowMs - world.lastWriteMs > silenceMs, 90 * MINUTE_MS);
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
