import { describe, expect, test } from '@jest/globals';
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
  test.each(cases)('tells offers apart by $name, as cloudId alone is not unique', ({ other }) => {
    expect(offerKey(other)).not.toBe(offerKey(offer()));
  });

  test('words that contain separators cannot be mixed up', () => {
    expect(offerKey(offer({ provider: 'a","b', cloudId: 'c' }))).not.toBe(
      offerKey(offer({ provider: 'a', cloudId: 'b","c' })),
    );
  });

  test('price and stock change and do not make another offer of it', () => {
    expect(offerKey(offer({ usd: 9, stockStatus: 'Low' }))).toBe(offerKey(offer()));
  });
});
