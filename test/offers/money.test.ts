import { expect, it } from '@jest/globals';
import { capToMicros, formatUsd, microsToUsd, priceToMicros } from '../../src/offers/money.ts';

const rows = [
  { usd: 2.7, price: 2_700_000, cap: 2_700_000, text: '2.70', why: 'at least two decimals' },
  {
    usd: 4.03,
    price: 4_030_000,
    cap: 4_030_000,
    text: '4.03',
    why: '4.03 × 1e6 is 4030000.0000000005 in binary',
  },
  {
    usd: 2.01,
    price: 2_010_000,
    cap: 2_010_000,
    text: '2.01',
    why: '2.01 × 1e6 is 2009999.9999999998 in binary',
  },
  {
    usd: 1.000_000_4,
    price: 1_000_001,
    cap: 1_000_000,
    text: '1.000001',
    why: 'prices are rounded up, caps down',
  },
  { usd: 100_000, price: 100_000_000_000, cap: 100_000_000_000, text: '100000.00', why: 'the highest cap' },
];

it.each(rows)('$usd: $why', ({ usd, price, cap, text }) => {
  expect(priceToMicros(usd)).toBe(price);
  expect(capToMicros(usd)).toBe(cap);
  expect(formatUsd(priceToMicros(usd))).toBe(text);
  expect(microsToUsd(price)).toBeCloseTo(usd, 5);
});
