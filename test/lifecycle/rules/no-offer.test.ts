import { describe, expect, it } from '@jest/globals';
import { restWithoutOffer } from '../../../src/lifecycle/rules/no-offer.ts';
import { selectOffer } from '../../../src/offers/select-offer.ts';
import type { NoOfferSelected } from '../../../src/offers/select-offer.ts';
import { offer, requirements } from '../../offers/support/builders.ts';
import { gpuPod } from '../../support/builders/gpu-pod.ts';
import { observed, WALL_TEXT } from '../../support/builders/observation.ts';
import { outline } from '../support/outline.ts';

function nothingBelow(maxPrice: number): NoOfferSelected {
  const selection = selectOffer([offer({ usd: 2 })], requirements({ maxPrice }));
  if (selection.kind === 'selected') {
    throw new Error('the offer fits');
  }
  return selection;
}

describe('restWithoutOffer', () => {
  it.each([
    { name: 'no offerTimeout', spec: {}, started: undefined, isOver: false, why: 'waiting costs nothing' },
    {
      name: 'offerTimeout, first search',
      spec: { offerTimeout: '10m' },
      started: undefined,
      isOver: false,
      why: 'the time starts now',
    },
    {
      name: 'offerTimeout 0s',
      spec: { offerTimeout: '0s' },
      started: undefined,
      isOver: true,
      why: 'one search',
    },
    {
      name: 'offerTimeout, a second before',
      spec: { offerTimeout: '10m' },
      started: '2026-11-23T10:00:01Z',
      isOver: false,
      why: 'not yet',
    },
    {
      name: 'offerTimeout, to the second',
      spec: { offerTimeout: '10m' },
      started: '2026-11-23T10:00:00Z',
      isOver: true,
      why: 'the time is over',
    },
  ])('with $name: over is $isOver, because $why', ({ spec, started, isOver }) => {
    const status = started === undefined ? {} : { searchStartedAt: started };
    const rest = restWithoutOffer(observed({ gpuPod: gpuPod({ spec, status }) }), nothingBelow(1));
    const progress = isOver
      ? { Stalled: 'OfferTimeout', Reconciling: null }
      : { Reconciling: 'Searching', Stalled: null };
    expect(outline(rest)).toMatchObject({
      Ready: 'NoMatchingOffer',
      OfferSelected: 'AboveMaxPrice',
      Provisioned: 'NotCreated',
      ...progress,
    });
    expect(rest.requeueAfterMs).toBe(isOver ? undefined : 30_000);
    expect(rest.status.searchStartedAt).toBe(started ?? WALL_TEXT);
  });

  it('reports why, and what to relax', () => {
    const { status } = restWithoutOffer(observed(), nothingBelow(1));
    expect(status.rejections).toMatchObject([{ reason: 'AboveMaxPrice', count: 1 }]);
    expect(status.hint).toContain('2.00');
  });

  it('removes a hint that is no longer true', () => {
    const { hint: _hint, ...withoutOffer } = nothingBelow(1);
    const { status } = restWithoutOffer(
      observed({ gpuPod: gpuPod({ status: { hint: 'old' } }) }),
      withoutOffer,
    );
    expect(Object.keys(status)).not.toContain('hint');
  });
});
