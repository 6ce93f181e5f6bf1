import type { Observation } from '../observation.ts';
import { draftStatus } from '../status/draft.ts';
import type { Step } from '../step.ts';
import { beginTermination } from './termination.ts';
import { NOTHING_RENTED, SUSPENDED } from './condition-drafts.ts';

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
        Ready: SUSPENDED,
        OfferSelected: ['NotEvaluated', 'The operator does not evaluate offers while spec.suspend is true.'],
        Provisioned: NOTHING_RENTED,
      },
      { failedAttempts: undefined, searchStartedAt: undefined, hint: undefined, rejections: undefined },
    ),
  };
}
