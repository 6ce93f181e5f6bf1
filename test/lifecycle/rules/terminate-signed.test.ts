import { describe, expect, it } from '@jest/globals';
import { terminateInstance } from '../../../src/lifecycle/rules/terminate.ts';
import { POD_ID, rentedGpuPod } from '../../support/builders/gpu-pod.ts';
import { intent } from '../../support/builders/intent.ts';
import { NOW_MS, observed, proofOf, anInstanceState } from '../../support/builders/observation.ts';
import type { ObservationOverrides } from '../../support/builders/observation.ts';
import { aSnapshot, lastSeen } from '../../support/builders/snapshots.ts';
import { outline } from '../support/outline.ts';
import type { Outline } from '../support/outline.ts';

const signed = rentedGpuPod({ status: { podIdProof: proofOf(POD_ID) } });
const { name: _name, ...unread } = anInstanceState();

interface Row {
  readonly name: string;
  readonly known: ObservationOverrides;
  readonly expected: Outline;
  readonly why: string;
}

describe('endRental of an id that the operator signed', () => {
  it.each<Row>([
    {
      name: 'a pod that was renamed, whose id the operator signed',
      known: { gpuPod: signed, lastSeen: lastSeen(aSnapshot({ name: 'My first pod' })) },
      expected: { step: 'deletePod' },
      why: 'the id is ours whatever it is called now',
    },
    {
      name: 'a pod that has no name any more, whose id the operator signed',
      known: {
        gpuPod: signed,
        localState: { instance: { ...unread, read: { beganAtMs: NOW_MS - 10, result: 'found' } } },
      },
      expected: { step: 'deletePod' },
      why: 'the same',
    },
    {
      name: 'a signed pod that was not looked at yet',
      known: { gpuPod: signed, localState: { instance: unread } },
      expected: { step: 'readPod' },
      why: 'it may carry the name of another',
    },
    {
      name: 'a signed pod that answers 404',
      known: {
        gpuPod: signed,
        localState: { instance: { ...unread, read: { beganAtMs: NOW_MS - 10, result: 'notFound' } } },
      },
      expected: { step: 'deletePod' },
      why: 'the 404 may be wrong, and the id is ours',
    },
    {
      name: 'a signature for another id, and a 404',
      known: {
        gpuPod: rentedGpuPod({ status: { podIdProof: proofOf('pod-2') } }),
        localState: { instance: { ...unread, read: { beganAtMs: NOW_MS - 10, result: 'notFound' } } },
      },
      expected: { step: 'rest', Synced: 'ApiUnavailable' },
      why: 'it may be a stranger’s',
    },
    {
      name: 'a signature for another id',
      known: {
        gpuPod: rentedGpuPod({ status: { podIdProof: proofOf('pod-2') } }),
        lastSeen: lastSeen(aSnapshot({ name: 'My first pod' })),
      },
      expected: { step: 'rest', Synced: 'UnexpectedResponse' },
      why: 'a status can be copied',
    },
    {
      name: 'a signature, and no key to check it with',
      known: {
        gpuPod: signed,
        lastSeen: lastSeen(aSnapshot({ name: 'My first pod' })),
        proofs: { of: () => undefined, isProvenElsewhere: () => false },
      },
      expected: { step: 'rest', Synced: 'UnexpectedResponse' },
      why: 'then the name decides',
    },
    {
      name: 'a signed pod that carries the name of another GpuPod’s',
      known: { gpuPod: signed, lastSeen: lastSeen(aSnapshot({ name: intent({ uid: 'uid-2' }).name })) },
      expected: { step: 'rest', Synced: 'UnexpectedResponse' },
      why: 'that is never ours',
    },
    {
      name: 'a signed pod that another GpuPod can prove too',
      known: {
        gpuPod: signed,
        lastSeen: lastSeen(aSnapshot({ name: 'My first pod' })),
        proofs: { of: proofOf, isProvenElsewhere: () => true },
      },
      expected: { step: 'rest', Synced: 'UnexpectedResponse' },
      why: 'whose it is nobody knows',
    },
  ])('$name: $expected.step, because $why', ({ known, expected }) => {
    const timings = { quietFailureMs: 0 };
    const instance = { localState: { instance: anInstanceState() } };
    const step = terminateInstance(observed({ gpuPod: signed, timings, ...instance, ...known }), 'Suspended');
    expect(outline(step)).toMatchObject(expected);
  });
});
