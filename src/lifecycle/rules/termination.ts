import type { ConditionType } from '../../api/gpupod/conditions.ts';
import { isDeleting } from '../../api/gpupod/gpu-pod.ts';
import type { Attempt } from '../../api/gpupod/status.ts';
import { offerKey } from '../../offers/offer-key.ts';
import type { LastSeen, Observation } from '../observation.ts';
import { readinessOf } from '../readiness.ts';
import type { SecretState } from '../local-state.ts';
import { SECRET_RETRY_MS } from '../settings.ts';
import { accruedUsd } from '../status/accrual.ts';
import {
  currentAttempt,
  currentAttemptNumber,
  failuresWith,
  withAttempt,
  withAttemptCost,
} from '../status/attempts.ts';
import { draftStatus } from '../status/draft.ts';
import type { ConditionDraft, ConditionDrafts, Facts } from '../status/draft.ts';
import { atSeenPrice } from '../status/price.ts';
import { timestamp } from '../status/timestamp.ts';
import type { Act, Cooldown, CooldownReason, Step } from '../step.ts';
import { limitEnding, stallAfterLimit, withdrawEnding } from './limits.ts';
import { terminateInstance } from './terminate.ts';
import { restFailing } from './failing.ts';
import { isImpatient } from './provisioning-time.ts';
import { installsNothingOfItsOwn } from './usual-request.ts';
import { AWAITING_END, SEARCHING, SUSPENDED } from './condition-drafts.ts';

/** Why the operator terminates the instance of a living GpuPod. The reason is written before the DELETE is sent. */
export const TERMINATION_REASONS = [
  'Suspended',
  'SpecChanged',
  'AboveMaxPrice',
  'NotAsRequested',
  'InstallFailed',
  'PodFailed',
  'ProvisioningTimedOut',
  'Expired',
  'CostLimitReached',
] as const;
export type TerminationReason = (typeof TERMINATION_REASONS)[number];

/** Terminations that are nobody's failure, so they do not count towards `maxAttempts`. */
const WANTED: ReadonlySet<string> = new Set<TerminationReason | 'Deleted'>([
  'Suspended',
  'SpecChanged',
  'Expired',
  'CostLimitReached',
  'Deleted',
]);

/** Records that the instance is to be terminated, and why. {@link finishTermination} does the rest. */
export function beginTermination(observation: Observation, ending: TerminationReason, message: string): Act {
  const { gpuPod } = observation;
  const attempt = currentAttemptNumber(gpuPod.status);
  const { podId = '', podName = '' } = gpuPod.status;
  const cooldown = cooldownAfter(observation, ending);
  return {
    kind: 'act',
    effect: {
      type: 'writeStatus',
      ...(cooldown === undefined ? {} : { cooldown }),
      status: draftStatus(
        observation,
        {
          Ready: ['Terminating', `Terminating instance ${podId} (${ending}): ${message}`],
          Provisioned: provisionedAfter(ending, message),
          progress: {
            type: 'Reconciling',
            draft: AWAITING_END,
          },
        },
        {
          // The limit may have been reached by a price that was not worth a write.
          cost: atSeenPrice(observation).cost,
          attempts: withAttempt(gpuPod.status, attempt, {
            podName,
            ending,
            outcome: undefined,
            message,
          }),
        },
      ),
    },
  };
}

/** Finishes a termination that was begun, whatever the spec says by now. */
export function finishTermination(observation: Observation): Step | undefined {
  const { gpuPod } = observation;
  const attempt = currentAttempt(gpuPod.status);
  if (gpuPod.status.podId === undefined || attempt?.ending === undefined || isDeleting(gpuPod)) {
    return undefined;
  }
  const isSuspended = gpuPod.spec.suspend;
  return (
    withdrawEnding(observation) ??
    terminateInstance(observation, attempt.ending) ??
    closeEndedInstance(
      observation,
      { reason: attempt.ending, message: attempt.message },
      isSuspended ? { Ready: SUSPENDED } : stallAfterLimit(observation, limitEnding(attempt.ending)),
    )
  );
}

/** Closes the attempt after the end of its instance is proven. The spec can then be changed again. */
export function closeEndedInstance(
  observation: Observation,
  end: { readonly reason: string; readonly message: string | undefined },
  drafts: Partial<ConditionDrafts> = {},
): Step {
  const secretStep = removeConnectionSecret(observation);
  if (secretStep !== undefined) {
    return secretStep;
  }
  const wasReady = observation.gpuPod.status.readyAt !== undefined;
  const isFailure = !wasReady && !WANTED.has(end.reason);
  const isLost = isFailure && end.reason === 'Lost';
  const cooldown = isLost ? cooldownAfter(observation, 'Lost') : undefined;
  return {
    kind: 'act',
    effect: {
      type: 'writeStatus',
      ...(cooldown === undefined ? {} : { cooldown }),
      status: draftStatus(
        observation,
        {
          Ready: ['Terminated', 'The instance is terminated.'],
          ...(maySearch(observation) ? { progress: { type: 'Reconciling', draft: SEARCHING } } : {}),
          ...drafts,
        },
        closingFacts(observation, {
          outcome: isFailure ? 'Failed' : 'Ended',
          reason: end.reason,
          ...(end.message === undefined ? {} : { message: end.message }),
        }),
      ),
    },
  };
}

/** Whether the next pass may rent again. A suspended GpuPod is done: kstatus would wait for its end. */
function maySearch({ gpuPod }: Observation): boolean {
  return !isDeleting(gpuPod) && !gpuPod.spec.suspend;
}

