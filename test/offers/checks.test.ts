import { describe, expect, test } from '@jest/globals';
import { OFFER_CHECKS } from '../../src/offers/checks/offer-checks.ts';
import { judgeOffer } from '../../src/offers/judge.ts';
import type { Offer } from '../../src/offers/offer.ts';
import { REJECTION_REASONS } from '../../src/offers/rejections.ts';
import type { RejectionReason } from '../../src/offers/rejections.ts';
import type { CoolingDown } from '../../src/offers/wish.ts';
import { guideOffer, offer, offerWithout, wish } from './support/builders.ts';
import type { SpecOverrides } from './support/builders.ts';

interface Row {
  name: string;
  offer: Offer;
  spec?: SpecOverrides;
  ceiling?: number;
  coolingDown?: CoolingDown;
  expected: RejectionReason | 'fits';
  why: string;
}

const ALWAYS_COOLING: CoolingDown = () => ({ reason: 'NoCapacity', untilText: '12:30' });

const rows: Row[] = [
  {
    name: 'the guide',
    offer: offer(),
    expected: 'fits',
    why: 'the smallest spec takes the offer of the guide',
  },
  {
    name: 'another type',
    offer: offer({ gpuType: 'A100_80GB' }),
    expected: 'GpuTypeNotWanted',
    why: 'not in gpu.types',
  },
  {
    name: 'second type',
    offer: offer({ gpuType: 'A100_80GB' }),
    spec: { gpu: { types: ['H100_80GB', 'A100_80GB'] } },
    expected: 'fits',
    why: 'any of the list will do',
  },
  {
    name: 'more GPUs',
    offer: offer({ gpuCount: 8 }),
    expected: 'GpuCountDiffers',
    why: 'more GPUs cost more',
  },
  {
    name: 'fewer GPUs',
    offer: offer(),
    spec: { gpu: { types: ['H100_80GB'], count: 2 } },
    expected: 'GpuCountDiffers',
    why: 'exact count',
  },
  {
    name: 'cluster',
    offer: offer({ multiNode: true }),
    expected: 'MultiNode',
    why: 'another endpoint rents those',
  },
  {
    name: 'socket',
    offer: offer(),
    spec: { gpu: { types: ['H100_80GB'], sockets: ['SXM5'] } },
    expected: 'SocketNotWanted',
    why: 'PCIe is not in the list',
  },
  {
    name: 'region',
    offer: offer(),
    spec: { placement: { regions: ['eu_west'] } },
    expected: 'RegionNotAllowed',
    why: 'canada is not in the list',
  },
  {
    name: 'no region',
    offer: offerWithout('region'),
    spec: { placement: { regions: ['eu_west'] } },
    expected: 'fits',
    why: 'the query was narrowed to the region',
  },
  {
    name: 'country',
    offer: offer(),
    spec: { placement: { countries: ['US'] } },
    expected: 'CountryNotAllowed',
    why: 'CA is not in the list',
  },
  {
    name: 'no country',
    offer: offerWithout('country'),
    spec: { placement: { countries: ['CA'] } },
    expected: 'CountryNotAllowed',
    why: 'unknown is not Canada',
  },
  {
    name: 'no country, any wished',
    offer: offerWithout('country'),
    expected: 'fits',
    why: 'no list, no question',
  },
  {
    name: 'data center',
    offer: offer(),
    spec: { placement: { dataCenters: ['CANADA-2'] } },
    expected: 'DataCenterNotAllowed',
    why: 'not in the list',
  },
  {
    name: 'no data center',
    offer: offerWithout('dataCenter'),
    spec: { placement: { dataCenters: ['CANADA-1'] } },
    expected: 'DataCenterNotAllowed',
    why: 'unknown is not CANADA-1',
  },
  {
    name: 'provider not allowed',
    offer: offer(),
    spec: { placement: { providers: { allow: ['runpod'] } } },
    expected: 'ProviderNotAllowed',
    why: 'not in the list',
  },
  {
    name: 'provider denied',
    offer: offer(),
    spec: { placement: { providers: { deny: ['hyperstack'] } } },
    expected: 'ProviderDenied',
    why: 'in the list',
  },
  {
    name: 'other provider denied',
    offer: offer(),
    spec: { placement: { providers: { deny: ['runpod'] } } },
    expected: 'fits',
    why: 'a deny list allows the rest',
  },
  {
    name: 'pin',
    offer: offer(),
    spec: { placement: { cloudId: 'n3-H100x2' } },
    expected: 'CloudIdDiffers',
    why: 'pinned to another',
  },
  {
    name: 'pinned',
    offer: offer(),
    spec: { placement: { cloudId: 'n3-H100x1' } },
    expected: 'fits',
    why: 'the pinned one',
  },
  {
    name: 'community',
    offer: offer({ security: 'community_cloud' }),
    expected: 'SecurityDiffers',
    why: 'secure_cloud is the default',
  },
  {
    name: 'secure when community is wished',
    offer: offer(),
    spec: { placement: { security: 'community_cloud' } },
    expected: 'SecurityDiffers',
    why: 'not the wish',
  },
  {
    name: 'any security',
    offer: offer({ security: 'moon_cloud' }),
    spec: { placement: { security: 'any' } },
    expected: 'fits',
    why: 'any takes new words too',
  },
  {
    name: 'new security',
    offer: offer({ security: 'moon_cloud' }),
    expected: 'SecurityDiffers',
    why: 'an unknown word is not secure',
  },
  { name: 'spot', offer: offer({ isSpot: true }), expected: 'SpotForbidden', why: 'forbidden by default' },
  {
    name: 'spot allowed',
    offer: offer({ isSpot: true }),
    spec: { placement: { spot: 'Allow' } },
    expected: 'fits',
    why: 'allowed',
  },
  {
    name: 'on demand allowed',
    offer: offer(),
    spec: { placement: { spot: 'Allow' } },
    expected: 'fits',
    why: 'Allow takes both',
  },
  {
    name: 'spot required',
    offer: offer(),
    spec: { placement: { spot: 'Require' } },
    expected: 'SpotRequired',
    why: 'on demand',
  },
  {
    name: 'spot as required',
    offer: offer({ isSpot: true }),
    spec: { placement: { spot: 'Require' } },
    expected: 'fits',
    why: 'required',
  },
  {
    name: 'prepaid',
    offer: offer({ prepaidHours: 24 }),
    expected: 'PrepaidForbidden',
    why: 'charged whatever happens',
  },
  {
    name: 'prepaid unreadable',
    offer: offer({ prepaidHours: Number.NaN }),
    expected: 'PrepaidForbidden',
    why: 'in doubt it charges',
  },
  {
    name: 'prepaid allowed',
    offer: offer({ prepaidHours: 24 }),
    spec: { placement: { allowPrepaid: true } },
    expected: 'fits',
    why: 'allowed',
  },
  { name: 'prepaid 0 h', offer: offer({ prepaidHours: 0 }), expected: 'fits', why: 'nothing is prepaid' },
  {
    name: 'unavailable',
    offer: offer({ stockStatus: 'Unavailable' }),
    expected: 'Unavailable',
    why: 'listed and not to be had',
  },
  {
    name: 'low stock',
    offer: offer({ stockStatus: 'Low' }),
    expected: 'fits',
    why: 'Low is the default minimum',
  },
  {
    name: 'low stock, Medium wished',
    offer: offer({ stockStatus: 'Low' }),
    spec: { placement: { minStock: 'Medium' } },
    expected: 'StockTooLow',
    why: 'Low < Medium',
  },
  {
    name: 'available, Medium wished',
    offer: offer(),
    spec: { placement: { minStock: 'Medium' } },
    expected: 'fits',
    why: 'Available ranks as Medium',
  },
  {
    name: 'available, High wished',
    offer: offer(),
    spec: { placement: { minStock: 'High' } },
    expected: 'StockTooLow',
    why: 'Available ranks as Medium',
  },
  {
    name: 'high stock',
    offer: offer({ stockStatus: 'High' }),
    spec: { placement: { minStock: 'High' } },
    expected: 'fits',
    why: 'High',
  },
  {
    name: 'new stock word',
    offer: offer({ stockStatus: 'Plenty' }),
    expected: 'fits',
    why: 'unknown ranks as Low',
  },
  {
    name: 'new stock word, Medium wished',
    offer: offer({ stockStatus: 'Plenty' }),
    spec: { placement: { minStock: 'Medium' } },
    expected: 'StockTooLow',
    why: 'unknown ranks as Low',
  },
  {
    name: 'euros',
    offer: offer({ prices: { currency: 'EUR' } }),
    expected: 'CurrencyDiffers',
    why: 'not comparable with a cap in USD',
  },
  {
    name: 'default image',
    offer: offer({ images: ['flux'] }),
    expected: 'ImageNotOffered',
    why: 'ubuntu_22_cuda_12 is wished when nothing is said',
  },
  { name: 'image', offer: offer(), spec: { image: 'flux' }, expected: 'ImageNotOffered', why: 'not listed' },
  {
    name: 'listed image',
    offer: offer({ images: ['flux'] }),
    spec: { image: 'flux' },
    expected: 'fits',
    why: 'listed',
  },
  {
    name: 'template',
    offer: offer({ images: ['flux'] }),
    spec: { customTemplateId: 'tpl1' },
    expected: 'fits',
    why: 'the guide uses one on an offer that does not list it',
  },
  {
    name: 'size',
    offer: guideOffer(),
    spec: { resources: { diskSize: 1001 } },
    expected: 'SizeNotOffered',
    why: 'at most 1000',
  },
  {
    name: 'size unknown',
    offer: offer({ memory: { defaultIncludedInPrice: true } }),
    spec: { resources: { memory: 1 } },
    expected: 'SizeNotOffered',
    why: 'no default, not sizable',
  },
  { name: 'price 0', offer: offer({ usd: 0 }), expected: 'InvalidPrice', why: 'a gap in the data' },
  {
    name: 'cooling down',
    offer: offer(),
    coolingDown: ALWAYS_COOLING,
    expected: 'CoolingDown',
    why: 'it failed a moment ago',
  },
  {
    name: 'at the cap',
    offer: offer({ usd: 1.9 }),
    spec: { maxPrice: 1.9 },
    expected: 'fits',
    why: 'the cap itself may be paid',
  },
  {
    name: 'above the cap',
    offer: offer({ usd: 1.9 }),
    spec: { maxPrice: 1.89 },
    expected: 'AboveMaxPrice',
    why: 'a cent above',
  },
  {
    name: 'a millionth above',
    offer: offer({ usd: 1.900_000_5 }),
    spec: { maxPrice: 1.9 },
    expected: 'AboveMaxPrice',
    why: 'rounded up, never down',
  },
  {
    name: 'disk above the cap',
    offer: guideOffer(),
    spec: { maxPrice: 2.7 },
    expected: 'AboveMaxPrice',
    why: '2.69 and 0.03 for the default disk: the cap is all in',
  },
  {
    name: 'above the ceiling',
    offer: offer({ usd: 1.9 }),
    spec: { maxPrice: 5 },
    ceiling: 1_800_000,
    expected: 'AboveMaxPrice',
    why: 'the operator bounds everybody',
  },
  {
    name: 'ceiling without maxPrice',
    offer: offer({ usd: 1.9 }),
    ceiling: 1_800_000,
    expected: 'AboveMaxPrice',
    why: 'it bounds those without a cap too',
  },
  { name: 'no cap', offer: offer({ usd: 900 }), expected: 'fits', why: 'nobody set a cap' },
];

