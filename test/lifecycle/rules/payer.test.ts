import { describe, expect, it } from '@jest/globals';
import { nextStep } from '../../../src/lifecycle/next-step.ts';
import { gpuPod } from '../../support/builders/gpu-pod.ts';
import { NOW_MS, observed } from '../../support/builders/observation.ts';
import type { ObservationOverrides } from '../../support/builders/observation.ts';
import { inventory } from '../../support/builders/snapshots.ts';
import { outline } from '../support/outline.ts';
import type { Outline } from '../support/outline.ts';

const listed = inventory({ beganAtMs: NOW_MS });
const deleted = gpuPod({ isDeleting: true });
const problem = { reason: 'AmbiguousAccount', message: 'Several accounts could pay.' } as const;
const reference = { kind: 'GpuAccount', name: 'default' } as const;

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
