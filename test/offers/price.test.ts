import { describe, expect, it } from '@jest/globals';
import { priceOffer } from '../../src/offers/price.ts';
import { fitSizes } from '../../src/offers/sizes.ts';
import type { SizeRequirements } from '../../src/offers/sizes.ts';
import { GUIDE_DISK, guideOffer, offer, resource } from './support/builders.ts';

describe("the guide's totals, in micro-dollars", () => {
  const cases: { name: string; sizes: SizeRequirements; parts: [number, number, number]; why: string }[] = [
    {
      name: 'default sizes',
      sizes: {},
      parts: [30_000, 0, 2_720_000],
      why: 'a default disk that is not included costs extra',
    },
    {
      name: 'disk 200',
      sizes: { diskSize: 200 },
      parts: [60_000, 0, 2_750_000],
      why: 'the whole disk is billed, not the difference',
    },
    {
      name: 'vcpus 20',
      sizes: { vcpus: 20 },
      parts: [30_000, 80_000, 2_800_000],
      why: 'above the default all vCPUs are billed',
    },
    {
      name: 'vcpus 10',
      sizes: { vcpus: 10 },
      parts: [30_000, 40_000, 2_760_000],
      why: 'below the included default they are billed too',
    },
    {
      name: 'disk 200 and vcpus 20',
      sizes: { diskSize: 200, vcpus: 20 },
      parts: [60_000, 80_000, 2_830_000],
      why: 'parts add up',
    },
  ];
  it.each(cases)('$name: $why', ({ sizes, parts: [disk, vcpus, total] }) => {
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
        why: 'the provider bills the price that security names',
      },
      {
        name: 'community cloud, both prices',
        given: { usd: 1.8, security: 'community_cloud', prices: { communityPrice: 1.64 } },
        gpu: 1_640_000,
        why: 'the provider bills the price that security names',
      },
      {
        name: 'secure cloud, only the other price',
        given: { usd: 0, prices: { communityPrice: 1.64 } },
        gpu: 1_640_000,
        why: '0 means no price, so the other one counts',
      },
      {
        name: 'community cloud, only the other price',
        given: { usd: 1.8, security: 'community_cloud', prices: { communityPrice: 0 } },
        gpu: 1_800_000,
        why: '0 means no price, so the other one counts',
      },
      {
        name: 'an unknown security, both prices',
        given: { usd: 1.8, security: 'sovereign_cloud', prices: { communityPrice: 1.64 } },
        gpu: 1_800_000,
        why: 'nobody knows which one counts: the higher one',
      },
      {
        name: 'a negative price and a valid one',
        given: { usd: -1, prices: { communityPrice: 1.64 } },
        gpu: undefined,
        why: 'the price that counts is invalid',
      },
      { name: 'zero', given: { usd: 0 }, gpu: undefined, why: 'nothing is free; 0 is a gap in the data' },
      { name: 'negative', given: { usd: -1 }, gpu: undefined, why: 'an invalid price' },
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
        why: 'a 0 next to the price that security names means that there is no other',
      },
      { name: 'beyond exact sums', given: { usd: 1e12 }, gpu: undefined, why: 'sums would not be exact' },
      {
        name: 'far below a micro-dollar',
        given: { usd: 1e-12 },
        gpu: 1,
        why: 'prices are rounded up, never to 0',
      },
      { name: 'vanishing', given: { usd: 1e-20 }, gpu: undefined, why: 'rounds to 0, which means no price' },
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
        why: 'euros must never count as dollars',
      },
    ];
  it.each(cases)('$name: $why', ({ given, gpu }) => {
    expect(priceOffer(offer(given), { sent: {} })?.gpu).toBe(gpu);
  });

  it('is undefined where no price is stated', () => {
    const { onDemand: _absent, ...prices } = offer().prices;
    expect(priceOffer({ ...offer(), prices }, { sent: {} })).toBeUndefined();
  });
});

it('adds up all parts, each at its own unit price', () => {
  const part = (pricePerUnit: number) => resource({ defaultCount: 10, pricePerUnit });
  const expensive = offer({ usd: 1, disk: part(0.001), vcpus: part(0.02), memory: part(0.3) });
  expect(priceOffer(expensive, { diskSize: 10, vcpus: 10, memory: 10, sent: {} })).toEqual({
    gpu: 1_000_000,
    disk: 10_000,
    vcpus: 200_000,
    memory: 3_000_000,
    total: 4_210_000,
  });
});

describe('the price of a part', () => {
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
      why: 'NaN would make the total NaN',
    },
    {
      name: 'unknown size with a unit price',
      disk: resource({ pricePerUnit: 0.1 }),
      size: undefined,
      expected: undefined,
      why: 'nobody knows what it costs',
    },
    {
      name: 'unknown size, included',
      disk: resource({ pricePerUnit: 0.1, defaultIncludedInPrice: true }),
      size: undefined,
      expected: 0,
      why: 'the default is included, whatever its size',
    },
    {
      name: 'each part rounded up once',
      disk: { ...GUIDE_DISK, pricePerUnit: 0.000_000_4 },
      size: 60,
      expected: 24,
      why: '60 × 0.4 micro-dollars is 24, not 60 × 1',
    },
  ];
  it.each(cases)('$name: $why', ({ disk, size, expected }) => {
    const sizes = size === undefined ? { sent: {} } : { diskSize: size, sent: {} };
    expect(priceOffer(offer({ disk }), sizes)?.disk).toBe(expected);
  });
});
