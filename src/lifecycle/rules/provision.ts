import { formatDuration } from '../../api/duration.ts';
import type { Knowledge, Sight } from '../knowledge.ts';
import type { RentalMemory } from '../memory.ts';
import type { PodLook, PodStatus } from '../provider.ts';
import { readinessOf } from '../readiness.ts';
import { draftStatus } from '../status/draft.ts';
import type { Claim, Claims, Facts } from '../status/draft.ts';
import type { Rest, Step } from '../step.ts';
import { ON_ITS_WAY, standingClaim, startingClaim } from './claims.ts';
import { beginEnding } from './ending.ts';
import { provisioningTimeOf } from './provisioning-time.ts';

/** A pod that is not usable (any more): ended where it never was and never will be, else reported. */
export function followUnready(knowledge: Knowledge, rental: RentalMemory, sight: Sight, facts: Facts): Step {
  const wasReady = knowledge.gpuPod.status.readyAt !== undefined;
  const failed = wasReady ? undefined : endFailed(knowledge, rental, sight);
  const untilDeadlineMs =
    rental.sinceMs + provisioningTimeOf(knowledge).timeoutMs - knowledge.now.monotonicMs;
  const againInMs = wasReady
    ? knowledge.windows.staleMs
    : Math.max(untilDeadlineMs, 0) + knowledge.windows.busyPollMs;
  return failed ?? { ...report(knowledge, sight.look, facts, wasReady), againInMs };
}

function endFailed(knowledge: Knowledge, rental: RentalMemory, sight: Sight): Step | undefined {
  const { look } = sight;
  const readiness = readinessOf(look);
  if (readiness === 'podFailed') {
    return beginEnding(knowledge, 'PodFailed', 'The provider reports an error for it before it was ready.');
  }
  if (readiness === 'installFailed') {
    return beginEnding(
      knowledge,
      'InstallFailed',
      `The installation failed: ${installationFailure(knowledge, look)}.`,
    );
  }
  return endTimedOut(knowledge, rental, sight);
}

export function endTimedOut(knowledge: Knowledge, rental: RentalMemory, sight: Sight): Step | undefined {
  const { timeoutMs, boundMs } = provisioningTimeOf(knowledge);
  // Only a look after the deadline counts: while the provider cannot be read, nothing is timed out.
  if (sight.beganAtMs > rental.sinceMs + timeoutMs) {
    return beginEnding(
      knowledge,
      'ProvisioningTimedOut',
      timeoutMs > boundMs
        ? `It was not ready within ${formatDuration(timeoutMs)}: provisioningTimeout ${formatDuration(boundMs)}, stretched because the offer expects to take longer.`
        : `It was not ready within ${formatDuration(timeoutMs)}.`,
    );
  }
  return undefined;
}

/** What a machine says of its installation may hold all that it was given, also values from Secrets that are not known here. */
function installationFailure({ gpuPod }: Knowledge, look: PodLook): string {
  const { env = [], jupyterPasswordSecretRef } = gpuPod.spec;
  const { installationFailure: said } = look;
  if (said === undefined) {
    return 'no reason given';
  }
  return env.length === 0 && jupyterPasswordSecretRef === undefined
    ? said
    : 'the reason is at the provider, and is not repeated here because it may hold values of spec.env';
}

function report(knowledge: Knowledge, look: PodLook, facts: Facts, wasReady: boolean): Rest {
  const { gpuPod } = knowledge;
  const isMoving = !wasReady || look.status === 'DELETING';
  const claims: Claims = {
    Ready: readyClaim(knowledge, look),
    Provisioned:
      look.status === 'ACTIVE'
        ? ['PodActive', `Pod ${look.podId} is active.`]
        : standingClaim(gpuPod.status, 'Provisioned', [
            'CreatePending',
            `Pod ${look.podId} was ordered and is not active yet.`,
          ]),
    ...(isMoving ? { progress: { type: 'Reconciling', claim: ON_ITS_WAY } } : {}),
  };
  return {
    kind: 'rest',
    status: draftStatus(knowledge, claims, facts),
    pollOften: isMoving,
  };
}

function activeClaim(look: PodLook): Claim<'Ready'> {
  const { podId } = look;
  return readinessOf(look) === 'installFailed'
    ? [
        'Failed',
        `The provider reports a failed installation on pod ${podId}. It bills; suspend or delete the GpuPod to end it.`,
      ]
    : ['Installing', `Pod ${podId} is active; its installation or SSH endpoint is not done yet. It bills.`];
}

function readyClaim({ gpuPod }: Knowledge, look: PodLook): Claim<'Ready'> {
  const { podId, status } = look;
  const sentences: Readonly<Record<PodStatus, Claim<'Ready'>>> = {
    PROVISIONING: startingClaim(podId),
    PENDING: startingClaim(podId),
    ACTIVE: activeClaim(look),
    STOPPED: [
      'Stopped',
      `The provider stopped pod ${podId}. It bills; suspend or delete the GpuPod to end it.`,
    ],
    ERROR: [
      'Failed',
      `The provider reports an error for pod ${podId}. It may bill; suspend or delete the GpuPod to end it.`,
    ],
    DELETING: ['Ending', `Pod ${podId} is being ended at the provider, and not by this operator.`],
    // What the provider cannot tell is no news: what was last known stands.
    UNKNOWN: standingClaim(gpuPod.status, 'Ready', [
      'Provisioning',
      `The provider cannot tell the state of pod ${podId}; it may bill.`,
    ]),
    TERMINATED: ['Ending', `Pod ${podId} is reported as ended; that is being checked.`],
  };
  return sentences[status];
}
