import { hasFinalizer, isDeleting } from '../../api/gpupod/gpu-pod.ts';
import type { GpuPod } from '../../api/gpupod/gpu-pod.ts';
import { FINALIZER } from '../../api/common/names.ts';
import type { Observation } from '../observation.ts';
import { draftStatus, findCondition } from '../status/draft.ts';
import type { InstanceLeft, Step } from '../step.ts';
import { closeEndedInstance } from './termination.ts';
import { NOTHING_RENTED } from './condition-drafts.ts';

/** What happens to the instance on release. Without a field: it has ended. */
export interface Release {
  readonly retain?: readonly InstanceLeft[];
  readonly isForced?: true;
}

/**
 * Removes the finalizer. If another finalizer holds the GpuPod, the final status is written first: nobody updates it
 * afterwards, and it must not show an ended instance as billing.
 */
export function release(observation: Observation, how: Release = {}): Step {
  const { gpuPod, localState } = observation;
  const isHeld = gpuPod.metadata.finalizers.some((finalizer) => finalizer !== FINALIZER);
  // Once only: a CRD that drops the write, or a connection Secret that cannot be removed, must not block the release.
  const mayClose = localState.isClosing !== true && localState.secret?.outcome !== 'kept';
  if (isHeld && mayClose && !isClosed(gpuPod)) {
    return writeFinalStatus(observation, how);
  }
  return { kind: 'act', effect: { type: 'release', ...how } };
}

/** A released GpuPod that another finalizer holds. */
export function stayReleased({ gpuPod, localState }: Observation): Step | undefined {
  const isReleased = localState.isReleased === true || (!hasFinalizer(gpuPod) && isClosed(gpuPod));
  return isDeleting(gpuPod) && isReleased ? { kind: 'rest', status: gpuPod.status } : undefined;
}

/** Like `release`, for a GpuPod whose finalizer somebody else has removed. */
export function closeUnheld(observation: Observation, how: Release): Step {
  const { gpuPod, localState } = observation;
  return localState.isReleased === true || isClosed(gpuPod) || localState.isClosing === true
    ? { kind: 'rest', status: gpuPod.status }
    : writeFinalStatus(observation, how);
}

function isClosed({ status }: GpuPod): boolean {
  const { reason = '' } = findCondition(status, 'Ready') ?? {};
  return reason === 'Released' || (reason === 'Terminated' && status.podId === undefined);
}

function writeFinalStatus(observation: Observation, how: Release): Step {
  const step =
    how.retain === undefined && how.isForced !== true
      ? closeTerminated(observation)
      : closeReleased(observation, how);
  const isWrite = step.kind === 'act' && step.effect.type === 'writeStatus';
  return isWrite ? { ...step, remember: { ...step.remember, isClosing: true } } : step;
}

function closeTerminated(observation: Observation): Step {
  const { podId } = observation.gpuPod.status;
  if (podId === undefined) {
    return writeReady(observation, [
      'Terminated',
      'Nothing is rented any more. Another finalizer holds the GpuPod.',
    ]);
  }
  const message = `Terminated instance ${podId}. Another finalizer holds the GpuPod.`;
  return closeEndedInstance(
    observation,
    { reason: 'Deleted', message: 'The GpuPod was deleted.' },
    { Ready: ['Terminated', message], Provisioned: NOTHING_RENTED },
  );
}

function closeReleased(observation: Observation, { retain }: Release): Step {
  const { podId } = observation.gpuPod.status;
  const ids = retain?.map((instance) => instance.podId).join(', ') ?? podId;
  const which = ids === undefined ? 'The instance of the last create intent' : `Instance ${ids}`;
  return writeReady(observation, [
    'Released',
    retain === undefined
      ? `${which} was released without proof that it terminated, and may still bill. Look for it at the provider.`
      : `${which} was left running, as spec.deletionPolicy says. It bills until you terminate it at the provider.`,
  ]);
}

function writeReady(observation: Observation, Ready: readonly ['Terminated' | 'Released', string]): Step {
  const status = draftStatus(observation, { Ready }, { ssh: undefined, ports: undefined });
  return { kind: 'act', effect: { type: 'writeStatus', status } };
}
