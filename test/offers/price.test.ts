import { describe, expect, test } from '@jest/globals';
import { priceOffer } from '../../src/offers/price.ts';
import { fitSizes } from '../../src/offers/sizes.ts';
import type { SizeRequirements } from '../../src/offers/sizes.ts';
import { GUIDE_DISK, guideOffer, offer, resource } from './support/builders.ts';

describe("the guide's totals, in micro-dollars", () => {
  const cases: { name: string; sizes: SizeRequirements; parts: [number, number, number]; why: string }[] = [
    {
      name: 'nothing wished',
      sizes: {},
      parts: [30_000, 0, 2_720_000],
      why: 'a default disk that is not included is paid too',
    },
    {
      name: 'disk 200',
      sizes: { diskSize: 200 },
      parts: [60_000, 0, 2_750_000],
      why: 'the whole disk is paid, not the difference',
    },
    {
      name: 'vcpus 20',
      sizes: { vcpus: 20 },
      parts: [30_000, 80_000, 2_800_000],
      why: 'above the default all vcpus are paid',
    },
    {
      name: 'vcpus 10',
      sizes: { vcpus: 10 },
      parts: [30_000, 40_000, 2_760_000],
      why: 'below the included default they are paid as well',
    },
    {
      name: 'disk 200 and vcpus 20',
      sizes: { diskSize: 200, vcpus: 20 },
      parts: [60_000, 80_000, 2_830_000],
      why: 'parts add up',
    },
  ];
  test.each(cases)('$name: $why', ({ sizes, parts: [disk, vcpus, total] }) => {
    const sizing = fitSizes(guideOffer(), sizes, 'Exact');
    expect(sizing.kind).toBe('fits');
    expect(sizing.kind === 'fits' && priceOffer(guideOffer(), sizing.sizes)).toEqual({
      gpu: 2_690_000,
      disk,
      vcpus,
      memory: 0,
      total,
    });
  });
});

describe('base price', () => {
  const cases: { name: string; given: Parameters<typeof offer>[0]; gpu: number | undefined; why: string }[] =
    [
      {
        name: 'secure cloud, both prices',
        given: { usd: 1.8, prices: { communityPrice: 1.64 } },
        gpu: 1_800_000,
        why: 'it is billed by the field that security names',
      },
      {
        name: 'community cloud, both prices',
        given: { usd: 1.8, security: 'community_cloud', prices: { communityPrice: 1.64 } },
        gpu: 1_640_000,
        why: 'it is billed by the field that security names',
      },
      {
        name: 'secure cloud, only the other price',
        given: { usd: 0, prices: { communityPrice: 1.64 } },
        gpu: 1_640_000,
        why: 'a 0 is no price, so the other one counts',
      },
      {
        name: 'community cloud, only the other price',
        given: { usd: 1.8, security: 'community_cloud', prices: { communityPrice: 0 } },
        gpu: 1_800_000,
        why: 'a 0 is no price, so the other one counts',
      },
      {
        name: 'a new word for security, both prices',
        given: { usd: 1.8, security: 'sovereign_cloud', prices: { communityPrice: 1.64 } },
        gpu: 1_800_000,
        why: 'nobody knows which one counts: the dearer',
      },
      {
        name: 'a negative price beside a good one',
        given: { usd: -1, prices: { communityPrice: 1.64 } },
        gpu: undefined,
        why: 'the field that counts cannot be right',
      },
      { name: 'zero', given: { usd: 0 }, gpu: undefined, why: 'nothing is free; 0 is a gap in the data' },
      { name: 'negative', given: { usd: -1 }, gpu: undefined, why: 'cannot be right' },
      {
        name: 'not a number',
        given: { usd: Number.NaN },
        gpu: undefined,
        why: 'NaN passes every comparison with a cap',
      },
      { name: 'infinite', given: { usd: Infinity }, gpu: undefined, why: 'no number' },
      {
        name: 'community zero',
        given: { usd: 3, prices: { communityPrice: 0 } },
        gpu: 3_000_000,
        why: 'a 0 beside the price that security names says that there is no other',
      },
      { name: 'beyond exact sums', given: { usd: 1e12 }, gpu: undefined, why: 'sums would not be exact' },
      {
        name: 'far below a micro-dollar',
        given: { usd: 1e-12 },
        gpu: 1,
        why: 'prices are rounded up, never to nothing',
      },
      { name: 'vanishing', given: { usd: 1e-20 }, gpu: undefined, why: 'rounds to 0, which is no price' },
      {
        name: 'a third of a cent',
        given: { usd: 0.003_333_333_3 },
        gpu: 3_334,
        why: 'rounded up to whole micro-dollars',
      },
      {
        name: 'euros',
        given: { prices: { currency: 'EUR' } },
        gpu: undefined,
        why: 'euros must never be read as dollars',
      },
    ];
  test.each(cases)('$name: $why', ({ given, gpu }) => {
    expect(priceOffer(offer(given), { sent: {} })?.gpu).toBe(gpu);
  });

  test('absent altogether: no price', () => {
    const { onDemand: _absent, ...prices } = offer().prices;
    expect(priceOffer({ ...offer(), prices }, { sent: {} })).toBeUndefined();
  });
});

test('all parts add up, each at its own unit price', () => {
  const part = (pricePerUnit: number) => resource({ defaultCount: 10, pricePerUnit });
  const dear = offer({ usd: 1, disk: part(0.001), vcpus: part(0.02), memory: part(0.3) });
  expect(priceOffer(dear, { diskSize: 10, vcpus: 10, memory: 10, sent: {} })).toEqual({
    gpu: 1_000_000,
    disk: 10_000,
    vcpus: 200_000,
    memory: 3_000_000,
    total: 4_210_000,
  });
});

describe('parts', () => {
  const cases = [
    {
      name: 'no unit price',
      disk: resource({ defaultCount: 100 }),
      size: 200,
      expected: 0,
      why: 'absent means free',
    },
    {
      name: 'negative unit price',
      disk: resource({ pricePerUnit: -1 }),
      size: 5,
      expected: undefined,
      why: 'would lower the total below the truth',
    },
    {
      name: 'unit price not a number',
      disk: resource({ pricePerUnit: Number.NaN }),
      size: 5,
      expected: undefined,
      why: 'NaN would spread into the total',
    },
    {
      name: 'unknown size with a unit price',
      disk: resource({ pricePerUnit: 0.1 }),
      size: undefined,
      expected: undefined,
      why: 'what is charged cannot be known',
    },
    {
      name: 'unknown size, included',
      disk: resource({ pricePerUnit: 0.1, defaultIncludedInPrice: true }),
      size: undefined,
      expected: 0,
      why: 'the default is included, whatever it is',
    },
    {
      name: 'each part rounded up once',
      disk: { ...GUIDE_DISK, pricePerUnit: 0.000_000_4 },
      size: 60,
      expected: 24,
      why: '60 × 0.4 micro-dollars is 24, not 60 × 1',
    },
  ];
  test.each(cases)('$name: $why', ({ disk, size, expected }) => {
    const sizes = size === undefined ? { sent: {} } : { diskSize: size, sent: {} };
    expect(priceOffer(offer({ disk }), sizes)?.disk).toBe(expected);
  });
});
