import { describe, expect, it } from '@jest/globals';
import type { Offer } from '../../src/offers/offer.ts';
import { selectOffer } from '../../src/offers/select-offer.ts';
import { offer, offerWithout, requirements } from './support/builders.ts';
import type { SpecOverrides } from './support/builders.ts';

interface TwinRow {
  readonly name: string;
  readonly chosen?: Offer;
  readonly twin: Offer;
  readonly spec?: SpecOverrides;
  readonly why: string;
}

const REJECTED: readonly TwinRow[] = [
  { name: 'spot', twin: offer({ isSpot: true, usd: 1 }), why: 'cheaper, but the provider may take it back' },
  {
    name: 'more expensive spot',
    twin: offer({ isSpot: true, usd: 9 }),
    why: 'the upstream provider may not check the cap',
  },
  {
    name: 'on demand where spot is required',
    chosen: offer({ isSpot: true }),
    twin: offer(),
    spec: { placement: { spot: 'Require' } },
    why: 'the opposite',
  },
  { name: 'prepaid', twin: offer({ prepaidHours: 24 }), why: 'charges 24 hours at once' },
  {
    name: 'community',
    twin: offer({ security: 'community_cloud' }),
    why: 'nobody knows whether the provider matches security',
  },
  { name: 'multi-node', twin: offer({ multiNode: true }), why: 'a cluster' },
  {
    name: 'another socket',
    twin: offer({ socket: 'SXM5' }),
    spec: { gpu: { types: ['H100_80GB'], sockets: ['PCIe'] } },
    why: 'the provider does not match it either',
  },
  {
    name: 'another region',
    chosen: offerWithout('dataCenter'),
    twin: { ...offerWithout('dataCenter'), region: 'eu_west' },
    spec: { placement: { regions: ['canada'] } },
    why: 'the same country, another region',
  },
  {
    name: 'another currency',
    twin: offer({ prices: { currency: 'EUR' } }),
    why: 'its price cannot be compared',
  },
  {
    name: 'spot without stock',
    twin: offer({ isSpot: true, stockStatus: 'Unavailable' }),
    why: 'stock is advice',
  },
];

const TAKEN: readonly (TwinRow & { readonly isPriceAmbiguous: boolean })[] = [
  { name: 'the same row twice', twin: offer(), isPriceAmbiguous: false, why: 'pages overlap' },
  {
    name: 'another stock',
    twin: offer({ stockStatus: 'Unavailable' }),
    isPriceAmbiguous: false,
    why: 'it is only not available now',
  },
  { name: 'a more expensive row', twin: offer({ usd: 2.4 }), isPriceAmbiguous: true, why: 'capped' },
  {
    name: 'a row above the cap',
    twin: offer({ usd: 9 }),
    spec: { maxPrice: 3 },
    isPriceAmbiguous: true,
    why: 'capped',
  },
  { name: 'a row without a price', twin: offer({ usd: 0 }), isPriceAmbiguous: true, why: 'capped' },
  {
    name: 'spot where both are allowed',
    twin: offer({ isSpot: true, usd: 2.4 }),
    spec: { placement: { spot: 'Allow' } },
    isPriceAmbiguous: true,
    why: 'capped',
  },
  {
    name: 'spot in another data center',
    twin: offer({ isSpot: true, dataCenter: 'US-1' }),
    isPriceAmbiguous: false,
    why: 'the request names the data center',
  },
  {
    name: 'spot without a country',
    twin: { ...offerWithout('country'), isSpot: true },
    isPriceAmbiguous: false,
    why: 'the request names the country',
  },
  {
    name: 'spot of another upstream',
    twin: offer({ isSpot: true, provider: 'runpod' }),
    isPriceAmbiguous: false,
    why: 'another row',
  },
  {
    name: 'spot of another count',
    twin: offer({ isSpot: true, gpuCount: 2 }),
    isPriceAmbiguous: false,
    why: 'another row',
  },
];

describe('an offer that a create request cannot distinguish from another one', () => {
  it.each(REJECTED)(
    'is rejected where the spec forbids the other: $name, $why',
    ({ chosen = offer(), twin, spec }) => {
      for (const offers of [
        [chosen, twin],
        [twin, chosen],
      ]) {
        const selection = selectOffer(offers, requirements(spec));
        expect(selection.kind).toBe('none');
        expect(selection.rejections.map(({ reason }) => reason)).toContain('Indistinguishable');
      }
    },
  );

  it.each(TAKEN)(
    'is accepted otherwise: $name, $why',
    ({ chosen = offer(), twin, spec, isPriceAmbiguous }) => {
      for (const offers of [
        [chosen, twin],
        [twin, chosen],
      ]) {
        expect(selectOffer(offers, requirements(spec))).toMatchObject({
          kind: 'selected',
          isPriceAmbiguous,
          cost: { total: 1_900_000 },
        });
      }
    },
  );

  it('says what to relax', () => {
    const selection = selectOffer([offer(), offer({ isSpot: true, usd: 1 })], requirements());
    expect(selection).toMatchObject({ hint: 'set placement.spot to Allow to match 2 offers' });
  });
});
