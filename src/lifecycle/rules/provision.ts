import { formatDuration } from '../../api/common/duration.ts';
import type { Observation, LastSeen } from '../observation.ts';
import type { InstanceState } from '../local-state.ts';
import type { InstanceSnapshot, PodStatus } from '../provider.ts';
import { readinessOf } from '../readiness.ts';
import { draftStatus } from '../status/draft.ts';
import type { ConditionDraft, ConditionDrafts, Facts } from '../status/draft.ts';
import type { Rest, Step } from '../step.ts';
import { ON_ITS_WAY, currentDraft, startingDraft } from './condition-drafts.ts';
import { beginTermination } from './termination.ts';
import { provisioningTimeOf, timesOutAtMs } from './provisioning-time.ts';

/**
 * Follows an instance that is not usable. It is terminated if it has failed or timed out before it was ever ready;
 * otherwise it is reported.
 */
export function followUnready(
  observation: Observation,
  instance: InstanceState,
  lastSeen: LastSeen,
  facts: Facts,
): Step {
  const wasReady = observation.gpuPod.status.readyAt !== undefined;
  const failed = wasReady ? undefined : terminateFailed(observation, instance, lastSeen);
  const rest = report(observation, lastSeen.snapshot, facts, wasReady);
  const isOverdue = !wasReady && observation.now.monotonicMs >= timesOutAtMs(observation, instance);
  // Each poll may bring the snapshot from after the timeout.
  return failed ?? (isOverdue ? { ...rest, requeueAfterMs: observation.timings.busyPollMs } : rest);
}

function terminateFailed(
  observation: Observation,
  instance: InstanceState,
  lastSeen: LastSeen,
): Step | undefined {
  const { snapshot } = lastSeen;
  const readiness = readinessOf(snapshot);
  if (readiness === 'podFailed') {
    return beginTermination(
      observation,
      'PodFailed',
      'The provider reports an error, and the instance was not ready before.',
    );
  }
  if (readiness === 'installFailed') {
    return beginTermination(
      observation,
      'InstallFailed',
      `The installation failed: ${installationFailure(observation, snapshot)}.`,
    );
  }
  return terminateTimedOut(observation, instance, lastSeen);
}

export function terminateTimedOut(
  observation: Observation,
  instance: InstanceState,
  lastSeen: LastSeen,
): Step | undefined {
  const { timeoutMs, boundMs } = provisioningTimeOf(observation);
  // Only a snapshot from after the deadline counts, so that an outage of the provider times nothing out.
  if (lastSeen.beganAtMs > timesOutAtMs(observation, instance)) {
    return beginTermination(
      observation,
      'ProvisioningTimedOut',
      timeoutMs > boundMs
        ? `The instance was not ready within ${formatDuration(timeoutMs)}: provisioningTimeout ${formatDuration(boundMs)}, extended because the offer expects to take longer.`
        : `The instance was not ready within ${formatDuration(timeoutMs)}.`,
    );
  }
  return undefined;
}

/**
 * The failure text of an instance may repeat what it was given, including values from Secrets that the operator does
 * not know here.
 */
function installationFailure({ gpuPod }: Observation, snapshot: InstanceSnapshot): string {
  const { env = [], jupyterPasswordSecretRef } = gpuPod.spec;
  const { installationFailure: said } = snapshot;
  if (said === undefined) {
    return 'no reason given';
  }
  return env.length === 0 && jupyterPasswordSecretRef === undefined
    ? said
    : 'the provider has the reason; the operator does not repeat it here, because it may contain values of spec.env';
}

function report(observation: Observation, snapshot: InstanceSnapshot, facts: Facts, wasReady: boolean): Rest {
  const { gpuPod } = observation;
  const isMoving = !wasReady || snapshot.status === 'DELETING';
  const ready = readyDraft(observation, snapshot);
  const progress = isMoving ? ({ type: 'Reconciling', draft: ON_ITS_WAY } as const) : stallOf(ready);
  const drafts: ConditionDrafts = {
    Ready: ready,
    Provisioned:
      snapshot.status === 'ACTIVE'
        ? ['PodActive', `Instance ${snapshot.podId} is active.`]
        : currentDraft(gpuPod.status, 'Provisioned', [
            'CreatePending',
            `Instance ${snapshot.podId} is created but not active yet.`,
          ]),
    ...(progress === undefined ? {} : { progress }),
  };
  return {
    kind: 'rest',
    status: draftStatus(observation, drafts, facts),
    pollOften: isMoving,
  };
}

/**
 * The operator keeps an instance that fails or stops after it was ready, because there may be work on it. Only a person
 * can go on, so nobody should wait for the GpuPod any longer.
 */
function stallOf([reason, message]: ConditionDraft<'Ready'>): ConditionDrafts['progress'] {
  return reason === 'Failed' || reason === 'Stopped'
    ? { type: 'Stalled', draft: [reason, message] }
    : undefined;
}

function activeDraft(snapshot: InstanceSnapshot): ConditionDraft<'Ready'> {
  const { podId } = snapshot;
  return readinessOf(snapshot) === 'installFailed'
    ? [
        'Failed',
        `The provider reports a failed installation on instance ${podId}. It bills; suspend or delete the GpuPod to terminate it.`,
      ]
    : [
        'Installing',
        `Instance ${podId} is active, but its installation or SSH endpoint is not ready yet. It bills.`,
      ];
}

function readyDraft({ gpuPod }: Observation, snapshot: InstanceSnapshot): ConditionDraft<'Ready'> {
  const { podId, status } = snapshot;
  const sentences: Readonly<Record<PodStatus, ConditionDraft<'Ready'>>> = {
    PROVISIONING: startingDraft(podId),
    PENDING: startingDraft(podId),
    ACTIVE: activeDraft(snapshot),
    STOPPED: [
      'Stopped',
      `The provider stopped instance ${podId}. It bills; suspend or delete the GpuPod to terminate it.`,
    ],
    ERROR: [
      'Failed',
      `The provider reports an error for instance ${podId}. It may bill; suspend or delete the GpuPod to terminate it.`,
    ],
    DELETING: ['Terminating', `Instance ${podId} is being terminated, but not by this operator.`],
    // UNKNOWN is no news, so Ready keeps what it said.
    UNKNOWN: currentDraft(gpuPod.status, 'Ready', [
      'Provisioning',
      `The provider does not state the status of instance ${podId}; it may bill.`,
    ]),
    TERMINATED: [
      'Terminating',
      `The provider reports instance ${podId} as terminated; the operator is checking that.`,
    ],
  };
  return sentences[status];
}
