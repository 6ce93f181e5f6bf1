import { describe, expect, it } from '@jest/globals';
import { ANNOTATIONS } from '../../../src/api/common/names.ts';
import type { Condition } from '../../../src/api/gpupod/status.ts';
import { uninstallRowOf } from '../../../src/lifecycle/uninstall/uninstall-row.ts';
import type { UninstallRow } from '../../../src/lifecycle/uninstall/uninstall-row.ts';
import { condition } from '../../support/builders/conditions.ts';
import { POD_ID, rawGpuPod, rentedStatus } from '../../support/builders/gpu-pod.ts';
import type { GpuPodOverrides } from '../../support/builders/gpu-pod.ts';
import { intent } from '../../support/builders/intent.ts';

const ALLOWED = { allowRetain: true };
const PAUSED = { [ANNOTATIONS.paused]: 'true' };
const RETAIN = { deletionPolicy: 'Retain' } as const;

function stalled(generation: number): Condition[] {
  return [condition('Stalled', 'OfferTimeout', { observedGeneration: generation })];
}

describe('the row of a GpuPod', () => {
  it.each<{
    name: string;
    gpuPod: GpuPodOverrides;
    expected: { readonly [Field in keyof UninstallRow]?: unknown };
  }>([
    {
      name: 'with an instance has its ID, price, start and policy',
      gpuPod: { status: rentedStatus() },
      expected: {
        namespace: 'team-a',
        name: 'train-1',
        state: 'running',
        instance: POD_ID,
        perHour: 1_900_000,
        since: '2026-11-23T10:00:00Z',
        deletionPolicy: 'Delete',
        isRetained: false,
        note: undefined,
      },
    },
    {
      name: 'has the price that the provider bills rather than the computed one',
      gpuPod: { status: rentedStatus({ cost: { pricePerHour: 1.9, billedPerHour: 2.1 } }) },
      expected: { perHour: 2_100_000 },
    },
    {
      name: 'has no price where nobody knows it',
      gpuPod: { status: rentedStatus({ cost: undefined }) },
      expected: { state: 'running', perHour: undefined },
    },
    {
      name: 'says that a deletion retains the instance',
      gpuPod: { spec: RETAIN, status: rentedStatus() },
      expected: { isRetained: true, note: 'a deletion leaves it running' },
    },
    {
      name: 'says nothing of retaining once the termination has begun',
      gpuPod: { spec: RETAIN, status: rentedStatus({}, { ending: 'Suspended' }) },
      expected: { isRetained: false, note: undefined },
    },
    {
      name: 'says that the instance terminates',
      gpuPod: { isDeleting: true, status: rentedStatus() },
      expected: { state: 'running', isDeleting: true, note: 'terminating' },
    },
    {
      name: 'with an open create intent has the name and price of the instance that may exist',
      gpuPod: { intent: intent() },
      expected: {
        state: 'unknownOutcome',
        instance: intent().name,
        perHour: 1_900_000,
        since: '2026-11-23T09:59:50Z',
      },
    },
    {
      name: 'with a garbled create intent counts as an unknown outcome',
      gpuPod: { intent: '{' },
      expected: { state: 'unknownOutcome', instance: undefined, perHour: undefined },
    },
    {
      name: 'whose pod ID somebody removed has the instance of its open attempt',
      gpuPod: {
        status: { attempts: [{ number: 1, podId: 'pod-7', podName: 'x', pricePerHour: 2 }] },
      },
      expected: { state: 'unknownOutcome', instance: 'pod-7', perHour: 2_000_000 },
    },
    {
      name: 'whose instance the provider lost has that instance, which may bill',
      gpuPod: {
        status: {
          attempts: [{ number: 1, podId: 'pod-7', outcome: 'Ended', reason: 'Lost', pricePerHour: 2 }],
          conditions: [condition('Stalled', 'Lost')],
        },
      },
      expected: { state: 'unknownOutcome', instance: 'pod-7', perHour: 2_000_000 },
    },
    {
      name: 'whose instance was lost before, and that waits for something else, has none',
      gpuPod: {
        spec: { suspend: true },
        status: {
          attempts: [{ number: 1, podId: 'pod-7', outcome: 'Ended', reason: 'Lost' }],
          conditions: [condition('Stalled', 'AttemptsExhausted')],
        },
      },
      expected: { state: 'idle', instance: undefined },
    },
    {
      name: 'whose last attempt has an outcome has no instance',
      gpuPod: {
        spec: { suspend: true },
        status: { attempts: [{ number: 1, podId: 'pod-7', outcome: 'Ended' }] },
      },
      expected: { state: 'idle', instance: undefined },
    },
    {
      name: 'that waits for an offer may rent at any moment',
      gpuPod: {},
      expected: { state: 'mayRent', note: expect.stringContaining('may rent') },
    },
    { name: 'that is suspended is idle', gpuPod: { spec: { suspend: true } }, expected: { state: 'idle' } },
    { name: 'that is paused is idle', gpuPod: { annotations: PAUSED }, expected: { state: 'idle' } },
    {
      name: 'that is paused with an instance is stuck, because the operator does nothing with it',
      gpuPod: { annotations: PAUSED, status: rentedStatus() },
      expected: { state: 'running', isStuck: true, note: expect.stringMatching(/^paused: /) },
    },
    {
      name: 'that is paused, with neither instance nor finalizer, is not stuck',
      gpuPod: { annotations: PAUSED, finalizers: [] },
      expected: { state: 'idle', isStuck: false },
    },
    {
      name: 'that is stalled for this spec is idle',
      gpuPod: { generation: 2, status: { conditions: stalled(2) } },
      expected: { state: 'idle' },
    },
    {
      name: 'whose limit ended its instance is idle',
      gpuPod: { status: { conditions: [condition('Stalled', 'Expired')] } },
      expected: { state: 'idle' },
    },
    {
      name: 'that was stalled for an earlier spec may rent',
      gpuPod: { generation: 2, status: { conditions: stalled(1) } },
      expected: { state: 'mayRent' },
    },
    {
      name: 'that is stalled, with a new request of a person, may rent',
      gpuPod: {
        annotations: { [ANNOTATIONS.reconcileRequestedAt]: 'now' },
        status: { conditions: stalled(1) },
      },
      expected: { state: 'mayRent' },
    },
    {
      name: 'with a stall that the operator leaves by itself may rent',
      gpuPod: { status: { conditions: [condition('Stalled', 'AccountUnconfirmed')] } },
      expected: { state: 'mayRent' },
    },
    {
      name: 'that is being deleted waits for the last check of the operator',
      gpuPod: { isDeleting: true },
      expected: { state: 'deleting', note: expect.stringContaining('still checks') },
    },
    {
      name: 'that only the finalizer of another holds is idle',
      gpuPod: { isDeleting: true, finalizers: ['example.com/mine'] },
      expected: { state: 'idle', hasFinalizer: false },
    },
  ])('$name', ({ gpuPod, expected }) => {
    expect(uninstallRowOf(rawGpuPod(gpuPod), ALLOWED)).toMatchObject(expected);
  });

  it('says nothing of retaining where the settings forbid it', () => {
    const gpuPod = rawGpuPod({ spec: RETAIN, status: rentedStatus() });
    expect(uninstallRowOf(gpuPod, { allowRetain: false })).toMatchObject({ isRetained: false });
  });
});

describe('the row of an unreadable GpuPod', () => {
  it.each([
    {
      name: 'names the object and its problem, and everything that can still be read',
      object: {
        ...rawGpuPod({ status: rentedStatus() }),
        spec: { gpu: 'H100', deletionPolicy: 'Later' },
      },
      expected: {
        namespace: 'team-a',
        name: 'train-1',
        uid: 'uid-1',
        instance: POD_ID,
        perHour: 1_900_000,
        deletionPolicy: 'Later',
        note: expect.stringMatching(/^unreadable, so it may have an instance: spec\.gpu/),
      },
    },
    {
      name: 'exists for a status with something other than an ID',
      object: { ...rawGpuPod(), status: { podId: 7 } },
      expected: { name: 'train-1', instance: undefined, note: expect.stringContaining('status.podId') },
    },
    {
      name: 'exists for an object of which nothing can be read',
      object: { metadata: 7, status: { cost: { pricePerHour: -1 } } },
      expected: { namespace: '', name: '', perHour: undefined },
    },
  ])('$name', ({ object, expected }) => {
    const row = uninstallRowOf(object, ALLOWED);
    expect(row).toMatchObject({ state: 'unreadable', isStuck: true, isRetained: false, ...expected });
  });
});
