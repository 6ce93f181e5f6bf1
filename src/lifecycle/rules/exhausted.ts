import { truncateMessage } from '../../api/gpupod/conditions.ts';
import type { Observation } from '../observation.ts';
import { podNamePrefix } from '../pod-name.ts';
import { MAX_NO_CAPACITY_ATTEMPTS, MAX_REFUSED_ATTEMPTS, MIN_NOT_CREATED_BEFORE_STALL } from '../settings.ts';
import { attemptsOf, notCreatedInARow, refusalCounts } from '../status/attempts.ts';
import type { Step } from '../step.ts';
import { stall } from './forbidden.ts';

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
