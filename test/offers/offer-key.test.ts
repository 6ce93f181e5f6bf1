import { describe, expect, it } from '@jest/globals';
import type { Offer } from '../../src/offers/offer.ts';
import { offerKey } from '../../src/offers/offer-key.ts';
import { offer } from './support/builders.ts';

describe('offerKey', () => {
  const cases: { name: string; other: Offer }[] = [
    { name: 'provider', other: offer({ provider: 'runpod' }) },
    { name: 'cloudId', other: offer({ cloudId: 'x' }) },
    { name: 'gpuType', other: offer({ gpuType: 'A100_80GB' }) },
    { name: 'socket', other: offer({ socket: 'SXM5' }) },
    { name: 'gpuCount', other: offer({ gpuCount: 2 }) },
    { name: 'dataCenter', other: offer({ dataCenter: 'CANADA-2' }) },
    { name: 'country', other: offer({ country: 'US' }) },
    { name: 'isSpot', other: offer({ isSpot: true }) },
  ];
  it.each(cases)('distinguishes offers by $name, because cloudId alone is not unique', ({ other }) => {
    expect(offerKey(other)).not.toBe(offerKey(offer()));
  });

  it('keeps names apart that contain separators', () => {
    expect(offerKey(offer({ provider: 'a","b', cloudId: 'c' }))).not.toBe(
      offerKey(offer({ provider: 'a', cloudId: 'b","c' })),
    );
  });

  it('ignores price and stock, which change', () => {
    expect(offerKey(offer({ usd: 9, stockStatus: 'Low' }))).toBe(offerKey(offer()));
  });
});
