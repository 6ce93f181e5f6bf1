import type { GpuPodSpecInput } from '../../src/api/spec.ts';
import type { Call, Fate, Moment } from './boundary.ts';
import { comparableStatus, judgeDeeds, judgeEnd } from './oracles.ts';
import type { Expectation } from './oracles.ts';
import { SimulatedWorld, WorldFailure } from './simulated-world.ts';
import type { WorldOptions } from './simulated-world.ts';

const MINUTE_MS = 60_000;
/** Longer than two sweeps after a pod that lists hid for 5 min has appeared, and than a look for staleness. */
const SILENCE_MS = 16 * MINUTE_MS;

export interface LifeOptions extends WorldOptions, Expectation {
  readonly spec?: Partial<GpuPodSpecInput>;
  /** Faults of the provider, put in before anything happens. */
  readonly prepare?: (world: SimulatedWorld) => void;
  /** What a person does between Ready and the end. */
  readonly middle?: (world: SimulatedWorld) => Promise<void>;
  /** How long nothing may be written once all is settled. @default 11 minutes */
  readonly silenceMs?: number;
  /** Called when the faults must be over, so that the world can settle. */
  readonly heal?: (world: SimulatedWorld) => void;
}

export interface LifeResult {
  readonly violations: readonly string[];
  readonly calls: readonly Call[];
  /** The status at Ready, as far as it can be compared. */
  readonly ready: unknown;
  readonly trace: string;
  readonly writes: number;
  readonly events: number;
}

/** A whole life: applied, Ready, deleted, gone; then nothing must move any more. All oracles watch. */
export async function live(options: LifeOptions = {}): Promise<LifeResult> {
  const calls: Call[] = [];
  const world = new SimulatedWorld({
    ...options,
    fate: (call) => {
      calls.push({ to: call.to, label: call.label });
      return options.fate?.(call) ?? [];
    },
  });
  let ready: unknown;
  try {
    options.prepare?.(world);
    world.startOperator();
    await world.pass(1_000);
    world.apply('train-1', options.spec);
    await world.until('ready', () => world.isReady());
    await options.middle?.(world);
    options.heal?.(world);
    await settle(world, options.silenceMs);
    await world.until('ready', () => world.isReady());
    ready = comparableStatus(world.object()?.['status']);
    judgeEnd(world, options);
    world.delete();
    await world.until('gone', () => world.object() === undefined);
    await settle(world, options.silenceMs);
    judgeEnd(world, options);
  } catch (error) {
    if (!(error instanceof WorldFailure)) throw error;
    judgeDeeds(world, options);
  }
  return {
    violations: world.books.violations,
    calls,
    ready,
    trace: world.trace.text(),
    writes: world.writes,
    events: world.time.events,
  };
}

/** Lets the world come to rest, and then watches that it stays there. */
export async function settle(world: SimulatedWorld, silenceMs = SILENCE_MS): Promise<void> {
  await world.until('rest', () => world.time.nowMs - world.lastWriteMs > silenceMs, 90 * MINUTE_MS);
}

/** The process dies at these calls, counted over all its lives. */
export function crashesAt(...points: readonly { readonly number: number; readonly moment: Moment }[]): Fate {
  return ({ number }) =>
    points
      .filter((point) => point.number === number)
      .map(({ moment }) => ({ kind: 'crash' as const, moment }));
}
