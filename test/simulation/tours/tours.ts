import type { GpuPodSpecInput } from '../../../src/api/gpupod/spec.ts';
import type { FaultRuleInput } from '../../../src/simulator/faults/effect.ts';
import type { SimulatedWorld, WorldOptions } from '../simulated-world.ts';
import { phaseOf } from './transitions.ts';

/** A life that shows some of the transitions of a GpuPod. */
export interface Tour {
  readonly options?: WorldOptions;
  readonly spec?: Partial<GpuPodSpecInput>;
  /** Faults of the provider that exist before the object. */
  readonly faults?: readonly FaultRuleInput[];
  /** What happens in sequence, from the moment that the object is applied. */
  readonly steps: readonly (Step | string)[];
}

/** The name of a phase means: run until it is reached. */
export type Step = (world: SimulatedWorld) => Promise<void> | void;

export async function travel(world: SimulatedWorld, { spec, faults = [], steps }: Tour): Promise<void> {
  for (const fault of faults) world.api.faults.add(fault);
  world.startOperator();
  await world.pass(1_000);
  world.apply('train-1', spec);
  for (const step of steps) {
    if (typeof step !== 'string') await step(world);
    else await world.until(`phase ${step}`, () => phaseOf(world.object()) === step);
  }
}
