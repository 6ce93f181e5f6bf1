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

describe('terminateInstance with an ID that the operator signed', () => {
  it.each<Row>([
    {
      name: 'a renamed instance whose ID is signed',
      known: { gpuPod: signed, lastSeen: lastSeen(aSnapshot({ name: 'My first GPU' })) },
      expected: { step: 'deletePod' },
      why: 'the ID is ours, whatever its name',
    },
    {
      name: 'an instance without a name whose ID is signed',
      known: {
        gpuPod: signed,
        localState: { instance: { ...unread, read: { beganAtMs: NOW_MS - 10, result: 'found' } } },
      },
      expected: { step: 'deletePod' },
      why: 'the ID is ours, whatever its name',
    },
    {
      name: 'a signed instance without a snapshot',
      known: { gpuPod: signed, localState: { instance: unread } },
      expected: { step: 'readPod' },
      why: 'it may have the name of another',
    },
    {
      name: 'a signed instance that answers 404',
      known: {
        gpuPod: signed,
        localState: { instance: { ...unread, read: { beganAtMs: NOW_MS - 10, result: 'notFound' } } },
      },
      expected: { step: 'deletePod' },
      why: 'the 404 may be wrong, and the ID is ours',
    },
    {
      name: 'a signature for another ID, and a 404',
      known: {
        gpuPod: rentedGpuPod({ status: { podIdProof: proofOf('pod-2') } }),
        localState: { instance: { ...unread, read: { beganAtMs: NOW_MS - 10, result: 'notFound' } } },
      },
      expected: { step: 'rest', Synced: 'ApiUnavailable' },
      why: 'it may belong to somebody else',
    },
    {
      name: 'a signature for another ID',
      known: {
        gpuPod: rentedGpuPod({ status: { podIdProof: proofOf('pod-2') } }),
        lastSeen: lastSeen(aSnapshot({ name: 'My first GPU' })),
      },
      expected: { step: 'rest', Synced: 'UnexpectedResponse' },
      why: 'a status can be copied',
    },
    {
      name: 'a signature, and no key to check it with',
      known: {
        gpuPod: signed,
        lastSeen: lastSeen(aSnapshot({ name: 'My first GPU' })),
        proofs: { of: () => undefined, ofIntent: () => undefined, isProvenElsewhere: () => false },
      },
      expected: { step: 'rest', Synced: 'UnexpectedResponse' },
      why: 'then the name decides',
    },
    {
      name: 'a signed instance with the name prefix of another GpuPod',
      known: { gpuPod: signed, lastSeen: lastSeen(aSnapshot({ name: intent({ uid: 'uid-2' }).name })) },
      expected: { step: 'rest', Synced: 'UnexpectedResponse' },
      why: 'it is never ours',
    },
    {
      name: 'a signed instance that another GpuPod can prove too',
      known: {
        gpuPod: signed,
        lastSeen: lastSeen(aSnapshot({ name: 'My first GPU' })),
        proofs: { of: proofOf, ofIntent: () => undefined, isProvenElsewhere: () => true },
      },
      expected: { step: 'rest', Synced: 'UnexpectedResponse' },
      why: 'nobody knows whose it is',
    },
  ])('$name: $expected.step, because $why', ({ known, expected }) => {
    const timings = { quietFailureMs: 0 };
    const instance = { localState: { instance: anInstanceState() } };
    const step = terminateInstance(observed({ gpuPod: signed, timings, ...instance, ...known }), 'Suspended');
    expect(outline(step)).toMatchObject(expected);
  });
});
