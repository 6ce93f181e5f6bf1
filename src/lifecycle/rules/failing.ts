import { isDeepStrictEqual } from 'node:util';
import type { Reason } from '../../api/gpupod/conditions.ts';
import { FRESH_STATUS } from '../../api/gpupod/status.ts';
import type { Observation } from '../observation.ts';
import type { LocalState } from '../local-state.ts';
import { draftStatus } from '../status/draft.ts';
import type { ConditionDrafts, Facts } from '../status/draft.ts';
import type { Rest } from '../step.ts';
import { withWayOut } from '../way-out.ts';
import { doubledWaitMs } from '../doubled-wait.ts';
import { pendingBecause } from './condition-drafts.ts';

/** A failure or limit that stops the operator, as a reason and message of Synced. */
export interface Hindrance {
  readonly reason: Exclude<Reason<'Synced'>, 'ReconcileSuccess'>;
  readonly message: string;
  readonly retryAfterMs?: number;
}

const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;
/** Reasons that usually pass within seconds. */
const PASSING: ReadonlySet<Hindrance['reason']> = new Set([
  'ApiUnavailable',
  'RateLimited',
  'UnexpectedResponse',
]);

/**
 * Rests because something failed, and retries with growing delays. A failure that usually passes is reported only
 * after `quietFailureMs`, so that a short outage does not cost a write for each GpuPod.
 */
export function restFailing(
  observation: Observation,
  hindrance: Hindrance,
  drafts: Omit<ConditionDrafts, 'Synced'>,
  facts: Facts = {},
): Rest {
  const failure = rememberFailure(observation, hindrance);
  const { gpuPod, now, timings } = observation;
  const isQuiet =
    PASSING.has(hindrance.reason) &&
    now.monotonicMs - failure.sinceMs < timings.quietFailureMs &&
    !isDeepStrictEqual(gpuPod.status, FRESH_STATUS);
  return {
    kind: 'rest',
    status: isQuiet
      ? gpuPod.status
      : draftStatus(observation, { ...drafts, Synced: [hindrance.reason, withWayOut(hindrance)] }, facts),
    requeueAfterMs: hindrance.retryAfterMs ?? doubledWaitMs(failure.count, FIRST_RETRY_MS, MAX_RETRY_MS),
    remember: { failure },
  };
}

/** Rests without an instance, because something stops the operator from renting one. */
export function hindered(observation: Observation, hindrance: Hindrance, retrying: string): Rest {
  return restFailing(observation, hindrance, {
    Ready: pendingBecause(withWayOut(hindrance)),
    progress: { type: 'Reconciling', draft: ['Retrying', retrying] },
  });
}

type RememberedFailure = NonNullable<LocalState['failure']>;

function rememberFailure(
  { localState, now }: Observation,
  { reason, message }: Hindrance,
): RememberedFailure {
  const known = localState.failure;
  return known?.reason === reason
    ? { reason, message, sinceMs: known.sinceMs, count: known.count + 1 }
    : { reason, message, sinceMs: now.monotonicMs, count: 1 };
}
