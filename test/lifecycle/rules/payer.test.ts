import { describe, expect, it } from '@jest/globals';
import type { AccountReference } from '../../../src/lifecycle/account-identity.ts';
import { nextStep } from '../../../src/lifecycle/next-step.ts';
import { gpuPod } from '../../support/builders/gpu-pod.ts';
import { intent } from '../../support/builders/intent.ts';
import { aPendingCreate, NOW_MS, observed } from '../../support/builders/observation.ts';
import type { ObservationOverrides } from '../../support/builders/observation.ts';
import { inventory } from '../../support/builders/snapshots.ts';
import { outline } from '../support/outline.ts';
import type { Outline } from '../support/outline.ts';

const listed = inventory({ beganAtMs: NOW_MS });
const deleted = gpuPod({ isDeleting: true });
const problem = { reason: 'AmbiguousAccount', message: 'Several accounts could pay.' } as const;
const reference = { kind: 'GpuAccount', name: 'default' } as const;

/** A create request of the account that certainly created nothing, and would be sent again. */
function notSentFor(payer: AccountReference, userId: string, isDeleting = false): ObservationOverrides {
  const written = intent({ account: userId, origin: undefined, payer });
  const pendingCreate = aPendingCreate(
    { outcome: { kind: 'notSent', reason: 'Withheld', message: 'm' } },
    written,
  );
  return { gpuPod: gpuPod({ intent: written, isDeleting }), localState: { pendingCreate } };
}

describe('an account whose key belongs to another user than it records', () => {
  const account = { kind: 'changed', userId: 'user-2', sinceMs: 0, message: 'Another user.' } as const;
  const other = { kind: 'GpuAccount', name: 'other' } as const;

  it.each<{ name: string; known: ObservationOverrides; why: string }>([
    {
      name: 'rents nothing after another account created nothing',
      known: { ...notSentFor(other, 'user-1'), reference },
      why: 'the record of the other account is not that of this key',
    },
    {
      name: 'releases nothing after another account created nothing',
      known: { ...notSentFor(other, 'user-1', true), reference },
      why: 'the list of this key proves nothing',
    },
    {
      name: 'rents nothing after it created nothing itself',
      known: { ...notSentFor(reference, 'user-2'), reference },
      why: 'a person has not accepted the user',
    },
  ])('$name, because $why', ({ known }) => {
    const step = nextStep(observed({ account, inventory: listed, ...known }));
    expect(outline(step)).toMatchObject({ step: 'rest', Synced: 'AccountChanged' });
  });
});

describe('a GpuPod whose account or namespace was not read yet', () => {
  it.each<{ name: string; seenMs: number; expected: Outline; againMs: number; why: string }>([
    {
      name: 'waits without a word',
      seenMs: 59_999,
      expected: { step: 'rest', Synced: null },
      againMs: 1,
      why: 'that takes a moment after a start',
    },
    {
      name: 'says what is missing',
      seenMs: 60_000,
      expected: { step: 'rest', Synced: 'AccountNotFound' },
      againMs: 1_000,
      why: 'the operator lacks a right, and somebody must grant it',
    },
  ])('$name after $seenMs ms, because $why', ({ seenMs, expected, againMs }) => {
    const payerProblem = { reason: 'Starting', message: 'The labels have not been read.' } as const;
    const localState = { firstSeenAtMs: NOW_MS - seenMs };
    const step = nextStep(observed({ inventory: listed, payerProblem, localState }));
    expect(outline(step)).toMatchObject(expected);
    expect(step.kind === 'rest' ? step.requeueAfterMs : undefined).toBe(againMs);
  });
});

describe('a GpuPod without an account that may pay', () => {
  it.each<{ name: string; known: ObservationOverrides; expected: Outline; why: string }>([
    {
      name: 'is not released where several accounts could have rented for it',
      known: { gpuPod: deleted, payerProblem: { ...problem, holdsDeletion: true } },
      expected: { step: 'rest', Synced: 'AmbiguousAccount' },
      why: "the list of the operator's own key proves nothing about theirs",
    },
    {
      name: 'is released where its account is on record, and nothing bills any more',
      known: {
        gpuPod: deleted,
        reference,
        payerProblem: { reason: 'AccountNotFound', message: 'It does not exist.' },
      },
      expected: { step: 'release' },
      why: 'the record says that everything ended',
    },
  ])('$name, because $why', ({ known, expected }) => {
    expect(outline(nextStep(observed({ inventory: listed, ...known })))).toMatchObject(expected);
  });
});
