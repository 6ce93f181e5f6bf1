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

describe('openOrder', () => {
  it.each<{ name: string; known: ObservationOverrides; kind: string; why: string }>([
    { name: 'no intent', known: {}, kind: 'none', why: 'nothing was ordered' },
    {
      name: 'an intent',
      known: { gpuPod: gpuPod({ intent: intent() }) },
      kind: 'open',
      why: 'nobody says what became of it',
    },
    {
      name: 'the intent of a rented pod',
      known: { gpuPod: rentedGpuPod() },
      kind: 'none',
      why: 'that became of it',
    },
    {
      name: 'a garbled intent',
      known: { gpuPod: gpuPod({ intent: '?' }) },
      kind: 'garbled',
      why: 'a pod may exist',
    },
    {
      name: 'a garbled intent on a rented object',
      known: { gpuPod: rentedGpuPod({ intent: '?' }) },
      kind: 'none',
      why: 'the pod is known',
    },
    {
      name: 'the intent of another installation',
      known: { gpuPod: gpuPod({ intent: intent({ installation: 'zzz999' }) }) },
      kind: 'foreign',
      why: 'another operator may be at it',
    },
    {
      name: "the copy of another object's intent",
      known: { gpuPod: copied },
      kind: 'none',
      why: 'kubectl get -o yaml copies annotations',
    },
    {
      name: 'a restored intent that this object may claim',
      known: { gpuPod: copied, mayAdopt: true },
      kind: 'open',
      why: 'its pod may bill',
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
      why: 'no pod can come of it',
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
      why: 'that says nothing of this one',
    },
    {
      name: 'a stripped intent whose attempt has no outcome yet',
      known: {
        gpuPod: gpuPod({ status: { attempts: [{ number: 1 }] } }),
        localState: { pendingCreate: aPendingCreate({ outcome: unknown }) },
      },
      kind: 'garbled',
      why: 'its pod may bill',
    },
  ])('with $name: $kind, because $why', ({ known, kind }) => {
    expect(openIntentOf(observation(known)).kind).toBe(kind);
  });
});

describe('nextAttemptNumber', () => {
  it('is above that of an order that only the object knows of, and not above that of a copied one', () => {
    expect(nextAttemptNumber(observation({ gpuPod: gpuPod({ intent: intent({ attempt: 7 }) }) }))).toBe(8);
    const copy = gpuPod({ intent: intent({ attempt: 7, uid: 'old-uid' }) });
    expect(nextAttemptNumber(observation({ gpuPod: copy }))).toBe(1);
  });

  it('is the first where nothing is known, and above a number of this process alone', () => {
    expect(nextAttemptNumber(observation())).toBe(1);
    const pendingCreate = aPendingCreate({ outcome: notSent }, intent({ attempt: 4 }));
    expect(nextAttemptNumber(observation({ localState: { pendingCreate } }))).toBe(5);
  });
});

describe('frontsOf', () => {
  const own = podNamePrefixes(INSTALLATION, IDENTITY);
  const adopted = podNamePrefix(INSTALLATION, { ...IDENTITY, uid: 'old-uid' });
  it.each<{ name: string; known: ObservationOverrides; namePrefixes: readonly string[] }>([
    { name: 'any object', known: {}, namePrefixes: own },
    { name: 'a copy', known: { gpuPod: copied }, namePrefixes: own },
    { name: 'a restored object', known: { gpuPod: copied, mayAdopt: true }, namePrefixes: [...own, adopted] },
    {
      name: 'one restored from another installation',
      known: {
        gpuPod: gpuPod({ intent: intent({ uid: 'old-uid', installation: 'zzz999' }) }),
        mayAdopt: true,
      },
      namePrefixes: own,
    },
    { name: 'one that may claim, and names nothing', known: { mayAdopt: true }, namePrefixes: own },
  ])('of $name', ({ known, namePrefixes }) => {
    expect([...namePrefixesOf(observation(known))]).toEqual(namePrefixes);
  });
});

describe('isNamedForItsUid', () => {
  it.each([
    { name: 'of this namespace', made: intent(), namespace: 'team-a', is: true },
    { name: 'restored into another namespace', made: intent(), namespace: 'team-b', is: false },
    {
      name: 'with a name that somebody wrote',
      made: intent({ name: 'gp-abc123-0123456789-1' }),
      namespace: 'team-a',
      is: false,
    },
    {
      name: 'with a name that an earlier version gave: such a uid can be searched for',
      made: intent({ name: `gp-abc123-${objectHashes(IDENTITY)[1] ?? ''}-1` }),
      namespace: 'team-a',
      is: false,
    },
    { name: 'with a name that is none of ours', made: intent({ name: 'x' }), namespace: 'team-a', is: false },
  ])('an intent $name: $is', ({ made, namespace, is }) => {
    expect(isNamedForItsUid(made, namespace)).toBe(is);
  });
});
