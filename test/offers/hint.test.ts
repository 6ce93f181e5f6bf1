import { describe, expect, it } from '@jest/globals';
import type { Offer } from '../../src/offers/offer.ts';
import { selectOffer } from '../../src/offers/select-offer.ts';
import { guideOffer, offer, offerWithout, resource, requirements } from './support/builders.ts';
import type { SpecOverrides } from './support/builders.ts';

interface Row {
  name: string;
  offers: Offer[];
  spec: SpecOverrides;
  ceiling?: number;
  expected: string | undefined;
  why: string;
}

const gpu = { types: ['H100_80GB'] };

const rows: Row[] = [
  {
    name: 'price',
    offers: [offer({ usd: 2.31 }), offer({ usd: 2.305 }), offer({ usd: 3 })],
    spec: { maxPrice: 2 },
    expected: 'raise maxPrice to 2.31 to match 2 offers',
    why: 'whole cents, rounded up; the 3.00 stays out',
  },
  {
    name: 'total cost',
    offers: [offer({ usd: 2.305 }), offer({ usd: 3 })],
    spec: { maxTotalCost: 2 },
    expected: 'raise maxTotalCost to 2.31 to match 1 offer',
    why: 'the first hour must fit',
  },
  {
    name: 'price before place',
    offers: [offer({ usd: 3 }), offer({ usd: 1, country: 'US' })],
    spec: { maxPrice: 2, placement: { countries: ['CA'] } },
    expected: 'raise maxPrice to 3.00 to match 1 offer',
    why: 'the first one fits otherwise',
  },
  {
    name: 'ceiling',
    offers: [offer({ usd: 3 })],
    spec: { maxPrice: 2 },
    ceiling: 2_500_000,
    expected:
      "raising maxPrice does not help: the operator's ceiling is 2.50 USD/h, the cheapest offer costs 3.00",
    why: 'nobody must raise maxPrice in vain',
  },
  {
    name: 'ceiling, several above it',
    offers: [offer({ usd: 4 }), offer({ usd: 3 }), offer({ usd: 5 })],
    spec: { maxPrice: 2 },
    ceiling: 2_500_000,
    expected:
      "raising maxPrice does not help: the operator's ceiling is 2.50 USD/h, the cheapest offer costs 3.00",
    why: 'the cheapest one shows how far away it is',
  },
  {
    name: 'ceiling, no maxPrice',
    offers: [offer({ usd: 3 })],
    spec: {},
    ceiling: 2_500_000,
    expected:
      "raising maxPrice does not help: the operator's ceiling is 2.50 USD/h, the cheapest offer costs 3.00",
    why: 'there is nothing to raise',
  },
  {
    name: 'ceiling above the price',
    offers: [offer({ usd: 2.4 })],
    spec: { maxPrice: 2 },
    ceiling: 2_500_000,
    expected: 'raise maxPrice to 2.40 to match 1 offer',
    why: 'within the ceiling a higher maxPrice helps',
  },
  {
    name: 'ceiling and a way out',
    offers: [offer({ usd: 3 }), offer({ usd: 1, isSpot: true })],
    spec: { maxPrice: 2 },
    ceiling: 2_500_000,
    expected:
      "set placement.spot to Allow to match 1 offer; raising maxPrice does not help: the operator's ceiling is 2.50 USD/h, the cheapest offer costs 3.00",
    why: 'both facts matter',
  },
  {
    name: 'stock',
    offers: [offer({ stockStatus: 'Low' }), offer({ stockStatus: 'Medium', usd: 5 }), offer()],
    spec: { placement: { minStock: 'High' } },
    expected: 'lower placement.minStock to Medium to match 2 offers',
    why: 'no further than needed',
  },
  {
    name: 'low stock',
    offers: [offer({ stockStatus: 'Low' })],
    spec: { placement: { minStock: 'High' } },
    expected: 'lower placement.minStock to Low to match 1 offer',
    why: 'only Low is available',
  },
  {
    name: 'data center',
    offers: [offer({ usd: 1 }), offer({ usd: 2 }), offer({ usd: 0.5, dataCenter: 'X', images: ['axolotl'] })],
    spec: { placement: { dataCenters: ['CANADA-2'] } },
    expected: 'add CANADA-1 to placement.dataCenters to match 2 offers',
    why: 'the cheaper X fails for its image too',
  },
  {
    name: 'unnamed data center',
    offers: [offerWithout('dataCenter')],
    spec: { placement: { dataCenters: ['X'] } },
    expected: 'remove placement.dataCenters to match 1 offer',
    why: 'it has no name to add',
  },
  {
    name: 'country',
    offers: [offer()],
    spec: { placement: { countries: ['US'] } },
    expected: 'add CA to placement.countries to match 1 offer',
    why: 'one country',
  },
  {
    name: 'region',
    offers: [offer()],
    spec: { placement: { regions: ['eu_west'] } },
    expected: 'add canada to placement.regions to match 1 offer',
    why: 'one region',
  },
  {
    name: 'country and data center',
    offers: [offer(), offer()],
    spec: { placement: { countries: ['US'], dataCenters: ['X'] } },
    expected: 'remove the regions, countries and dataCenters of placement to match 2 offers',
    why: 'to a person that is one constraint',
  },
  {
    name: 'provider',
    offers: [offer({ usd: 2 }), offer({ usd: 1, provider: 'lambdalabs' })],
    spec: { placement: { providers: { allow: ['runpod'] } } },
    expected: 'add lambdalabs to placement.providers.allow to match 1 offer',
    why: 'the cheapest one',
  },
  {
    name: 'denied provider',
    offers: [offer()],
    spec: { placement: { providers: { deny: ['hyperstack', 'runpod'] } } },
    expected: 'remove hyperstack from placement.providers.deny to match 1 offer',
    why: 'no other change helps',
  },
  {
    name: 'socket',
    offers: [offer()],
    spec: { gpu: { ...gpu, sockets: ['SXM5'] } },
    expected: 'add PCIe to gpu.sockets to match 1 offer',
    why: 'its socket',
  },
  {
    name: 'image',
    offers: [offer({ images: ['flux', 'axolotl'] }), offer({ images: ['axolotl'] })],
    spec: {},
    expected: 'choose image axolotl to match 2 offers',
    why: 'both list it',
  },
  {
    name: 'default image',
    offers: [offer({ images: ['axolotl', 'ubuntu_22_cuda_12'] })],
    spec: { image: 'flux' },
    expected: 'choose image ubuntu_22_cuda_12 to match 1 offer',
    why: 'the plain image suits most people, axolotl few',
  },
  {
    name: 'template only',
    offers: [offer({ images: ['custom_template'] })],
    spec: {},
    expected: undefined,
    why: 'custom_template is no image without a template',
  },
  {
    name: 'no image at all',
    offers: [offer({ images: ['custom_template'] })],
    spec: {},
    expected: undefined,
    why: 'there is none to choose',
  },
  {
    name: 'size',
    offers: [guideOffer()],
    spec: { resources: { diskSize: 5000 } },
    expected: 'set resources.diskSize to 1000 to match 1 offer',
    why: 'the closest reachable size',
  },
  {
    name: 'exact size',
    offers: [guideOffer()],
    spec: { resources: { vcpus: 7, fit: 'Exact' } },
    expected: 'set resources.vcpus to 6 to match 1 offer',
    why: '6 and 8 are equally close; the smaller one wins',
  },
  {
    name: 'nearest size',
    offers: [offer({ usd: 1, memory: resource({ defaultCount: 64 }) }), offer({ usd: 2 })],
    spec: { resources: { memory: 256 } },
    expected: 'set resources.memory to 180 to match 1 offer',
    why: 'distance counts before price',
  },
  {
    name: 'two sizes',
    offers: [guideOffer()],
    spec: { resources: { diskSize: 5000, vcpus: 99 } },
    expected: undefined,
    why: 'one relaxation does not help',
  },
  {
    name: 'unknown size',
    offers: [offer({ vcpus: resource() })],
    spec: { resources: { vcpus: 1 } },
    expected: 'remove resources.vcpus to match 1 offer',
    why: 'no size is known',
  },
  {
    name: 'count',
    offers: [offer({ gpuCount: 8, usd: 1 }), offer({ gpuCount: 2, usd: 5 })],
    spec: {},
    expected: 'set gpu.count to 2 to match 1 offer',
    why: 'distance counts before price',
  },
  {
    name: 'pin',
    offers: [offer()],
    spec: { placement: { cloudId: 'gone' } },
    expected: 'remove placement.cloudId to match 1 offer',
    why: 'the pinned one is not listed',
  },
  {
    name: 'spot',
    offers: [offer({ isSpot: true }), offer({ cloudId: 'other', security: 'community_cloud' })],
    spec: {},
    expected: 'set placement.spot to Allow to match 1 offer',
    why: 'spot comes before community',
  },
  {
    name: 'no spot',
    offers: [offer()],
    spec: { placement: { spot: 'Require' } },
    expected: 'set placement.spot to Allow to match 1 offer',
    why: 'only on demand is listed',
  },
  {
    name: 'security',
    offers: [offer({ security: 'community_cloud' })],
    spec: {},
    expected: 'set placement.security to any to match 1 offer',
    why: 'only community is listed',
  },
  {
    name: 'prepaid',
    offers: [offer({ prepaidHours: 24 })],
    spec: {},
    expected: 'set placement.allowPrepaid to true to match 1 offer',
    why: 'only prepaid is listed',
  },
  {
    name: 'two things wrong',
    offers: [offer({ isSpot: true, security: 'community_cloud' })],
    spec: {},
    expected: undefined,
    why: 'no single relaxation helps',
  },
  {
    name: 'sold out',
    offers: [offer({ stockStatus: 'Unavailable' })],
    spec: {},
    expected: undefined,
    why: 'nothing to relax: wait',
  },
  { name: 'no offers', offers: [], spec: {}, expected: undefined, why: 'nothing to relax' },
];

it.each(rows)('$name → $expected: $why', ({ offers, spec, ceiling, expected }) => {
  const policy = ceiling === undefined ? {} : { maxPriceCeiling: ceiling };
  for (const list of [offers, offers.toReversed()]) {
    const selection = selectOffer(list, requirements(spec, policy));
    expect(selection.kind).toBe('none');
    expect(selection.kind === 'none' && selection.hint).toBe(expected);
  }
});

describe('the text of a hint', () => {
  it('has at most 200 characters, whatever names the provider sends', () => {
    const selection = selectOffer(
      [offer({ dataCenter: 'x'.repeat(5000) })],
      requirements({ placement: { dataCenters: ['X'] } }),
    );
    const hint = selection.kind === 'none' ? (selection.hint ?? '') : '';
    expect(hint).toMatch(/^add x+… to placement\.dataCenters to match 1 offer$/);
    expect(hint.length).toBeLessThanOrEqual(200);
  });
});
