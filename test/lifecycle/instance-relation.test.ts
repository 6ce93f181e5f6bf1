import { describe, expect, it } from '@jest/globals';
import type { GpuPod } from '../../src/api/gpupod/gpu-pod.ts';
import { relationOf } from '../../src/lifecycle/instance-relation.ts';
import { gpuPod } from '../support/builders/gpu-pod.ts';
import type { GpuPodOverrides } from '../support/builders/gpu-pod.ts';
import { intent, nameOfAttempt } from '../support/builders/intent.ts';
import { observed } from '../support/builders/observation.ts';

const LOST = {
  number: 1,
  podId: 'pod-1',
  podName: nameOfAttempt(1),
  outcome: 'Ended',
  reason: 'Lost',
} as const;

function lostGpuPod({ status, ...overrides }: GpuPodOverrides = {}): GpuPod {
  return gpuPod({ intent: intent(), status: { attempts: [LOST], ...status }, ...overrides });
}

describe('the ready instance that was lost, and that the provider knows again', () => {
  it.each<{ name: string; of: GpuPod; podId?: string; relation: string }>([
    { name: 'may be adopted', of: lostGpuPod(), relation: 'newer' },
    {
      name: 'is a duplicate while the request for another one is open',
      of: lostGpuPod({ intent: intent({ attempt: 2 }) }),
      relation: 'duplicate',
    },
    {
      name: 'is a duplicate after another attempt, whatever came of it',
      of: lostGpuPod({ status: { attempts: [LOST, { number: 2, outcome: 'NotCreated' }] } }),
      relation: 'duplicate',
    },
    {
      name: 'is a duplicate while the GpuPod is suspended',
      of: lostGpuPod({ spec: { suspend: true } }),
      relation: 'duplicate',
    },
    {
      name: 'is a duplicate of a deleted GpuPod',
      of: lostGpuPod({ isDeleting: true }),
      relation: 'duplicate',
    },
    {
      name: 'is a duplicate under another ID, because it is another instance of that attempt',
      of: lostGpuPod(),
      podId: 'pod-2',
      relation: 'duplicate',
    },
    {
      name: 'is a duplicate if it was terminated, and not lost',
      of: lostGpuPod({ status: { attempts: [{ ...LOST, reason: 'Interrupted' }] } }),
      relation: 'duplicate',
    },
    {
      name: 'is a duplicate if it was never ready',
      of: lostGpuPod({ status: { attempts: [{ ...LOST, outcome: 'Failed' }] } }),
      relation: 'duplicate',
    },
  ])('$name', ({ of, podId = 'pod-1', relation }) => {
    expect(relationOf(observed({ gpuPod: of }), { podId, name: nameOfAttempt(1) })).toBe(relation);
  });
});
