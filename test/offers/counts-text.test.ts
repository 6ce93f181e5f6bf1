import { describe, expect, it } from '@jest/globals';
import { selectOffer } from '../../src/offers/select-offer.ts';
import { offer, requirements } from './support/builders.ts';

const MULTI = 'Multi-node offers exist, but the operator does not rent them.';

function said(counts: readonly number[], clusters: readonly number[] = [], types = ['H100_80GB']): unknown {
  const offers = [
    ...counts.map((gpuCount) => offer({ gpuCount })),
    ...clusters.map((gpuCount) => offer({ gpuCount, multiNode: true })),
  ];
  const selection = selectOffer(offers, requirements({ gpu: { types, count: 8 } }));
  return selection.kind === 'none'
    ? { message: selection.message, reason: selection.reason }
    : selection.kind;
}

describe('a number of GPUs that no offer has', () => {
  it.each([
    {
      has: 'other numbers',
      counts: [4, 1, 2, 1],
      clusters: [],
      message: 'No offer has 8 × H100_80GB. Single-instance offers: 1, 2, 4 GPUs.',
    },
    {
      has: 'one',
      counts: [1],
      clusters: [],
      message: 'No offer has 8 × H100_80GB. Single-instance offers: 1 GPU.',
    },
    {
      has: 'clusters too',
      counts: [1],
      clusters: [16],
      message: `No offer has 8 × H100_80GB. Single-instance offers: 1 GPU. ${MULTI}`,
    },
    { has: 'clusters only', counts: [], clusters: [16], message: `No offer has 8 × H100_80GB. ${MULTI}` },
    { has: 'nothing', counts: [], clusters: [], message: 'The provider has no offer for H100_80GB.' },
  ])('is explained by the counts that exist: $has', ({ counts, clusters, message }) => {
    expect(said(counts, clusters)).toEqual({ message, reason: 'NoOffers' });
  });

  it('is explained for each type', () => {
    expect(said([1, 2], [], ['H100_80GB', 'A100_80GB'])).toMatchObject({
      message: 'No offer has 8 × H100_80GB or A100_80GB. Single-instance offers: 1, 2 × H100_80GB.',
    });
  });

  it('is not the problem where an offer has it', () => {
    expect(said([8])).toBe('selected');
  });
});
