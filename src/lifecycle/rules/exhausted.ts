import { truncateMessage } from '../../api/gpupod/conditions.ts';
import { formatUsd } from '../../offers/money.ts';
import type { Observation } from '../observation.ts';
import { podNamePrefix } from '../pod-name.ts';
import {
  MAX_INVALID_REFUSALS,
  MAX_NO_CAPACITY_ATTEMPTS,
  MAX_REFUSED_ATTEMPTS,
  MIN_NOT_CREATED_BEFORE_STALL,
} from '../settings.ts';
import { attemptsOf, costOfFailures, notCreatedInARow, refusalCounts } from '../status/attempts.ts';
import type { Step } from '../step.ts';
import { stall } from './stalled.ts';

/** Stops after `maxAttempts` paid instances of which none became ready. A person decides whether to go on. */
export function stopAfterFailures(observation: Observation): Step | undefined {
  const { gpuPod } = observation;
  const failed = gpuPod.status.failedAttempts ?? 0;
  const isPrepaidFailed = failed > 0 && wasPrepaidFailure(observation);
  if (failed < gpuPod.spec.maxAttempts && !isPrepaidFailed) {
    return undefined;
  }
  const usd = formatUsd(Math.round(costOfFailures(gpuPod.status, failed) * 1_000_000));
  const what = isPrepaidFailed
    ? 'The prepaid instance did not become ready, and the operator tries a prepaid offer only once'
    : `${String(failed)} instances were rented and none became ready`;
  const message = `${what}; that cost about ${usd} USD. See status.attempts; change the spec, or set a new gpupod.dev/reconcile-requested-at.`;
  return stall(observation, 'AttemptsExhausted', message);
}

/** Whether the last attempt was prepaid and its instance failed. A refused or unsent request has charged nothing. */
function wasPrepaidFailure({ intent, gpuPod }: Observation): boolean {
  if (intent.kind !== 'read' || intent.intent.offer.prepaidHours === undefined) {
    return false;
  }
  const { attempt } = intent.intent;
  return attemptsOf(gpuPod.status).some(({ number, outcome }) => number === attempt && outcome === 'Failed');
}

/** Several offers refused the request as invalid, so the next one would too. */
export function stopAfterInvalidRequests(observation: Observation): Step | undefined {
  const { gpuPod, localState } = observation;
  const { generation, count, message } = localState.invalidRefusals;
  return generation === gpuPod.metadata.generation && count >= MAX_INVALID_REFUSALS
    ? stall(
        observation,
        'InvalidRequest',
        `The provider refuses what the spec asks for; change the spec. ${message}`,
      )
    : undefined;
}

/**
 * Stops after too many attempts without an instance. They cost nothing as far as lists show, but lists can be wrong,
 * and each attempt may have created an instance that bills. A person checks before the operator goes on.
 */
export function stopAfterNotCreated(observation: Observation): Step | undefined {
  const { gpuPod, installation } = observation;
  const count = notCreatedInARow(gpuPod.status);
  if (count < Math.max(gpuPod.spec.maxAttempts, MIN_NOT_CREATED_BEFORE_STALL)) {
    return undefined;
  }
  const prefix = podNamePrefix(installation, gpuPod.metadata);
  return stall(
    observation,
    'AttemptsExhausted',
    `${String(count)} attempts in a row had an unknown outcome. No instance was found, so they cost nothing unless the provider ` +
      `hides one: look there for ${prefix}. Then change the spec, or set a new gpupod.dev/reconcile-requested-at.`,
  );
}

/** Stops after too many refusals. They cost nothing, but endless requests help nobody. */
export function stopAfterRefusals(observation: Observation): Step | undefined {
  const { status } = observation.gpuPod;
  const { refused, noCapacity } = refusalCounts(status);
  const isRefused = refused >= MAX_REFUSED_ATTEMPTS;
  if (!isRefused && noCapacity < MAX_NO_CAPACITY_ATTEMPTS) {
    return undefined;
  }
  const count = isRefused ? `${String(refused)} create requests were refused` : SOLD_OUT;
  const last =
    attemptsOf(status).findLast(({ outcome }) => outcome === 'Refused')?.message ?? 'see status.attempts';
  return stall(
    observation,
    'AttemptsExhausted',
    truncateMessage(
      `${count} without a ready instance; refused requests cost nothing. Change the spec, or set a new ` +
        `gpupod.dev/reconcile-requested-at to go on. The last refusal: ${last}`,
    ),
  );
}

const SOLD_OUT = `${String(MAX_NO_CAPACITY_ATTEMPTS)} create requests were refused for capacity`;
