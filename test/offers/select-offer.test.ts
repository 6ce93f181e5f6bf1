import { describe, expect, it } from '@jest/globals';
import type { Offer } from '../../src/offers/offer.ts';
import { selectOffer } from '../../src/offers/select-offer.ts';
import type { NoOfferReason } from '../../src/offers/select-offer.ts';
import type { CooldownLookup } from '../../src/offers/requirements.ts';
import { guideOffer, offer, requirements } from './support/builders.ts';
import type { SpecOverrides } from './support/builders.ts';

const LISTING = ['custom_template'];

/** The tests identify offers by cloudId. */
function named(cloudId: string, overrides: Parameters<typeof offer>[0] = {}): Offer {
  return offer({ ...overrides, cloudId });
}

/** These cloudIds are in cooldown. */
function cooling(reason: string, ...cloudIds: readonly string[]): CooldownLookup {
  return (key) => (cloudIds.some((cloudId) => key.includes(`"${cloudId}"`)) ? { reason } : undefined);
}

describe('the selected offer', () => {
  const both = { gpu: { types: ['H100_80GB', 'A100_80GB'] } };
  const cases: {
    name: string;
    offers: Offer[];
    spec?: SpecOverrides;
    cooldownOf?: CooldownLookup;
    expected: string;
    why: string;
  }[] = [
    {
      name: 'Cheapest',
      offers: [named('dear', { usd: 3 }), named('cheap', { usd: 2 })],
      expected: 'cheap',
      why: 'price',
    },
    {
      name: 'Cheapest all in',
      offers: [{ ...guideOffer({ usd: 1.9 }), cloudId: 'base-cheap' }, named('fixed', { usd: 1.91 })],
      expected: 'fixed',
      why: '1.90 plus 0.03 for its disk is more than 1.91',
    },
    {
      name: 'Cheapest, same price',
      offers: [named('low', { stockStatus: 'Low' }), named('high', { stockStatus: 'High' })],
      expected: 'high',
      why: 'tie: better stock',
    },
    { name: 'Cheapest, same stock', offers: [named('b'), named('a')], expected: 'a', why: 'tie: key' },
    {
      name: 'Ordered',
      offers: [named('h', { usd: 3 }), named('a', { usd: 1, gpuType: 'A100_80GB' })],
      spec: { ...both, strategy: 'Ordered' },
      expected: 'h',
      why: 'the first type, although it costs more',
    },
    {
      name: 'Ordered, reversed',
      offers: [named('h', { usd: 1 }), named('a', { usd: 3, gpuType: 'A100_80GB' })],
      spec: { gpu: { types: ['A100_80GB', 'H100_80GB'] }, strategy: 'Ordered' },
      expected: 'a',
      why: 'the sequence in the spec counts',
    },
    {
      name: 'Ordered, within a type',
      offers: [named('dear', { usd: 3 }), named('cheap', { usd: 1 })],
      spec: { ...both, strategy: 'Ordered' },
      expected: 'cheap',
      why: 'then price',
    },
    {
      name: 'Ordered, first type out of reach',
      offers: [named('h', { usd: 9 }), named('a', { gpuType: 'A100_80GB' })],
      spec: { ...both, strategy: 'Ordered', maxPrice: 2 },
      expected: 'a',
      why: 'only offers that fit are sorted',
    },
    {
      name: 'BestStock',
      offers: [named('low', { usd: 1, stockStatus: 'Low' }), named('high', { usd: 3, stockStatus: 'High' })],
      spec: { strategy: 'BestStock' },
      expected: 'high',
      why: 'stock before price',
    },
    {
      name: 'BestStock, same stock',
      offers: [named('available', { usd: 3 }), named('medium', { usd: 1, stockStatus: 'Medium' })],
      spec: { strategy: 'BestStock' },
      expected: 'medium',
      why: 'Available is Medium: then price',
    },
    {
      name: 'template, same price',
      offers: [named('a'), named('z', { images: LISTING, stockStatus: 'Low' })],
      spec: { customTemplateId: 't' },
      expected: 'z',
      why: 'tie: the one that lists custom_template, before stock',
    },
    {
      name: 'template, cheaper unlisted',
      offers: [named('cheap', { usd: 1 }), named('listed', { usd: 2, images: LISTING })],
      spec: { customTemplateId: 't' },
      expected: 'cheap',
      why: 'Cheapest stays the cheapest',
    },
    {
      name: 'template after a refusal',
      offers: [
        named('refused', { usd: 0.5 }),
        named('cheap', { usd: 1 }),
        named('listed', { usd: 2, images: LISTING }),
      ],
      spec: { customTemplateId: 't' },
      cooldownOf: cooling('TemplateIncompatible', 'refused'),
      expected: 'listed',
      why: 'the refusal was about the template: no more attempts on such offers',
    },
    {
      name: 'template after a lack of capacity',
      offers: [
        named('sold out', { usd: 0.5 }),
        named('cheap', { usd: 1 }),
        named('listed', { usd: 2, images: LISTING }),
      ],
      spec: { customTemplateId: 't' },
      cooldownOf: cooling('NoCapacity', 'sold out'),
      expected: 'cheap',
      why: 'that says nothing about the template',
    },
    {
      name: 'template refused by one that lists it',
      offers: [
        named('refused', { usd: 0.5, images: LISTING }),
        named('cheap', { usd: 1 }),
        named('listed', { usd: 2, images: LISTING }),
      ],
      spec: { customTemplateId: 't' },
      cooldownOf: cooling('TemplateIncompatible', 'refused'),
      expected: 'cheap',
      why: 'listing it did not help',
    },
    {
      name: 'no template',
      offers: [named('a'), named('listed', { images: ['ubuntu_22_cuda_12', ...LISTING] })],
      expected: 'a',
      why: 'without a template the key decides',
    },
    {
      name: 'same key and price twice',
      offers: [named('a', { region: 'canada' }), named('a', { region: 'united_states' })],
      expected: 'a',
      why: 'the other fields decide, not the sequence',
    },
    {
      name: 'same key twice',
      offers: [named('a', { usd: 2 }), named('a', { usd: 1 })],
      expected: 'a',
      why: 'pages may overlap',
    },
  ];
  it.each(cases)('$name: $expected, $why', ({ offers, spec, cooldownOf, expected }) => {
    const picks = [offers, offers.toReversed()].map((list) =>
      selectOffer(list, requirements(spec, {}, cooldownOf)),
    );
    expect(picks.map((pick) => pick.kind === 'selected' && pick.offer.cloudId)).toEqual([expected, expected]);
    expect(picks[0]).toMatchObject({ offer: picks[1]?.kind === 'selected' ? picks[1].offer : {} });
  });

  it('has the sizes, the cost and the rejections', () => {
    const selection = selectOffer(
      [guideOffer(), offer({ usd: 9 }), offer({ cloudId: 'spot', isSpot: true })],
      requirements({ resources: { diskSize: 200 }, maxPrice: 5 }),
    );
    expect(selection).toMatchObject({
      kind: 'selected',
      sizes: { diskSize: 200, vcpus: 16, memory: 180, sent: { diskSize: 200 } },
      cost: { total: 2_750_000 },
      fittingCount: 1,
      rule: 'cheapest',
    });
    expect(selection.rejections.map((rejection) => rejection.reason)).toEqual([
      'SizeNotOffered',
      'SpotForbidden',
    ]);
  });
});

