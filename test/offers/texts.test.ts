import { describe, expect, it } from '@jest/globals';
import { explainChoice } from '../../src/offers/explain.ts';
import { judgeOffers } from '../../src/offers/judge.ts';
import type { Offer } from '../../src/offers/offer.ts';
import { REJECTION_REASONS, summarizeRejections } from '../../src/offers/rejections.ts';
import type { RejectionReason } from '../../src/offers/rejections.ts';
import { selectOffer } from '../../src/offers/select-offer.ts';
import { noCooldowns } from '../../src/offers/requirements.ts';
import type { CooldownLookup } from '../../src/offers/requirements.ts';
import { guideOffer, offer, offerWithout, resource, requirements } from './support/builders.ts';
import type { SpecOverrides } from './support/builders.ts';

describe('explainChoice', () => {
  const LOW = offer({ stockStatus: 'Low', usd: 1 });
  const cases: {
    name: string;
    offers: Offer[];
    spec?: SpecOverrides;
    cooldownOf?: CooldownLookup;
    expected: string;
    why: string;
  }[] = [
    {
      name: 'one of several',
      offers: [
        guideOffer(),
        offer({ usd: 4 }),
        offer({ cloudId: 'spot', isSpot: true }),
        offer({ cloudId: 'spot', isSpot: true }),
      ],
      expected:
        'cheapest of 2 offers that fit: hyperstack n3-H100x1 in CANADA-1 at 2.72 USD/h; 2 others rejected',
      why: 'the whole sentence',
    },
    {
      name: 'the only one',
      offers: [offer(), offer({ cloudId: 'spot', isSpot: true })],
      expected: 'only offer that fits: hyperstack n3-H100x1 in CANADA-1 at 1.90 USD/h; 1 other rejected',
      why: 'no superlative of one',
    },
    {
      name: 'nothing rejected',
      offers: [offer()],
      expected: 'only offer that fits: hyperstack n3-H100x1 in CANADA-1 at 1.90 USD/h',
      why: 'nothing to add',
    },
    {
      name: 'no data center',
      offers: [offerWithout('dataCenter')],
      expected: 'only offer that fits: hyperstack n3-H100x1 in CA at 1.90 USD/h',
      why: 'then the country',
    },
    {
      name: 'no place',
      offers: [offerWithout('dataCenter', 'country', 'region')],
      expected: 'only offer that fits: hyperstack n3-H100x1 at 1.90 USD/h',
      why: 'there is nothing to name',
    },
    {
      name: 'BestStock',
      offers: [LOW, offer()],
      spec: { strategy: 'BestStock' },
      expected:
        'best stock, then cheapest of 2 offers that fit: hyperstack n3-H100x1 in CANADA-1 at 1.90 USD/h',
      why: 'it is not the cheapest',
    },
    {
      name: 'Ordered',
      offers: [LOW, offer()],
      spec: { strategy: 'Ordered' },
      expected:
        'first of gpu.types, then cheapest of 2 offers that fit: hyperstack n3-H100x1 in CANADA-1 at 1.00 USD/h',
      why: 'it names its rule',
    },
    {
      name: 'template after a refusal',
      offers: [offer({ provider: 'runpod' }), LOW, offer({ images: ['custom_template'], usd: 3 })],
      spec: { customTemplateId: 't' },
      cooldownOf: (key) => (key.includes('runpod') ? { reason: 'TemplateIncompatible' } : undefined),
      expected:
        'listing custom_template, then cheapest of 2 offers that fit: hyperstack n3-H100x1 in CANADA-1 at 3.00 USD/h; 1 other rejected',
      why: 'it says why it is not the cheapest',
    },
  ];
  it.each(cases)('explains $name: $why', ({ offers, spec, cooldownOf, expected }) => {
    const selection = selectOffer(offers, requirements(spec, {}, cooldownOf));
    expect(selection.kind === 'selected' && explainChoice(selection)).toBe(expected);
  });

  it('stays readable and bounded, whatever names the provider sends', () => {
    const selection = selectOffer(
      [offer({ cloudId: `a\n\u0007${'b'.repeat(500)}`, provider: '😀'.repeat(300) })],
      requirements(),
    );
    const text = selection.kind === 'selected' ? explainChoice(selection) : '';
    expect(text.length).toBeLessThanOrEqual(200);
    expect(text).toMatch(/ a b+… in CANADA-1 at 1\.90 USD\/h$/);
    expect(text.isWellFormed()).toBe(true);
  });
});

/** The summary of the offers that this spec rejects. */
function summaryOf(offers: readonly Offer[], spec: SpecOverrides = {}, cooldownOf = noCooldowns) {
  return summarizeRejections(judgeOffers(offers, requirements(spec, {}, cooldownOf)).rejections);
}

