import { describe, expect, it } from '@jest/globals';
import { OFFER_CHECKS } from '../../src/offers/checks/offer-checks.ts';
import { judgeOffer } from '../../src/offers/judge.ts';
import { REJECTION_REASONS } from '../../src/offers/rejections.ts';
import { offer, requirements } from './support/builders.ts';
import { ACCOUNT_ROWS } from './support/check-rows/account.ts';
import { INSTANCE_ROWS } from './support/check-rows/instance.ts';
import { PLACEMENT_ROWS } from './support/check-rows/placement.ts';
import { ALWAYS_COOLING } from './support/check-rows/row.ts';
import { TERMS_ROWS } from './support/check-rows/terms.ts';

const rows = [...ACCOUNT_ROWS, ...INSTANCE_ROWS, ...PLACEMENT_ROWS, ...TERMS_ROWS];

it.each(rows)('$name → $expected: $why', (row) => {
  const policy = {
    ...(row.ceiling === undefined ? {} : { maxPriceCeiling: row.ceiling }),
    ...(row.total === undefined ? {} : { maxTotalPricePerHour: row.total }),
    ...(row.defaultSecurity === undefined ? {} : { defaultSecurity: row.defaultSecurity }),
    accountLimits: row.accountLimits,
  };
  const verdict = judgeOffer(row.offer, requirements(row.spec ?? {}, policy, row.cooldownOf));
  expect(verdict.kind === 'fits' ? 'fits' : verdict.rejection.reason).toBe(row.expected);
});

/** The rows have their opposite, or they need a limit or a row without a place. */
const NOT_GIVEN = [
  'ProviderDenied',
  'SpotRequired',
  'StockTooLow',
  'Indistinguishable',
  'PrepaidAboveLimit',
  'AboveMaxTotalCost',
  'AccountLimit',
  'AboveAccountMaxPrice',
  'AboveMaxPrice',
];

describe('the list of checks', () => {
  it('has a row for every reason', () => {
    expect(new Set(rows.map((row) => row.expected))).toEqual(
      new Set(['fits', ...Object.keys(REJECTION_REASONS)]),
    );
  });

  it('gives reasons in the documented sequence, whatever else is wrong with the offer', () => {
    const wrong = offer({
      gpuType: 'A100_80GB', gpuCount: 8, multiNode: true, socket: 'SXM4', region: 'eu_west', country: 'FR',
      dataCenter: 'X', provider: 'runpod', cloudId: 'x', security: 'community_cloud', isSpot: true, prepaidHours: 1,
      stockStatus: 'Unavailable', prices: { currency: 'EUR' }, images: ['axolotl'],
    }); // prettier-ignore
    const demanding = requirements(
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
    const expected = Object.keys(REJECTION_REASONS).filter((reason) => !NOT_GIVEN.includes(reason));
    expect(given.filter((reason) => reason !== undefined)).toEqual(expected);
  });

  it.each([
    { name: 'nothing', images: [], image: undefined, offered: true },
    { name: 'nothing', images: [], image: 'ubuntu_22_cuda_12', offered: true },
    { name: 'nothing', images: [], image: 'axolotl', offered: false },
    { name: 'another', images: ['axolotl'], image: undefined, offered: false },
  ])('accepts image $image for an offer that lists $name: $offered', ({ images, image, offered }) => {
    const verdict = judgeOffer(offer({ images }), requirements(image === undefined ? {} : { image }));
    const isRefused = verdict.kind === 'rejected' && verdict.rejection.reason === 'ImageNotOffered';
    expect(isRefused).toBe(!offered);
  });

  it('checks the price last, so that only offers that fit otherwise count as too expensive', () => {
    const verdict = judgeOffer(offer({ usd: 99 }), requirements({ maxPrice: 1 }, {}, ALWAYS_COOLING));
    expect(verdict).toMatchObject({ rejection: { reason: 'CoolingDown', detail: 'NoCapacity until 12:30' } });
    expect(OFFER_CHECKS.at(-1)?.name).toBe('priceIsWithinCap');
  });
});
