import { isDeepStrictEqual } from 'node:util';
import { FRESH_STATUS } from '../../api/gpupod/status.ts';
import { offerQueries } from '../../offers/offer-source.ts';
import { chooseOffer } from '../choose-offer.ts';
import type { Observation, ObservedOffers } from '../observation.ts';
import type { Failure } from '../provider.ts';
import type { Step } from '../step.ts';
import { ownInstances } from '../instance-relation.ts';
import { pendingBecause } from './condition-drafts.ts';
import { awaitList, reportCheck } from './await-list.ts';
import { hindered, restFailing } from './failing.ts';
import { restWithoutOffer } from './no-offer.ts';
import { createInstance, stopAtLastNumber } from './create.ts';
import { awaitRoom } from './room.ts';
import { awaitSshKey } from './ssh-key.ts';

/** The last create request could not be sent; the wait grows with each failure. */
export function awaitRetry(observation: Observation): Step | undefined {
  const { localState, now } = observation;
  const { blocked } = localState;
  if (blocked === undefined || blocked.untilMs <= now.monotonicMs) {
    return undefined;
  }
  const retryAfterMs = blocked.untilMs - now.monotonicMs;
  if (blocked.isFinal === true && blocked.reason === 'InvalidSshKey') {
    return restFailing(
      observation,
      { ...blocked, retryAfterMs },
      {
        Ready: pendingBecause(blocked.message),
        progress: { type: 'Stalled', draft: [blocked.reason, blocked.message] },
      },
    );
  }
  return hindered(observation, { ...blocked, retryAfterMs }, 'The operator retries the create request.');
}

/**
 * Waits for a complete list without an instance of this GpuPod, because `kubectl replace` may have removed its
 * annotations. The list must have begun after this version of the GpuPod was first seen: another process may have
 * written a create intent since an older list.
 */
export function awaitCleanList(observation: Observation): Step | undefined {
  const { now, timings, inventory } = observation;
  const isYoung = hasNoPast(observation) && ageMs(observation) < timings.youngObjectMs;
  const isFresh = inventory !== undefined && inventory.beganAtMs >= oldestListMs(observation);
  if ((isYoung || isFresh) && ownInstances(observation).length === 0) {
    return undefined;
  }
  return isFresh
    ? reportCheck(observation, inventory.beganAtMs + timings.busyPollMs)
    : awaitList(observation, now.monotonicMs);
}

function oldestListMs({ localState, now, timings }: Observation): number {
  return Math.max(localState.version?.seenAtMs ?? now.monotonicMs, now.monotonicMs - timings.offerMaxAgeMs);
}

/**
 * Age since this process or the API server first saw the GpuPod, whichever is longer: a process that was suspended
 * sees old objects late. If its clock runs ahead of the API server's, that costs one list.
 */
function ageMs({ gpuPod, localState, now }: Observation): number {
  const { creationTimestamp = '' } = gpuPod.metadata;
  return Math.max(now.monotonicMs - localState.firstSeenAtMs, now.wallMs - Date.parse(creationTimestamp));
}

/** A fresh GpuPod that was created while this process watched. Another process may have rented for any other one. */
function hasNoPast({ gpuPod, localState }: Observation): boolean {
  return !localState.inFirstList && isDeepStrictEqual(gpuPod.status, FRESH_STATUS);
}

export function awaitPermit(observation: Observation): Step | undefined {
  const { permit } = observation;
  return permit.kind === 'granted'
    ? undefined
    : hindered(
        observation,
        { reason: permit.reason, message: permit.message, retryAfterMs: permit.retryInMs },
        'Waiting for the circuit breaker to allow create requests again.',
      );
}

/** Reads the offers unless they are fresh, chooses one, and creates an instance. Always returns a step. */
export function rentFromOffers(observation: Observation): Step {
  const { offers, now, timings, gpuPod } = observation;
  if (offers?.kind === 'failure') {
    return withoutOffers(observation, offers);
  }
  const isFresh = offers !== undefined && now.monotonicMs - offers.beganAtMs < timings.offerMaxAgeMs;
  return isFresh
    ? chooseAndCreate(observation, offers)
    : { kind: 'act', effect: { type: 'readOffers', queries: offerQueries(gpuPod.spec) } };
}

function chooseAndCreate(observation: Observation, offers: Exclude<ObservedOffers, Failure>): Step {
  const choice = chooseOffer(observation, offers);
  if (choice.kind === 'failure') {
    return withoutOffers(observation, choice);
  }
  if (choice.kind === 'none') {
    return restWithoutOffer(observation, choice);
  }
  return (
    stopAtLastNumber(observation) ??
    awaitRoom(observation, choice) ??
    awaitSshKey(observation) ??
    createInstance(observation, choice, offers.beganAtMs)
  );
}

/** A query with a value that the provider does not know is repeated rarely, because only a person can correct it. */
function withoutOffers(observation: Observation, failed: Failure): Step {
  if (failed.reason === 'InvalidRequest') {
    const { reason, message } = failed;
    const hindrance = { reason, message: `${message} Correct spec.gpu or spec.placement.` };
    const retryAfterMs = observation.timings.sweepMs;
    return hindered(
      observation,
      { ...hindrance, retryAfterMs },
      'The operator queries the offers again, at long intervals.',
    );
  }
  return hindered(observation, failed, 'Failed to read the offers; retrying.');
}