test.each(rows)('$name → $expected: $why', (row) => {
  const policy = row.ceiling === undefined ? {} : { maxPriceCeilingMicros: row.ceiling };
  const verdict = judgeOffer(row.offer, wish(row.spec ?? {}, policy, row.coolingDown));
  expect(verdict.kind === 'fits' ? 'fits' : verdict.rejection.reason).toBe(row.expected);
});

describe('the list of checks', () => {
  test('every reason has a row above that gives it', () => {
    expect(new Set(rows.map((row) => row.expected))).toEqual(
      new Set(['fits', ...Object.keys(REJECTION_REASONS)]),
    );
  });

  test('reasons come in the documented order, whatever else is wrong with the offer', () => {
    const wrong = offer({
      gpuType: 'A100_80GB', gpuCount: 8, multiNode: true, socket: 'SXM4', region: 'eu_west', country: 'FR',
      dataCenter: 'X', provider: 'runpod', cloudId: 'x', security: 'community_cloud', isSpot: true, prepaidHours: 1,
      stockStatus: 'Unavailable', prices: { currency: 'EUR' }, images: [],
    }); // prettier-ignore
    const demanding = wish(
      {
        gpu: { types: ['H100_80GB'], sockets: ['PCIe'] },
        placement: {
          regions: ['canada'],
          countries: ['CA'],
          dataCenters: ['CANADA-1'],
          providers: { allow: ['hyperstack'] },
          cloudId: 'n3-H100x1',
          minStock: 'High',
        },
        resources: { diskSize: 5000 },
      },
      {},
      ALWAYS_COOLING,
    );
    const verdict = judgeOffer(wrong, demanding);
    const candidate = verdict.kind === 'rejected' ? verdict.rejection.candidate : undefined;
    expect(candidate).toBeDefined();
    const given = OFFER_CHECKS.map((check) => candidate && check(candidate, demanding)?.reason);
    const expected = Object.keys(REJECTION_REASONS).filter(
      (reason) => !['ProviderDenied', 'SpotRequired', 'StockTooLow', 'AboveMaxPrice'].includes(reason),
    );
    expect(given.filter((reason) => reason !== undefined)).toEqual(expected);
  });

  test('the price comes last, so that only offers that fit in all else count as too dear', () => {
    const verdict = judgeOffer(offer({ usd: 99 }), wish({ maxPrice: 1 }, {}, ALWAYS_COOLING));
    expect(verdict).toMatchObject({ rejection: { reason: 'CoolingDown', detail: 'NoCapacity until 12:30' } });
    expect(OFFER_CHECKS.at(-1)?.name).toBe('priceIsWithinCap');
  });
});
