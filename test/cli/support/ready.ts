import type { Condition, GpuPodStatus } from '../../../src/api/gpupod/status.ts';
import { rentedStatus } from '../../support/builders/gpu-pod.ts';
import type { GpuPodOverrides } from '../../support/builders/gpu-pod.ts';
import { SSH } from '../../support/builders/snapshots.ts';

export function condition(type: string, status: Condition['status'], reason: string): Condition {
  const message = `It is ${reason}.`;
  return { type, status, reason, message, observedGeneration: 1, lastTransitionTime: '2026-11-23T10:00:00Z' };
}

/** A ready GpuPod at {@link SSH}, with these changes to its status. */
export function ready(status: Partial<GpuPodStatus> = {}): GpuPodOverrides {
  return {
    status: rentedStatus({
      ssh: SSH,
      binding: { name: 'train-1-connection' },
      conditions: [condition('Ready', 'True', 'Available')],
      ...status,
    }),
  };
}

/** How ssh treats the host key of the instance `pod-1` if nobody knows it yet. */
export const TRUST_FIRST = ['-o', 'HostKeyAlias=gpupod-pod-1', '-o', 'StrictHostKeyChecking=accept-new'];
