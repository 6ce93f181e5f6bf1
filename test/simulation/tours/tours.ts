import type { GpuPodSpecInput } from '../../../src/api/spec.ts';
import type { FaultRuleInput } from '../../../src/simulator/faults/effect.ts';
import type { SimulatedWorld, WorldOptions } from '../simulated-world.ts';
import { phaseOf } from './transitions.ts';

/** A life that shows some of the ways that a GpuPod can go. */
export interface Tour {
  readonly options?: WorldOptions;
  readonly spec?: Partial<GpuPodSpecInput>;
  /** Faults of the provider, there before the object is. */
  readonly faults?: readonly FaultRuleInput[];
  /** What happens, one after the other, from the moment that the object was applied. */
  readonly steps: readonly (Step | string)[];
}

/** A name of a phase stands for: go on until it is reached. */
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
