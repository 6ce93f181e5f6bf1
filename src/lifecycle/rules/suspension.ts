import type { Observation } from '../observation.ts';
import { draftStatus } from '../status/draft.ts';
import type { Step } from '../step.ts';
import { beginTermination } from './termination.ts';

/** `spec.suspend`: terminates the instance and keeps the GpuPod. Earlier failures are reset. */
export function suspend(observation: Observation): Step | undefined {
  const { gpuPod } = observation;
  if (!gpuPod.spec.suspend) {
    return undefined;
  }
  if (gpuPod.status.podId !== undefined) {
    return beginTermination(observation, 'Suspended', 'spec.suspend is true.');
  }
  return {
    kind: 'rest',
    status: draftStatus(
      observation,
      {
        Ready: ['Suspended', 'Nothing is rented, because spec.suspend is true.'],
        OfferSelected: ['NotEvaluated', 'The operator does not evaluate offers while spec.suspend is true.'],
        Provisioned: ['NotCreated', 'Nothing is rented.'],
      },
      { failedAttempts: undefined, searchStartedAt: undefined, hint: undefined, rejections: undefined },
    ),
  };
}
