import type { GpuPodSpecInput } from '../../../src/api/gpupod/spec.ts';
import type { FaultRuleInput } from '../../../src/simulator/faults/effect.ts';
import type { Simulation, SimulationOptions } from '../simulation.ts';
import { phaseOf } from './transitions.ts';

/** A life that shows some of the transitions of a GpuPod. */
export interface Tour {
  readonly options?: SimulationOptions;
  readonly spec?: Partial<GpuPodSpecInput>;
  /** Faults of the provider that exist before the object. */
  readonly faults?: readonly FaultRuleInput[];
  /** What happens in sequence, from the moment that the object is applied. */
  readonly steps: readonly (Step | string)[];
}

/** The name of a phase means: run until it is reached. */
export type Step = (simulation: Simulation) => Promise<void> | void;

export async function travel(simulation: Simulation, { spec, faults = [], steps }: Tour): Promise<void> {
  for (const fault of faults) simulation.api.faults.add(fault);
  simulation.startOperator();
  await simulation.pass(1_000);
  simulation.apply('train-1', spec);
  for (const step of steps) {
    if (typeof step !== 'string') await step(simulation);
    else await simulation.until(`phase ${step}`, () => phaseOf(simulation.object()) === step);
  }
}
