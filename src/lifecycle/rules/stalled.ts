import type { Reason } from '../../api/conditions.ts';
import type { GpuPodStatus } from '../../api/status.ts';
import type { ConditionDraft, ConditionDrafts } from '../status/draft.ts';
import { findCondition } from '../status/draft.ts';
import type { Observation } from '../observation.ts';
import type { Rest } from '../step.ts';

type StalledReason = Reason<'Stalled'>;

/** Reasons that a change of the spec does not lift: the work of a machine is lost. */
const AFTER_LOSS: readonly StalledReason[] = ['Interrupted', 'Lost'];
const LASTING: readonly StalledReason[] = [...AFTER_LOSS, 'OfferTimeout', 'InvalidRequest'];

/**
 * What only a person lifts. It stands nowhere but in the condition Stalled: a rule that rests for another
 * reason must keep it, or the object would be rented for again once that reason is over.
 */
export function lastingStall(status: GpuPodStatus): ConditionDraft<'Stalled'> | undefined {
  const standing = findCondition(status, 'Stalled');
  const reason = LASTING.find((candidate) => candidate === standing?.reason);
  return standing === undefined || reason === undefined ? undefined : [reason, standing.message];
}

/** The progress to claim on an object that rests for a while: what stalled it before, else `otherwise`. */
export function keepingStall(
  status: GpuPodStatus,
  otherwise?: ConditionDrafts['progress'],
): Pick<ConditionDrafts, 'progress'> {
  const stall = lastingStall(status);
  const progress: ConditionDrafts['progress'] =
    stall === undefined ? otherwise : { type: 'Stalled', draft: stall };
  return progress === undefined ? {} : { progress };
}

/** A machine that was ready is gone: nothing is rented by itself, not even for a new spec. */
export function isAfterLoss(status: GpuPodStatus): boolean {
  const reason = lastingStall(status)?.[0];
  return reason !== undefined && AFTER_LOSS.includes(reason);
}

/** A spec that was changed meanwhile is not acted on: what it lifts is lifted once it is, see `startOver`. */
export function unread({ gpuPod }: Observation, rest: Rest): Rest {
  const { observedGeneration } = gpuPod.status;
  return observedGeneration < 0 ? rest : { ...rest, status: { ...rest.status, observedGeneration } };
}
