import { AsyncLocalStorage } from 'node:async_hooks';
import type { Observation } from '../../src/lifecycle/observation.ts';
import type { Step } from '../../src/lifecycle/step.ts';

/** What was decided last in this chain of calls. */
interface Decision {
  readonly uid: string;
  /** The instance that is to be ended. */
  readonly ends: string | undefined;
}

const acting = new AsyncLocalStorage<Decision>();

/**
 * Uid of the GpuPod for which it was decided to end this instance, by the decision that led here; undefined where none
 * did. A list that a GpuPod waits for sets the timer by which a sweep comes to run: what the sweep ends is no deed of
 * that GpuPod.
 */
export function whoEnds(podId: string): string | undefined {
  const decision = acting.getStore();
  return decision?.ends === podId ? decision.uid : undefined;
}

/** The same decisions; what follows from one of them knows for which GpuPod it was made. */
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
