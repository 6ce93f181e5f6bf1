import { AsyncLocalStorage } from 'node:async_hooks';
import type { Observation } from '../../src/lifecycle/observation.ts';
import type { Step } from '../../src/lifecycle/step.ts';

const acting = new AsyncLocalStorage<string>();

/** Uid of the GpuPod that was decided about last in this chain of calls; undefined in what no GpuPod is decided in. */
export function actor(): string | undefined {
  return acting.getStore();
}

/** The same decisions; what follows from one of them knows for which GpuPod it was made. */
export function noting(plan: (observation: Observation) => Step): (observation: Observation) => Step {
  return (observation) => {
    acting.enterWith(observation.gpuPod.metadata.uid);
    return plan(observation);
  };
}