describe('summarizeRejections', () => {
  it('counts by reason, most frequent first, then by name', () => {
    const offers = [
      offer({ isSpot: true }),
      offer({ stockStatus: 'Unavailable' }),
      offer({ isSpot: true }),
      offer({ images: ['custom_template'] }),
    ];
    const rows = summaryOf(offers).map(({ reason, count }) => [reason, count]);
    expect(rows).toEqual([
      ['SpotForbidden', 2],
      ['ImageNotOffered', 1],
      ['Unavailable', 1],
    ]);
    expect(summaryOf(offers.toReversed()).map(({ reason, count }) => [reason, count])).toEqual(rows);
  });

  const nearest: {
    name: string;
    offers: Offer[];
    spec?: SpecOverrides;
    reason: RejectionReason;
    expected: string;
    why: string;
  }[] = [
    {
      name: 'price',
      offers: [offer({ usd: 3 }), offer({ usd: 2.31 })],
      spec: { maxPrice: 2 },
      reason: 'AboveMaxPrice',
      expected: 'hyperstack n3-H100x1 in CANADA-1 at 2.31 USD/h',
      why: 'the cheapest',
    },
    {
      name: 'stock',
      offers: [offer({ usd: 1, stockStatus: 'Low' }), offer({ stockStatus: 'Medium' })],
      spec: { placement: { minStock: 'High' } },
      reason: 'StockTooLow',
      expected: 'hyperstack n3-H100x1 in CANADA-1 at 1.90 USD/h, stock Medium',
      why: 'stock counts before price',
    },
    {
      name: 'count',
      offers: [offer({ gpuCount: 8 }), offer({ gpuCount: 2, usd: 5 })],
      reason: 'GpuCountDiffers',
      expected: 'hyperstack n3-H100x1 in CANADA-1 at 5.00 USD/h, with 2 GPUs',
      why: 'the next count',
    },
    {
      name: 'size',
      offers: [offer({ disk: resource({ defaultCount: 50 }) }), offer({ usd: 5 })],
      spec: { resources: { diskSize: 120 } },
      reason: 'SizeNotOffered',
      expected: 'hyperstack n3-H100x1 in CANADA-1 at 5.00 USD/h, diskSize 100',
      why: 'the next size',
    },
    {
      name: 'unknown size',
      offers: [offer({ disk: resource() })],
      spec: { resources: { diskSize: 1 } },
      reason: 'SizeNotOffered',
      expected: 'hyperstack n3-H100x1 in CANADA-1 at 1.90 USD/h, diskSize unknown',
      why: 'there is no number to show',
    },
    {
      name: 'country',
      offers: [offerWithout('country')],
      spec: { placement: { countries: ['CA'] } },
      reason: 'CountryNotAllowed',
      expected: 'hyperstack n3-H100x1 in CANADA-1 at 1.90 USD/h, in an unnamed country',
      why: 'it says that it is unknown',
    },
    {
      name: 'currency',
      offers: [offer({ prices: { currency: 'EUR' } })],
      reason: 'CurrencyDiffers',
      expected: 'hyperstack n3-H100x1 in CANADA-1, EUR',
      why: 'euros are not shown as USD',
    },
    {
      name: 'invalid prices',
      offers: [offer({ usd: 0, cloudId: 'b' }), offer({ usd: Number.NaN, cloudId: 'a' })],
      reason: 'InvalidPrice',
      expected: 'hyperstack a in CANADA-1',
      why: 'without prices the key decides',
    },
  ];
  it.each(nearest)('shows the nearest offer for $name: $why', ({ offers, spec, reason, expected }) => {
    for (const list of [offers, offers.toReversed()]) {
      expect(summaryOf(list, spec)).toEqual([{ reason, count: offers.length, nearest: expected }]);
    }
  });

  it('has at most twelve rows, each text at most 200 characters', () => {
    const spec: SpecOverrides = {
      gpu: { types: ['H100_80GB'], sockets: ['PCIe'] },
      placement: { countries: ['CA'], providers: { deny: ['runpod'] }, dataCenters: ['CANADA-1'], minStock: 'Medium' },
      maxPrice: 2,
    }; // prettier-ignore
    const long = 'w'.repeat(400);
    const offers = [
      offer({ gpuType: long, cloudId: long, provider: long, dataCenter: long }), offer({ gpuCount: 2 }),
      offer({ multiNode: true }), offer({ socket: 'SXM5' }), offer({ country: 'US' }), offer({ dataCenter: 'X' }),
      offer({ provider: 'runpod' }), offer({ security: 'community_cloud' }), offer({ isSpot: true }),
      offer({ prepaidHours: 1 }), offer({ stockStatus: 'Unavailable' }), offer({ stockStatus: 'Low' }),
      offer({ prices: { currency: 'EUR' } }), offer({ images: ['axolotl'] }), offer({ usd: 0 }), offer({ usd: 3 }),
    ]; // prettier-ignore
    const rows = summaryOf(offers, spec);
    expect(rows).toHaveLength(12);
    expect(Math.max(...rows.map((row) => row.nearest.length))).toBeLessThanOrEqual(200);
  });

  it('has a sentence for every reason', () => {
    for (const sentence of Object.values(REJECTION_REASONS)) {
      expect(sentence).toMatch(/^[A-Z].*\.$/);
    }
  });
});
