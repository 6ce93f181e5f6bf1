import { AsyncLocalStorage } from 'node:async_hooks';
import type { Observation } from '../../src/lifecycle/observation.ts';
import type { Step } from '../../src/lifecycle/step.ts';

/** The latest decision in this async context. */
interface Decision {
  readonly uid: string;
  /** The instance to terminate. */
  readonly ends: string | undefined;
}

const acting = new AsyncLocalStorage<Decision>();

/**
 * The UID of the GpuPod whose decision in this async context terminates this instance, or undefined. A list
 * that a GpuPod waits for also starts the timer of a sweep, so what the sweep terminates must not count as
 * that GpuPod's termination.
 */
export function whoEnds(podId: string): string | undefined {
  const decision = acting.getStore();
  return decision?.ends === podId ? decision.uid : undefined;
}

/** Wraps the planner. The async context of each decision then knows the GpuPod that it was made for. */
export function noting(plan: (observation: Observation) => Step): (observation: Observation) => Step {
  return (observation) => {
    const step = plan(observation);
    acting.enterWith({ uid: observation.gpuPod.metadata.uid, ends: endedBy(step) });
    return step;
  };
}

function endedBy(step: Step): string | undefined {
  if (step.kind !== 'act') return undefined;
  const { effect } = step;
  return effect.type === 'deletePod' || effect.type === 'deleteDuplicate' ? effect.podId : undefined;
}
