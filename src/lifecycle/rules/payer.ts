import { isDeleting } from '../../api/gpupod/gpu-pod.ts';
import { identityOf, isLeftByPayer, isSurelyNotCreated, liabilityOf } from '../account.ts';
import { accountName } from '../account-identity.ts';
import type { Observation } from '../observation.ts';
import { openIntentOf } from '../open-intent.ts';
import type { Step } from '../step.ts';
import { hold, isConfirmedAbsent } from './account-held.ts';
import { closeUnsent } from './close-attempt.ts';

/**
 * Closes a create intent that surely created nothing once its account does not pay any more. Otherwise that account would
 * be kept for it, and the GpuPod would wait for an account that is being deleted.
 */
export function closeUnpaid(observation: Observation): Step | undefined {
  const openIntent = openIntentOf(observation);
  // A wrong key holds the GpuPod anyway, and nothing of it changes meanwhile.
  const isLeft = observation.account.kind === 'fits' && isLeftByPayer(observation);
  return openIntent.kind === 'open' && isSurelyNotCreated(observation) && (isLeft || isRefused(observation))
    ? closeUnsent(observation, openIntent.intent)
    : undefined;
}

function isRefused({ payerProblem }: Observation): boolean {
  return payerProblem !== undefined && payerProblem.reason !== 'Starting';
}

/**
 * Does nothing for a GpuPod without an account whose API key could act for it: the account does not exist, may not be
 * used here, or several could pay. If something bills, only the recorded account may terminate it.
 */
export function awaitUsableAccount(observation: Observation): Step | undefined {
  const { payerProblem } = observation;
  if (payerProblem === undefined) {
    return undefined;
  }
  const { reason, message, holdsDeletion = false } = payerProblem;
  return reason === 'Starting'
    ? awaitReading(observation, message)
    : holdWithout(observation, { reason, message }, holdsDeletion);
}

/**
 * Account and namespace are read in a moment, and each of their GpuPods is reconciled again. If that lasts, the operator
 * lacks a right.
 */
function awaitReading(observation: Observation, message: string): Step {
  const { gpuPod, localState, now, timings } = observation;
  const quietMs = localState.firstSeenAtMs + timings.quietFailureMs - now.monotonicMs;
  return quietMs > 0
    ? { kind: 'rest', status: gpuPod.status, isUnwatched: true, requeueAfterMs: quietMs }
    : hold(observation, { reason: 'AccountNotFound', message });
}

function holdWithout(
  observation: Observation,
  problem: Parameters<typeof hold>[1],
  holdsDeletion: boolean,
): Step | undefined {
  const { gpuPod } = observation;
  const liability = liabilityOf(observation);
  const isOver =
    liability === undefined
      ? isDeleting(gpuPod) && !holdsDeletion
      : isConfirmedAbsent(observation, liability);
  return isOver ? undefined : hold(observation, problem, liability);
}

/**
 * Rents nothing with an account whose user is unknown: what it rented could later not be told from instances of
 * another user. A key of another user than the account records finishes what it began, and rents nothing either.
 */
export function awaitAccountUser(observation: Observation): Step | undefined {
  const { reference, account, gpuPod } = observation;
  if (reference === undefined || account.kind === 'unknown') {
    return undefined;
  }
  if (account.kind === 'changed') {
    return hold(observation, { reason: 'AccountChanged', message: account.message });
  }
  if (identityOf(account) !== undefined) {
    return undefined;
  }
  const name = accountName(reference, gpuPod.metadata.namespace);
  return hold(observation, {
    reason: 'AccountUnconfirmed',
    message: `The API key of ${name} may not read its own user, so nothing is rented with it. Give the key the permission user:read.`,
  });
}
