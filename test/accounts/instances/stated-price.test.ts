import { describe, expect, it } from '@jest/globals';
import { afterReading } from '../../../src/accounts/instances/stated-price.ts';
import type { PriceReading, StatedPrice } from '../../../src/accounts/instances/stated-price.ts';

const LASTING_MS = 30_000;

function at(seconds: number, usdPerHour: number | undefined, wasReady = true): PriceReading {
  return { usdPerHour, atMs: 1_000 * seconds, wasReady };
}

function countedAfter(readings: readonly PriceReading[]): number | undefined {
  return readings.reduce<StatedPrice | undefined>(
    (known, reading) => afterReading(known, reading, LASTING_MS),
    undefined,
  )?.counted;
}

describe('the price that counts', () => {
  it.each([
    { name: 'the first one, because there is no other', readings: [at(0, 2)], counted: 2 },
    { name: 'none before any is stated', readings: [at(0, undefined)], counted: undefined },
    { name: 'a lower one at once', readings: [at(0, 2), at(1, 1)], counted: 1 },
    { name: 'the old one after a single rise', readings: [at(0, 2), at(60, 200)], counted: 2 },
    { name: 'the old one after a rise that ended', readings: [at(0, 2), at(1, 200), at(61, 2)], counted: 2 },
    { name: 'the old one while the rise is young', readings: [at(0, 2), at(1, 3), at(30, 3)], counted: 2 },
    { name: 'a rise that lasts', readings: [at(0, 2), at(1, 3), at(31, 3)], counted: 3 },
    {
      name: 'the lowest that all answers of a rise state',
      readings: [at(0, 2), at(1, 3), at(20, 200), at(31, 4)],
      counted: 3,
    },
    {
      name: 'the old one when answers without a price lie between two rises',
      readings: [at(0, 2), at(1, undefined), at(40, 200), at(50, undefined)],
      counted: 2,
    },
    {
      name: 'the old one when a second rise begins',
      readings: [at(0, 2), at(1, 200), at(20, 2), at(40, 200)],
      counted: 2,
    },
    {
      name: 'each one before the instance is ready, because the cap is checked then',
      readings: [at(0, 2, false), at(1, 5, false)],
      counted: 5,
    },
  ])('is $name', ({ readings, counted }) => {
    expect(countedAfter(readings)).toBe(counted);
  });
});
