import { describe, expect, it } from '@jest/globals';
import {
  namePrefixesOf,
  isNamedForItsUid,
  nextAttemptNumber,
  openIntentOf,
} from '../../src/lifecycle/open-intent.ts';
import { objectHashes, podNamePrefix, podNamePrefixes } from '../../src/lifecycle/pod-name.ts';
import { gpuPod, rentedGpuPod } from '../support/builders/gpu-pod.ts';
import { IDENTITY, INSTALLATION, intent } from '../support/builders/intent.ts';
import { observation, aPendingCreate } from '../support/builders/observation.ts';
import type { ObservationOverrides } from '../support/builders/observation.ts';

const copied = gpuPod({ intent: intent({ uid: 'old-uid' }) });
const unknown = { kind: 'unknown', message: '' } as const;
const notSent = { kind: 'notSent', reason: 'Withheld', message: '' } as const;

describe('openIntentOf', () => {
  it.each<{ name: string; known: ObservationOverrides; kind: string; why: string }>([
    { name: 'no intent', known: {}, kind: 'none', why: 'nothing was requested' },
    {
      name: 'an intent',
      known: { gpuPod: gpuPod({ intent: intent() }) },
      kind: 'open',
      why: 'its outcome is not recorded',
    },
    {
      name: 'the intent of a rented instance',
      known: { gpuPod: rentedGpuPod() },
      kind: 'none',
      why: 'the instance is its outcome',
    },
    {
      name: 'a garbled intent',
      known: { gpuPod: gpuPod({ intent: '?' }) },
      kind: 'garbled',
      why: 'an instance may exist',
    },
    {
      name: 'a garbled intent on a GpuPod with an instance',
      known: { gpuPod: rentedGpuPod({ intent: '?' }) },
      kind: 'none',
      why: 'the instance is known',
    },
    {
      name: 'the intent of another installation',
      known: { gpuPod: gpuPod({ intent: intent({ installation: 'zzz999' }) }) },
      kind: 'foreign',
      why: 'another operator may be using it',
    },
    {
      name: "the copy of another GpuPod's intent",
      known: { gpuPod: copied },
      kind: 'none',
      why: 'kubectl get -o yaml copies annotations',
    },
    {
      name: 'a restored intent that this GpuPod may adopt',
      known: { gpuPod: copied, mayAdopt: true },
      kind: 'open',
      why: 'its instance may bill',
    },
    {
      name: 'a stripped intent whose outcome is unknown',
      known: { localState: { pendingCreate: aPendingCreate({ outcome: unknown }) } },
      kind: 'garbled',
      why: 'kubectl replace drops annotations',
    },
    {
      name: 'a stripped intent that was not sent',
      known: { localState: { pendingCreate: aPendingCreate({ outcome: notSent }) } },
      kind: 'none',
      why: 'it cannot have created an instance',
    },
    {
      name: 'a stripped intent with an outcome on record',
      known: {
        gpuPod: gpuPod({ status: { attempts: [{ number: 1, outcome: 'Refused' }] } }),
        localState: { pendingCreate: aPendingCreate({ outcome: unknown }) },
      },
      kind: 'none',
      why: 'it is settled',
    },
    {
      name: 'a stripped intent, with the outcome of another attempt on record',
      known: {
        gpuPod: gpuPod({ status: { attempts: [{ number: 2, outcome: 'Refused' }] } }),
        localState: { pendingCreate: aPendingCreate({ outcome: unknown }) },
      },
      kind: 'garbled',
      why: 'that says nothing about this one',
    },
    {
      name: 'a stripped intent whose attempt has no outcome yet',
      known: {
        gpuPod: gpuPod({ status: { attempts: [{ number: 1 }] } }),
        localState: { pendingCreate: aPendingCreate({ outcome: unknown }) },
      },
      kind: 'garbled',
      why: 'its instance may bill',
    },
  ])('is $kind with $name, because $why', ({ known, kind }) => {
    expect(openIntentOf(observation(known)).kind).toBe(kind);
  });
});

describe('nextAttemptNumber', () => {
  it('is above that of an intent that only the GpuPod records, and ignores a copied one', () => {
    expect(nextAttemptNumber(observation({ gpuPod: gpuPod({ intent: intent({ attempt: 7 }) }) }))).toBe(8);
    const copy = gpuPod({ intent: intent({ attempt: 7, uid: 'old-uid' }) });
    expect(nextAttemptNumber(observation({ gpuPod: copy }))).toBe(1);
  });

  it('is 1 if nothing is known, and above a number that only this process knows', () => {
    expect(nextAttemptNumber(observation())).toBe(1);
    const pendingCreate = aPendingCreate({ outcome: notSent }, intent({ attempt: 4 }));
    expect(nextAttemptNumber(observation({ localState: { pendingCreate } }))).toBe(5);
  });
});

describe('namePrefixesOf', () => {
  const own = podNamePrefixes(INSTALLATION, IDENTITY);
  const adopted = podNamePrefix(INSTALLATION, { ...IDENTITY, uid: 'old-uid' });
  it.each<{ name: string; known: ObservationOverrides; namePrefixes: readonly string[] }>([
    { name: 'any GpuPod', known: {}, namePrefixes: own },
    { name: 'a copy', known: { gpuPod: copied }, namePrefixes: own },
    { name: 'a restored GpuPod', known: { gpuPod: copied, mayAdopt: true }, namePrefixes: [...own, adopted] },
    {
      name: 'one restored from another installation',
      known: {
        gpuPod: gpuPod({ intent: intent({ uid: 'old-uid', installation: 'zzz999' }) }),
        mayAdopt: true,
      },
      namePrefixes: own,
    },
    { name: 'one that may adopt, and names nothing', known: { mayAdopt: true }, namePrefixes: own },
  ])('returns the name prefixes of $name', ({ known, namePrefixes }) => {
    expect([...namePrefixesOf(observation(known))]).toEqual(namePrefixes);
  });
});

describe('isNamedForItsUid', () => {
  it.each([
    { name: 'of this namespace', made: intent(), namespace: 'team-a', is: true },
    { name: 'restored into another namespace', made: intent(), namespace: 'team-b', is: false },
    {
      name: 'with a name that somebody else wrote',
      made: intent({ name: 'gp-abc123-0123456789-1' }),
      namespace: 'team-a',
      is: false,
    },
    {
      name: 'with a name of an earlier version, whose UID can be searched for',
      made: intent({ name: `gp-abc123-${objectHashes(IDENTITY)[1] ?? ''}-1` }),
      namespace: 'team-a',
      is: false,
    },
    { name: 'with a name that is not ours', made: intent({ name: 'x' }), namespace: 'team-a', is: false },
  ])('is $is for an intent $name', ({ made, namespace, is }) => {
    expect(isNamedForItsUid(made, namespace)).toBe(is);
  });
});
