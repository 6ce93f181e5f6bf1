import { describe, expect, it } from '@jest/globals';
import { finishDeletion } from '../../../src/lifecycle/rules/deletion.ts';
import { POD_ID, rentedGpuPod } from '../../support/builders/gpu-pod.ts';
import { nameOfAttempt } from '../../support/builders/intent.ts';
import { observed, rentalMemory } from '../../support/builders/knowledge.ts';
import type { KnowledgeOverrides } from '../../support/builders/knowledge.ts';
import { effectOf, outline } from '../support/outline.ts';
import type { Outline } from '../support/outline.ts';

interface Row {
  readonly name: string;
  readonly known: KnowledgeOverrides;
  readonly expected: Outline;
  readonly why: string;
}

describe('finishDeletion, where the machine is to outlive the object', () => {
  const deleting = { isDeleting: true } as const;
  it.each<Row>([
    {
      name: 'a rented pod, policy Retain',
      known: { gpuPod: rentedGpuPod({ ...deleting, spec: { deletionPolicy: 'Retain' } }) },
      expected: { step: 'release' },
      why: 'it is left running',
    },
    {
      name: 'a rented pod, policy Retain, no finalizer of ours',
      known: {
        gpuPod: rentedGpuPod({
          ...deleting,
          finalizers: ['example.com/other'],
          spec: { deletionPolicy: 'Retain' },
        }),
      },
      expected: { step: 'rest' },
      why: 'it was let go already; to do so again and again would write for ever',
    },
    {
      name: 'a rented pod, policy Retain, of a GpuPod that was suspended a moment before',
      known: { gpuPod: rentedGpuPod({ ...deleting, spec: { deletionPolicy: 'Retain', suspend: true } }) },
      expected: { step: 'deletePod' },
      why: 'it was to be ended, and whether that had begun is chance',
    },
    {
      name: 'a rented pod that was never ready and bills above its cap, policy Retain',
      known: {
        gpuPod: rentedGpuPod({
          ...deleting,
          spec: { deletionPolicy: 'Retain', maxPrice: 1.9 },
          status: { cost: { pricePerHour: 1.9, maxPrice: 1.9, billedPerHour: 1.91 } },
        }),
      },
      expected: { step: 'writeStatus' },
      why: 'a machine above the cap is never kept',
    },
    {
      name: 'a rented pod that was ready and bills above its cap, policy Retain',
      known: {
        gpuPod: rentedGpuPod({
          ...deleting,
          spec: { deletionPolicy: 'Retain', maxPrice: 1.9 },
          status: {
            readyAt: '2026-11-23T10:05:00Z',
            cost: { pricePerHour: 1.9, maxPrice: 1.9, billedPerHour: 1.91 },
          },
        }),
      },
      expected: { step: 'release' },
      why: 'there is work on it',
    },
    {
      name: 'a pod that is being ended, policy Retain',
      known: {
        gpuPod: rentedGpuPod(
          { ...deleting, spec: { deletionPolicy: 'Retain' } },
          { ending: 'AboveMaxPrice' },
        ),
      },
      expected: { step: 'deletePod' },
      why: 'an ending that was begun is finished',
    },
  ])('$name: $expected.step, because $why', ({ known, expected }) => {
    const memory = { rental: rentalMemory() };
    expect(outline(finishDeletion(observed({ memory, ...known })))).toMatchObject(expected);
  });

  it('names the pod that is left running: the sweep must know it', () => {
    const kept = rentedGpuPod({ ...deleting, spec: { deletionPolicy: 'Retain' } });
    expect(effectOf(finishDeletion(observed({ gpuPod: kept })))).toEqual({
      type: 'release',
      retain: { podId: POD_ID, podName: nameOfAttempt(1) },
    });
  });
});
