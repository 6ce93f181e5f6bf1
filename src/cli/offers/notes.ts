import { isDeleting, isPaused } from '../../api/gpupod/gpu-pod.ts';
import type { GpuPod } from '../../api/gpupod/gpu-pod.ts';
import { findCondition } from '../../lifecycle/status/draft.ts';

/** Why the operator does not rent the chosen offer for this GpuPod of a cluster now. Each is one or two sentences. */
export function notesOn(gpuPod: GpuPod): readonly string[] {
  const { spec, status } = gpuPod;
  return [
    ...(status.podId === undefined
      ? []
      : [
          `The GpuPod has the instance ${status.podId}. The operator rents another only after that one has ended.`,
        ]),
    ...(isDeleting(gpuPod) ? ['The GpuPod is being deleted, so the operator rents nothing for it.'] : []),
    ...(isPaused(gpuPod) ? ['The GpuPod is paused, so the operator does nothing with it.'] : []),
    ...(spec.suspend ? ['spec.suspend is true, so the operator rents nothing.'] : []),
    ...holdsOf(gpuPod),
  ];
}

/** What the operator itself reports: it knows its settings, its budget and the state of its account. */
function holdsOf({ status }: GpuPod): readonly string[] {
  const stalled = findCondition(status, 'Stalled');
  const synced = findCondition(status, 'Synced');
  const reported = stalled?.status === 'True' ? stalled : synced?.status === 'False' ? synced : undefined;
  return reported === undefined ? [] : [`The operator reports ${reported.reason}: ${reported.message}`];
}
