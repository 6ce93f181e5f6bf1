import { isDeepStrictEqual } from 'node:util';
import { FRESH_STATUS } from '../../api/gpupod/status.ts';
import type { Observation } from '../observation.ts';
import { draftStatus } from '../status/draft.ts';
import type { Rest, Step } from '../step.ts';
import { PENDING } from './condition-drafts.ts';
import { listDoubt } from './list-doubt.ts';

/**
 * A list usually takes a moment. A GpuPod that waits for an offer needs one every minute, and must not cost a write
 * each time.
 */
export function awaitList(observation: Observation, wantsInventoryAfterMs: number): Step {
  const { gpuPod, providerFailure, inventory } = observation;
  const isDoubtful = providerFailure !== undefined || inventory?.doubt !== undefined;
  const isWorthReporting = isDoubtful || isDeepStrictEqual(gpuPod.status, FRESH_STATUS);
  return isWorthReporting
    ? reportCheck(observation, wantsInventoryAfterMs)
    : { kind: 'rest', status: gpuPod.status, wantsInventoryAfterMs, ...stillFailing(observation) };
}

/**
 * Keeps the failure of the last create request in the local state. Each retry writes an intent and so needs a new
 * list; without this the retries would follow each other at once, and never be reported.
 */
function stillFailing({ localState: { blocked, failure } }: Observation): Pick<Rest, 'remember'> {
  return failure === undefined || failure.reason !== blocked?.reason ? {} : { remember: { failure } };
}

/** Says that a list is awaited. */
export function reportCheck(observation: Observation, wantsInventoryAfterMs: number): Step {
  return {
    kind: 'rest',
    status: draftStatus(observation, {
      Ready: PENDING,
      progress: {
        type: 'Reconciling',
        draft: ['Searching', 'Checking that no earlier instance of this GpuPod is still running.'],
      },
      ...listDoubt(observation),
    }),
    wantsInventoryAfterMs,
    ...stillFailing(observation),
  };
}