/** Removes the Secret first: its host may soon belong to somebody else. */
function removeConnectionSecret(observation: Observation): Step | undefined {
  const { gpuPod, localState } = observation;
  const name = gpuPod.status.binding?.name;
  if (name === undefined || localState.secret?.outcome === 'removed') {
    return undefined;
  }
  return localState.secret?.outcome === 'kept'
    ? awaitRemoval(observation, name, localState.secret)
    : { kind: 'act', effect: { type: 'removeSecret', name } };
}

/** The recorded time of the end, where closing was delayed: the instance cost nothing after that. */
function endSeenAt({ gpuPod, now }: Observation): string {
  return gpuPod.status.terminatedAt ?? timestamp(now.wallMs);
}

/**
 * The API server does not let the operator remove the Secret. Nothing new is rented while it points to the ended
 * instance.
 */
function awaitRemoval(observation: Observation, secretName: string, { message = '' }: SecretState): Step {
  const { podId = '' } = observation.gpuPod.status;
  const rest = restFailing(
    observation,
    {
      reason: 'SecretRefused',
      message: `Failed to remove Secret ${secretName}, which tells how to reach instance ${podId}; retrying. ${message}`,
      retryAfterMs: SECRET_RETRY_MS,
    },
    {
      Ready: [
        'Terminating',
        `Instance ${podId} is terminated. Its attempt is closed once Secret ${secretName} is removed; see Synced.`,
      ],
      progress: {
        type: 'Reconciling',
        draft: ['Retrying', 'Waiting for the removal of the connection Secret.'],
      },
    },
    { terminatedAt: endSeenAt(observation), ssh: undefined, ports: undefined },
  );
  return { ...rest, remember: { ...rest.remember, secret: undefined } };
}

function closingFacts(observation: Observation, end: Omit<Partial<Attempt>, 'number'>): Facts {
  const { gpuPod, now } = observation;
  const { status } = gpuPod;
  const endedAt = endSeenAt(observation);
  const cost = accruedUsd(atSeenPrice(observation), now.wallMs);
  const number = currentAttemptNumber(status);
  return {
    attempts: withAttempt(status, number, {
      podId: status.podId,
      podName: status.podName,
      endedAt,
      ...end,
      ...(cost === undefined ? {} : { cost }),
    }),
    ...withAttemptCost(status, cost),
    failedAttempts: failuresWith(status, end.outcome === 'Failed'),
    terminatedAt: endedAt,
    searchStartedAt: timestamp(now.wallMs),
    podId: undefined,
    podIdProof: undefined,
    podName: undefined,
    account: undefined,
    offer: undefined,
    cost: undefined,
    sshKey: undefined,
    ssh: undefined,
    ports: undefined,
    binding: undefined,
  };
}

/**
 * Starts the cooldown of the offer whose instance failed. Other GpuPods avoid it only if this one cannot have caused
 * the failure.
 */
function cooldownAfter(observation: Observation, ending: TerminationReason | 'Lost'): Cooldown | undefined {
  const reason = COOLDOWN_AFTER[ending];
  const { offer } = observation.gpuPod.status;
  if (reason === undefined || offer === undefined) {
    return undefined;
  }
  const { provider = '', cloudId = '', gpuType = '', socket = '', gpuCount = 1, isSpot = false } = offer;
  const { dataCenter, country } = offer;
  return {
    reason,
    offerKey: offerKey({ provider, cloudId, gpuType, socket, gpuCount, isSpot, dataCenter, country }),
    ...(isOwnFault(observation, ending) ? { scope: 'object' } : {}),
  };
}

/** Whether the spec may have caused the failure: by its image, variables, or a short timeout. */
function isOwnFault(observation: Observation, ending: TerminationReason | 'Lost'): boolean {
  const { gpuPod, lastSeen } = observation;
  const isPlain = installsNothingOfItsOwn(gpuPod.spec);
  if (ending !== 'ProvisioningTimedOut') {
    return !isPlain;
  }
  // The operator may be the one that cannot connect, so others go on using the offer.
  if (gpuPod.spec.readiness === 'Reachable' && lastSeen !== undefined && isUsable(lastSeen)) {
    return true;
  }
  const hasBegunToInstall = lastSeen?.snapshot.status === 'ACTIVE' || gpuPod.status.activeAt !== undefined;
  return isImpatient(observation) || (hasBegunToInstall && !isPlain);
}

function isUsable({ snapshot }: LastSeen): boolean {
  return readinessOf(snapshot) === 'usable';
}

const COOLDOWN_AFTER: Readonly<Partial<Record<TerminationReason | 'Lost', CooldownReason>>> = {
  AboveMaxPrice: 'AboveMaxPrice',
  NotAsRequested: 'NotAsRequested',
  InstallFailed: 'InstallFailed',
  PodFailed: 'InstallFailed',
  ProvisioningTimedOut: 'ProvisioningTimedOut',
  // It vanished before it was ready, for an unknown reason.
  Lost: 'NotCreated',
};

function provisionedAfter(
  ending: TerminationReason,
  message: string,
): ConditionDraft<Extract<ConditionType, 'Provisioned'>> {
  switch (ending) {
    case 'ProvisioningTimedOut':
    case 'SpecChanged':
      return [ending, message];
    case 'Suspended':
      return ['NotCreated', 'The operator terminates the instance because spec.suspend is true.'];
    case 'Expired':
    case 'CostLimitReached':
      return ['NotCreated', 'The operator terminates the instance because it reached a limit.'];
    case 'AboveMaxPrice':
    case 'NotAsRequested':
    case 'InstallFailed':
    case 'PodFailed':
      return ['CreateFailed', message];
  }
}
