import type { Reason } from '../../api/gpupod/conditions.ts';
import type { GpuPodStatus } from '../../api/gpupod/status.ts';
import type { ConditionDraft, ConditionDrafts } from '../status/draft.ts';
import { draftStatus, findCondition } from '../status/draft.ts';
import type { Observation } from '../observation.ts';
import type { Rest } from '../step.ts';
import { pendingBecause } from './condition-drafts.ts';
import { isLimitRaised, limitEnding } from './limits.ts';

type StalledReason = Reason<'Stalled'>;

/** Reasons that a change of the spec does not lift, because the work on the instance is lost. */
const AFTER_LOSS: readonly StalledReason[] = ['Interrupted', 'Lost'];
/** Only a person lifts them. */
export const LASTING: readonly StalledReason[] = [
  ...AFTER_LOSS,
  'OfferTimeout',
  'InvalidRequest',
  'Expired',
  'CostLimitReached',
];

/**
 * The stall that only a person lifts. The condition Stalled is its only record, so a rule that rests for another
 * reason must keep it. Otherwise the operator would rent again once that reason is over.
 */
export function lastingStall(status: GpuPodStatus): ConditionDraft<'Stalled'> | undefined {
  const current = findCondition(status, 'Stalled');
  const reason = LASTING.find((candidate) => candidate === current?.reason);
  return current === undefined || reason === undefined ? undefined : [reason, current.message];
}

/** Progress for a GpuPod that rests: the lasting stall if there is one, else `otherwise`. */
export function keepingStall(
  status: GpuPodStatus,
  otherwise?: ConditionDrafts['progress'],
): Pick<ConditionDrafts, 'progress'> {
  const stall = lastingStall(status);
  const progress: ConditionDrafts['progress'] =
    stall === undefined ? otherwise : { type: 'Stalled', draft: stall };
  return progress === undefined ? {} : { progress };
}

/** A ready instance was lost: the operator rents nothing new by itself, not even for a new spec. */
export function isAfterLoss(status: GpuPodStatus): boolean {
  const reason = lastingStall(status)?.[0];
  return reason !== undefined && AFTER_LOSS.includes(reason);
}

/** A limit ended the last instance, and nobody has raised it: another change of the spec rents nothing. */
export function isHeldByLimit(observation: Observation): boolean {
  const ending = limitEnding(lastingStall(observation.gpuPod.status)?.[0]);
  return ending !== undefined && !isLimitRaised(observation, ending);
}

/** Keeps `observedGeneration`, because this rule has not acted on a changed spec. See `startOver`. */
export function keepObservedGeneration({ gpuPod }: Observation, rest: Rest): Rest {
  const { observedGeneration } = gpuPod.status;
  return observedGeneration < 0 ? rest : { ...rest, status: { ...rest.status, observedGeneration } };
}

/** Waits until a person acts. */
export function stall(
  observation: Observation,
  reason: 'AttemptsExhausted' | 'InvalidRequest' | 'CostLimitReached',
  message: string,
): Rest {
  return {
    kind: 'rest',
    status: draftStatus(observation, {
      Ready: reason === 'CostLimitReached' ? [reason, message] : pendingBecause(message),
      ...(reason === 'InvalidRequest' ? { Synced: [reason, message] } : {}),
      progress: { type: 'Stalled', draft: [reason, message] },
    }),
  };
}

/** Rents nothing until a person changes what the message names: the spec, a setting, an account or the CRD. */
export function refuse(
  observation: Observation,
  reason: 'NotAllowed' | 'InvalidSshKey' | 'CrdOutdated',
  message: string,
): Rest {
  return {
    kind: 'rest',
    status: draftStatus(observation, {
      Ready: pendingBecause(message),
      Synced: [reason, message],
      progress: { type: 'Stalled', draft: [reason, message] },
    }),
  };
}
