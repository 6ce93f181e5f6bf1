import type { GpuPodSpecInput } from '../../src/api/spec.ts';
import type { Call, FaultPlan, Moment } from './boundary.ts';
import { comparableStatus, judgeDeeds, judgeEnd, surplusOf } from './oracles.ts';
import type { Expectation } from './oracles.ts';
import { isReady, reasonOf, specOf } from './readings.ts';
import { SimulatedWorld, WorldFailure } from './simulated-world.ts';
import type { WorldOptions } from './simulated-world.ts';

const MINUTE_MS = 60_000;
/** Longer than two sweeps after a pod that lists hid for 5 min has appeared, and than a look for staleness. */
const SILENCE_MS = 16 * MINUTE_MS;
/** Three sweeps that show an orphan, and what comes before the first and after the last. */
export const ORPHAN_MS = 25 * MINUTE_MS;

export interface LifeOptions extends WorldOptions, Expectation {
  readonly spec?: Partial<GpuPodSpecInput>;
  /** Faults of the provider, put in before anything happens. */
  readonly prepare?: (world: SimulatedWorld) => void;
  /** What a person does between Ready and the end. */
  readonly middle?: (world: SimulatedWorld) => Promise<void>;
  /** How long nothing may be written once all is settled. @default 16 minutes */
  readonly silenceMs?: number;
  /** A person may delete the GpuPod, or tear it out, before its time. @default false */
  readonly mayBeGone?: boolean;
  /** Called when the faults must be over, so that the world can settle. */
  readonly heal?: (world: SimulatedWorld) => void;
}

export interface LifeResult {
  readonly violations: readonly string[];
  readonly calls: readonly Call[];
  readonly marks: Marks;
  /** The status at Ready, as far as it can be compared. */
  readonly ready: unknown;
  readonly trace: string;
  readonly writes: number;
  readonly events: number;
}

/** How many calls were made by then. */
export interface Marks {
  readonly applied: number;
  /** The GpuPod was Ready, and whatever happens in the middle begins. */
  readonly middle: number;
  readonly deleted: number;
  /** The end of all. */
  readonly over: number;
}

/** A whole life: applied, Ready, deleted, gone; then nothing must move any more. All oracles watch. */
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
    judgeDeeds(world, options);
  }
  marks.over = calls.length;
  return {
    violations: world.books.violations,
    calls,
    marks,
    ready,
    trace: world.trace.text(),
    writes: world.writes,
    events: world.time.events,
  };
}

/** Whether the GpuPod is where its spec wants it, and nobody means to do anything any more. */
function isAtItsEnd(world: SimulatedWorld, { mayBeGone = false }: LifeOptions): boolean {
  const object = world.object();
  if (world.pending > 0) return false;
  if (object === undefined) return mayBeGone;
  if (object.metadata.deletionTimestamp !== undefined) return false;
  if (reasonOf(object, 'Synced') !== 'ReconcileSuccess') return false;
  return specOf(object)['suspend'] === true ? reasonOf(object, 'Ready') === 'Suspended' : isReady(object);
}

/** Where orphans are ended, what was rented for an object that was torn out is found by the sweeps. */
async function endOrphans(world: SimulatedWorld, { settings }: LifeOptions): Promise<void> {
  if (settings?.orphanPolicy !== 'Terminate') return;
  await world.until('orphans ended', () => surplusOf(world).length === 0, ORPHAN_MS);
}

/** A world with one GpuPod, whose machine is ready. */
export async function readyWorld(options: WorldOptions = {}): Promise<SimulatedWorld> {
  const world = new SimulatedWorld(options);
  world.startOperator();
  await world.pass(1_000);
  world.apply();
  await world.until('ready', () => world.isReady());
  return world;
}

/** Lets the world come to rest, and then watches that it stays there. */
export async function settle(world: SimulatedWorld, silenceMs = SILENCE_MS): Promise<void> {
  await world.until('rest', () => world.time.nowMs - world.lastWriteMs > silenceMs, 90 * MINUTE_MS);
}

/** A call, and where in it. */
export interface Point {
  readonly number: number;
  readonly moment: Moment;
}

/** The process dies at these calls, counted over all its lives. */
export function crashesAt(...points: readonly Point[]): FaultPlan {
  return ({ number }) =>
    points
      .filter((point) => point.number === number)
      .map(({ moment }) => ({ kind: 'crash' as const, moment }));
}
