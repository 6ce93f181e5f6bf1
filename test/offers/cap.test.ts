import { describe, expect, it } from '@jest/globals';
import { capToSend, priceLine } from '../../src/offers/cap.ts';
import { effectiveCap } from '../../src/offers/requirements.ts';
import { offer, requirements } from './support/builders.ts';

interface Row {
  name: string;
  total: number;
  maxPrice?: number;
  ceiling?: number;
  isVariable?: boolean;
  isPriceAmbiguous?: boolean;
  sent: number;
  line: number;
  why: string;
}

const rows: Row[] = [
  {
    name: 'maxPrice',
    total: 2_000_000,
    maxPrice: 3,
    sent: 3_000_000,
    line: 3_000_000,
    why: 'the user set it',
  },
  {
    name: 'maxPrice, variable',
    total: 2_000_000,
    maxPrice: 3,
    isVariable: true,
    sent: 3_000_000,
    line: 3_000_000,
    why: 'a hard cap gets no 5 %',
  },
  {
    name: 'none, fixed price',
    total: 2_000_000,
    sent: 2_000_000,
    line: 2_100_000,
    why: 'the computed price; terminated only 5 % above it',
  },
  {
    name: 'none, variable price',
    total: 2_000_000,
    isVariable: true,
    sent: 2_100_000,
    line: 2_100_000,
    why: 'the price may vary',
  },
  {
    name: 'rounding',
    total: 1_000_001,
    isVariable: true,
    sent: 1_050_001,
    line: 1_050_001,
    why: '1050001.05 rounded down',
  },
  {
    name: 'ceiling below maxPrice',
    total: 2_000_000,
    maxPrice: 9,
    ceiling: 3_000_000,
    sent: 3_000_000,
    line: 3_000_000,
    why: "the operator's limit applies to everybody",
  },
  {
    name: 'ceiling above maxPrice',
    total: 2_000_000,
    maxPrice: 3,
    ceiling: 9_000_000,
    sent: 3_000_000,
    line: 3_000_000,
    why: 'it never raises the cap',
  },
  {
    name: 'ceiling alone',
    total: 2_000_000,
    ceiling: 9_000_000,
    sent: 2_000_000,
    line: 2_100_000,
    why: 'a ceiling does not ask to pay that much',
  },
  {
    name: 'tight ceiling, variable',
    total: 2_000_000,
    isVariable: true,
    ceiling: 2_050_000,
    sent: 2_050_000,
    line: 2_050_000,
    why: '5 % must not exceed the ceiling',
  },
  {
    name: 'below a cent',
    total: 1_000,
    sent: 10_000,
    line: 10_000,
    why: 'the provider might read 0.00 as no cap',
  },
  {
    name: 'cent as maxPrice',
    total: 1_000,
    maxPrice: 0.01,
    sent: 10_000,
    line: 10_000,
    why: 'the lowest possible cap',
  },
  {
    name: 'maxPrice with a binary fraction',
    total: 1_000,
    maxPrice: 2.7,
    sent: 2_700_000,
    line: 2_700_000,
    why: '2.7 × 1e6 is not whole in binary',
  },
  {
    name: 'a twin of another price',
    total: 1_900_000,
    maxPrice: 3,
    isPriceAmbiguous: true,
    sent: 1_900_000,
    line: 1_995_000,
    why: 'only the cap tells the rows apart',
  },
  {
    name: 'a twin of another price, and a price that varies',
    total: 1_900_000,
    maxPrice: 3,
    isVariable: true,
    isPriceAmbiguous: true,
    sent: 1_995_000,
    line: 1_995_000,
    why: 'the stated tolerance and no more',
  },
  {
    name: 'a twin of another price, maxPrice just above',
    total: 1_900_000,
    maxPrice: 1.91,
    isPriceAmbiguous: true,
    sent: 1_900_000,
    line: 1_910_000,
    why: 'never above maxPrice',
  },
  {
    name: 'a twin of another price, no maxPrice, a ceiling below the tolerance',
    total: 1_900_000,
    ceiling: 1_950_000,
    isVariable: true,
    isPriceAmbiguous: true,
    sent: 1_950_000,
    line: 1_950_000,
    why: 'nor above the ceiling',
  },
];

it.each(rows)(
  '$name: $why',
  ({ total, maxPrice, ceiling, isVariable = false, isPriceAmbiguous = false, sent, line }) => {
    const spec = maxPrice === undefined ? {} : { maxPrice };
    const policy = ceiling === undefined ? {} : { maxPriceCeiling: ceiling };
    const { prices } = requirements(spec, policy);
    const cost = { gpu: total, disk: 0, vcpus: 0, memory: 0, total };
    const chosen = { offer: offer({ prices: { isVariable } }), cost, isPriceAmbiguous };
    expect(capToSend(prices, chosen)).toBe(sent);
    expect(priceLine(prices, { total, isPriceAmbiguous })).toBe(line);
  },
);

describe('the effective cap', () => {
  it('is undefined without maxPrice and ceiling', () => {
    expect(effectiveCap(requirements().prices)).toBeUndefined();
  });

  it('is maxPrice, rounded down to whole micro-dollars', () => {
    expect(effectiveCap(requirements({ maxPrice: 1.234_567_9 }).prices)).toBe(1_234_567);
  });
});