describe('the reason why no offer is selected', () => {
  const cases: {
    name: string;
    offers: Offer[];
    spec?: SpecOverrides;
    cooldownOf?: CooldownLookup;
    ceiling?: number;
    reason: NoOfferReason;
    message: string;
    why: string;
  }[] = [
    {
      name: 'empty list',
      offers: [],
      reason: 'NoOffers',
      message: 'The provider has no offer for H100_80GB.',
      why: 'the provider lists nothing',
    },
    {
      name: 'other types only',
      offers: [offer({ gpuType: 'A100_80GB' })],
      reason: 'NoOffers',
      message: 'The provider has no offer for H100_80GB.',
      why: 'nothing that the query asked for',
    },
    {
      name: 'no fit',
      offers: [offer()],
      spec: { placement: { countries: ['US'] } },
      reason: 'NoMatchingOffer',
      message: 'The provider has offers, but none fits the spec.',
      why: 'wrong country',
    },
    {
      name: 'sold out',
      offers: [offer({ stockStatus: 'Unavailable' })],
      reason: 'AllOffersUnavailable',
      message: 'The offers that fit have no stock, or failed recently.',
      why: 'it fits except for the stock',
    },
    {
      name: 'one sold out, and one elsewhere',
      offers: [offer({ stockStatus: 'Unavailable' }), offer({ country: 'NO' })],
      spec: { placement: { countries: ['CA'] } },
      reason: 'AllOffersUnavailable',
      message: 'The offers that fit have no stock, or failed recently.',
      why: 'the first one passes by itself, whatever else is listed',
    },
    {
      name: 'cooling down',
      offers: [offer()],
      cooldownOf: cooling('NoCapacity', 'n3-H100x1'),
      reason: 'AllOffersUnavailable',
      message: 'The offers that fit have no stock, or failed recently.',
      why: 'it passes by itself',
    },
    {
      name: 'sold out and too expensive',
      offers: [offer({ stockStatus: 'Unavailable' })],
      spec: { maxPrice: 1 },
      reason: 'NoMatchingOffer',
      message: 'The provider has offers, but none fits the spec.',
      why: 'waiting for stock would not help',
    },
    {
      name: 'sold out with another image',
      offers: [offer({ stockStatus: 'Unavailable' })],
      spec: { image: 'flux' },
      reason: 'NoMatchingOffer',
      message: 'The provider has offers, but none fits the spec.',
      why: 'waiting for stock would not help',
    },
    {
      name: 'too expensive',
      offers: [offer()],
      spec: { maxPrice: 1.5 },
      reason: 'AboveMaxPrice',
      message: 'The offers that fit cost more than maxPrice, 1.50 USD per hour.',
      why: 'it fits otherwise',
    },
    {
      name: 'too expensive for the operator',
      offers: [offer()],
      spec: { maxPrice: 5 },
      ceiling: 1_500_000,
      reason: 'AboveMaxPrice',
      message: "The offers that fit cost more than the operator's price ceiling, 1.50 USD per hour.",
      why: 'the user cannot raise it',
    },
    {
      name: 'too expensive or sold out',
      offers: [offer({ usd: 9 }), offer({ stockStatus: 'Unavailable' })],
      spec: { maxPrice: 2 },
      reason: 'AboveMaxPrice',
      message: 'The offers that fit cost more than maxPrice, 2.00 USD per hour.',
      why: 'a person can act on the price',
    },
  ];
  it.each(cases)('$name → $reason: $why', ({ offers, spec, cooldownOf, ceiling, reason, message }) => {
    const policy = ceiling === undefined ? {} : { maxPriceCeiling: ceiling };
    const selection = selectOffer(offers, requirements(spec, policy, cooldownOf));
    expect(selection).toMatchObject({ kind: 'none', reason, message });
  });

  it('has a message that does not change with the market, so that a waiting GpuPod costs no writes', () => {
    const messages = [[offer({ usd: 2 })], [offer({ usd: 3 }), offer({ usd: 4 })]].map((offers) => {
      const selection = selectOffer(offers, requirements({ maxPrice: 1 }));
      return selection.kind === 'none' && selection.message;
    });
    expect(messages[0]).toBe(messages[1]);
  });
});
