import { describe, expect, it } from '@jest/globals';
import { terminateDuplicates, terminateUnbound } from '../../../src/lifecycle/rules/duplicates.ts';
import { gpuPod, POD_ID, rentedGpuPod } from '../../support/builders/gpu-pod.ts';
import { intent, nameOfAttempt } from '../../support/builders/intent.ts';
import { observation, observed, anInstanceState } from '../../support/builders/observation.ts';
import type { ObservationOverrides } from '../../support/builders/observation.ts';
import { inventory, aSnapshot } from '../../support/builders/snapshots.ts';
import { outline } from '../support/outline.ts';
import type { Outline } from '../support/outline.ts';

const surplus = aSnapshot({ podId: 'pod-9', name: nameOfAttempt(9) });
/** The operator gave up on it. */
const passed = { attempts: [{ number: 9, outcome: 'NotCreated' as const }] };
const second = inventory({ beganAtMs: 900, live: [surplus] });

/** Of another GpuPod. */
const OTHERS = intent({ uid: 'uid-2' }).name;
/** A status that was partly restored, or forged. */
const STRANGERS = [
  { name: 'that of another GpuPod', podName: OTHERS },
  { name: 'that of another GpuPod as a later attempt', podName: nameOfAttempt(2) },
].flatMap((row) => [
  { ...row, isDeleting: false, step: '-' as const },
  { ...row, isDeleting: true, step: 'deleteDuplicate' as const },
]);

interface Row {
  readonly name: string;
  readonly known: ObservationOverrides;
  readonly expected: Outline;
  readonly why: string;
}

describe('terminateDuplicates', () => {
  it.each<Row>([
    { name: 'no list', known: {}, expected: { step: '-' }, why: 'nothing is known' },
    {
      name: 'the first list that shows it',
      known: { gpuPod: gpuPod({ status: passed }), inventory: second },
      expected: { step: '-' },
      why: 'it may be about to be bound',
    },
    {
      name: 'the second',
      known: {
        gpuPod: gpuPod({ status: passed }),
        inventory: second,
        localState: { duplicates: { 'pod-9': 800 } },
      },
      expected: { step: 'deleteDuplicate' },
      why: 'it is a duplicate',
    },
    {
      name: 'the second, of a deleted GpuPod',
      known: {
        gpuPod: gpuPod({ isDeleting: true }),
        inventory: second,
        localState: { duplicates: { 'pod-9': 800 } },
      },
      expected: { step: 'deleteDuplicate' },
      why: 'it must not remain',
    },
    {
      name: 'the second, of a later attempt than the GpuPod records',
      known: { inventory: second, localState: { duplicates: { 'pod-9': 800 } } },
      expected: { step: '-' },
      why: 'the GpuPod is older, and the instance may be in use',
    },
    ...STRANGERS.map(({ name, podName, isDeleting, step }): Row => ({
      name: `its own instance, while the status names ${name}${isDeleting ? ', and it is deleted' : ''}`,
      known: {
        gpuPod: rentedGpuPod({ isDeleting, status: { podId: 'pod-2', podName } }),
        inventory: inventory({
          beganAtMs: 900,
          live: [aSnapshot(), aSnapshot({ podId: 'pod-2', name: OTHERS })],
        }),
        localState: {
          instance: anInstanceState({ podId: 'pod-2', name: OTHERS }),
          duplicates: { [POD_ID]: 800 },
        },
      },
      expected: { step },
      why: isDeleting ? 'a deletion ends what bears its uid' : 'it may be at work',
    })),
    {
      name: 'a duplicate that is being terminated',
      known: {
        gpuPod: gpuPod({ status: passed }),
        inventory: inventory({ beganAtMs: 900, live: [{ ...surplus, status: 'DELETING' }] }),
        localState: { duplicates: { 'pod-9': 800 } },
      },
      expected: { step: '-' },
      why: 'its DELETE was sent',
    },
    {
      name: 'a duplicate that has been terminating for 2 min',
      known: {
        gpuPod: gpuPod({ status: passed }),
        inventory: inventory({ beganAtMs: 120_800, live: [{ ...surplus, status: 'DELETING' }] }),
        localState: { duplicates: { 'pod-9': 800 } },
      },
      expected: { step: 'deleteDuplicate' },
      why: 'that is how long a termination may take: the DELETE was lost, and it bills',
    },
    {
      name: 'a duplicate that has been terminating for almost 2 min',
      known: {
        gpuPod: gpuPod({ status: passed }),
        inventory: inventory({ beganAtMs: 120_799, live: [{ ...surplus, status: 'DELETING' }] }),
        localState: { duplicates: { 'pod-9': 800 } },
      },
      expected: { step: '-' },
      why: 'a termination takes time',
    },
    {
      name: 'the rented instance',
      known: {
        gpuPod: rentedGpuPod(),
        inventory: inventory({ beganAtMs: 900, live: [aSnapshot()] }),
        localState: { duplicates: { [POD_ID]: 800 } },
      },
      expected: { step: '-' },
      why: 'it is no duplicate any more',
    },
  ])('$name: $expected.step, because $why', ({ known, expected }) => {
    expect(outline(terminateDuplicates(observed(known)))).toMatchObject(expected);
  });

  it('sends one DELETE a list, and the next only if the next list still shows it', () => {
    const known = observed({
      gpuPod: gpuPod({ status: passed }),
      inventory: second,
      localState: { duplicates: { 'pod-9': 800 } },
    });
    const step = terminateDuplicates(known);
    expect(step?.kind === 'act' ? step.effect : undefined).toEqual({
      type: 'deleteDuplicate',
      podId: 'pod-9',
      podName: nameOfAttempt(9),
      cause: 'duplicate',
    });
    expect(step?.remember).toEqual({ duplicates: { 'pod-9': 900 } });
    expect(
      terminateDuplicates({ ...known, localState: { ...known.localState, ...step?.remember } }),
    ).toBeUndefined();
  });
});

describe('terminateUnbound', () => {
  const unbound = { podId: POD_ID, podName: nameOfAttempt(1) };

  it('does not terminate the rented instance, even if the local state is older than the status', () => {
    const known = observation({ gpuPod: rentedGpuPod(), localState: { unbound } });
    expect(terminateUnbound(known)).toBeUndefined();
  });

  it.each<Row>([
    { name: 'nothing unbound', known: {}, expected: { step: '-' }, why: 'every instance has a GpuPod' },
    {
      name: 'its create intent is still there',
      known: { gpuPod: gpuPod({ intent: intent() }) },
      expected: { step: '-' },
      why: 'it is about to be bound',
    },
    {
      name: 'its create intent was removed',
      known: { gpuPod: gpuPod() },
      expected: { step: 'deleteDuplicate' },
      why: 'nobody else knows this instance',
    },
    {
      name: 'another create intent is there',
      known: { gpuPod: gpuPod({ intent: intent({ attempt: 2 }) }) },
      expected: { step: 'deleteDuplicate' },
      why: 'nobody else knows this instance',
    },
    {
      name: 'another instance is rented',
      known: { gpuPod: rentedGpuPod({ status: { podId: 'pod-2' } }) },
      expected: { step: 'deleteDuplicate' },
      why: 'one instance per GpuPod',
    },
    {
      name: 'it is bound',
      known: { gpuPod: rentedGpuPod() },
      expected: { step: '-' },
      why: 'it has its GpuPod',
    },
  ])('$name: $expected.step, because $why', ({ name, known, expected }) => {
    const localState = name === 'nothing unbound' ? {} : { unbound };
    expect(outline(terminateUnbound(observed({ ...known, localState })))).toMatchObject(expected);
  });
});
