import { describe, expect, it } from '@jest/globals';
import type { Attempt, GpuPodStatus } from '../../../src/api/gpupod/status.ts';
import { accrue, accruedUsd } from '../../../src/lifecycle/status/accrual.ts';
import {
  costOfFailures,
  currentAttempt,
  currentAttemptNumber,
  withAttempt,
} from '../../../src/lifecycle/status/attempts.ts';
import { withDisplayedPrice } from '../../../src/lifecycle/status/price.ts';
import { timestamp } from '../../../src/lifecycle/status/timestamp.ts';
import { rentedStatus } from '../../support/builders/gpu-pod.ts';
import { nameOfAttempt } from '../../support/builders/intent.ts';
import { WALL_MS, WALL_TEXT } from '../../support/builders/observation.ts';

const FRESH: GpuPodStatus = { observedGeneration: 1 };

function withoutPod({ podId: _podId, ...status }: GpuPodStatus): GpuPodStatus {
  return status;
}

function nameless(): GpuPodStatus {
  const { podName: _podName, ...status } = rentedStatus({ attempts: [{ number: 3 }] });
  return status;
}

describe('accruedUsd', () => {
  // Created ten minutes before now.
  it.each([
    { name: 'ten minutes at the computed price', status: rentedStatus(), usd: 0.316667, why: 'price × time' },
    {
      name: 'a billed price',
      status: rentedStatus({ cost: { pricePerHour: 1.9, billedPerHour: 6 } }),
      usd: 1,
      why: 'what is billed counts',
    },
    {
      name: 'a price that fell',
      status: rentedStatus({ cost: { pricePerHour: 1.9, billedPerHour: 3, highestPerHour: 6 } }),
      usd: 1,
      why: 'the hours before were not cheaper',
    },
    {
      name: 'a day that was charged at once',
      status: rentedStatus({ offer: { prepaidHours: 24 } }),
      usd: 45.6,
      why: 'it is billed in any case',
    },
    {
      name: 'a minute that was charged at once, long ago',
      status: rentedStatus({ offer: { prepaidHours: 1 / 60 } }),
      usd: 0.316667,
      why: 'after it every hour is billed',
    },
    {
      name: 'a creation in the future',
      status: rentedStatus({ createdAt: '2026-11-24T00:00:00Z' }),
      usd: 0.321944,
      why: 'the instance is as old as its attempt',
    },
    {
      name: 'a creation hours before the attempt',
      status: rentedStatus({ createdAt: '2026-11-23T02:00:00Z' }),
      usd: 0.321944,
      why: 'the instance is as old as its attempt',
    },
    {
      name: 'a creation in the future without an attempt',
      status: rentedStatus({ createdAt: '2026-11-24T00:00:00Z', attempts: [] }),
      usd: 0,
      why: 'a cost is never negative',
    },
    {
      name: 'an absurd price',
      status: rentedStatus({ cost: { billedPerHour: Number.MAX_VALUE } }),
      usd: 1_000_000_000,
      why: 'JSON has no infinite number, and the whole status would be unwritable',
    },
    {
      name: 'an end that was proven five minutes ago',
      status: rentedStatus({
        createdAt: timestamp(WALL_MS - 600_000),
        terminatedAt: timestamp(WALL_MS - 300_000),
        cost: { pricePerHour: 6 },
      }),
      usd: 0.5,
      why: 'it costs nothing since',
    },
    {
      name: 'an end in the future',
      status: rentedStatus({ terminatedAt: '2099-01-01T00:00:00Z' }),
      usd: 0.316667,
      why: 'the time has not been billed yet',
    },
    { name: 'no price', status: rentedStatus({ cost: {} }), usd: undefined, why: 'nobody knows' },
    {
      name: 'an unreadable creation time',
      status: rentedStatus({ createdAt: 'x' }),
      usd: undefined,
      why: 'nobody knows',
    },
    { name: 'nothing rented', status: FRESH, usd: undefined, why: 'there is nothing to bill' },
  ])('of $name is $usd: $why', ({ status, usd }) => {
    expect(accruedUsd(status, WALL_MS)).toBe(usd);
  });
});

describe('accrue', () => {
  it('brings the cost up to now', () => {
    expect(accrue(rentedStatus(), WALL_MS).cost).toMatchObject({
      accrued: 0.316667,
      accruedAt: WALL_TEXT,
      pricePerHour: 1.9,
    });
  });

  it.each([
    { name: 'nothing is rented', status: FRESH },
    { name: 'the instance has ended', status: withoutPod(rentedStatus()) },
    { name: 'the price is not known', status: rentedStatus({ cost: {} }) },
  ])('changes nothing where $name', ({ status }) => {
    expect(accrue(status, WALL_MS)).toBe(status);
  });
});

describe('withDisplayedPrice', () => {
  it.each([
    { cost: { pricePerHour: 1.9 }, text: '1.90', why: 'nothing is billed yet' },
    { cost: { pricePerHour: 1.9, billedPerHour: 2 }, text: '2.00', why: 'that is what the instance costs' },
    { cost: { pricePerHour: 0.1234567 }, text: '0.123457', why: 'a smaller part costs nothing' },
    { cost: { pricePerHour: 1.9, displayPerHour: '7.00' }, text: '1.90', why: 'the text follows the price' },
  ])('writes $cost as $text, because $why', ({ cost, text }) => {
    expect(withDisplayedPrice({ ...rentedStatus(), cost }).cost?.displayPerHour).toBe(text);
  });

  it('writes nothing without a price', () => {
    const status = { ...rentedStatus(), cost: undefined };
    expect(withDisplayedPrice(status)).toBe(status);
  });
});

describe('attempts', () => {
  const ten: Attempt[] = Array.from({ length: 10 }, (_, index) => ({
    number: index + 1,
    outcome: 'Refused',
  }));

  it('keep the last ten, by number', () => {
    const numbers = withAttempt({ ...FRESH, attempts: ten }, 11, { outcome: 'Failed' }).map(
      ({ number }) => number,
    );
    expect(numbers).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  it('are sorted by number, wherever a new one belongs', () => {
    const attempts = withAttempt({ ...FRESH, attempts: [{ number: 3 }, { number: 1 }] }, 2, {});
    expect(attempts.map(({ number }) => number)).toEqual([1, 2, 3]);
  });

  it('are changed without losing other fields', () => {
    const changed = withAttempt({ ...FRESH, attempts: [{ number: 2, offer: 'o' }, { number: 1 }] }, 2, {
      outcome: 'Ended',
    });
    expect(changed).toEqual([{ number: 1 }, { number: 2, offer: 'o', outcome: 'Ended' }]);
    expect(
      withAttempt({ ...FRESH, attempts: [{ number: 1, offer: 'a' }, { number: 2 }] }, 2, { cost: 1 }),
    ).toEqual([
      { number: 1, offer: 'a' },
      { number: 2, cost: 1 },
    ]);
  });

  it.each([
    { name: 'by the name of its instance', status: rentedStatus(), number: 1 },
    {
      name: 'not by an attempt that is over',
      status: rentedStatus({
        podName: nameOfAttempt(2),
        attempts: [
          { number: 1, podName: nameOfAttempt(2), outcome: 'Failed' },
          { number: 2, podName: nameOfAttempt(2) },
        ],
      }),
      number: 2,
    },
    {
      name: 'by the number in the name if the record is lost',
      status: rentedStatus({ podName: nameOfAttempt(7), attempts: [] }),
      number: 7,
    },
    {
      name: 'not by an open one of another name',
      status: rentedStatus({
        podName: nameOfAttempt(1),
        attempts: [
          { number: 1, podName: nameOfAttempt(1) },
          { number: 2, podName: nameOfAttempt(2) },
        ],
      }),
      number: 1,
    },
    {
      name: 'above those on record if the record is lost and the name is an old one',
      status: rentedStatus({ podName: nameOfAttempt(2), attempts: [{ number: 5, outcome: 'Failed' }] }),
      number: 6,
    },
    {
      name: 'as the first where the name says 0',
      status: rentedStatus({ podName: nameOfAttempt(0), attempts: [] }),
      number: 1,
    },
    { name: 'by no name if the status lost it', status: nameless(), number: 3 },
    {
      name: 'as the first where the name says nothing',
      status: rentedStatus({ podName: 'x', attempts: [] }),
      number: 1,
    },
  ])('find the current one $name', ({ status, number }) => {
    expect(currentAttemptNumber(status)).toBe(number);
  });

  it('have no current one if nothing is rented', () => {
    expect(currentAttempt({ ...FRESH, attempts: ten })).toBeUndefined();
  });

  it('add up the cost of the last failures', () => {
    const attempts: Attempt[] = [
      { number: 1, outcome: 'Failed', cost: 100 },
      { number: 2, outcome: 'Failed', cost: 1 },
      { number: 3, outcome: 'Refused' },
      { number: 4, outcome: 'Failed' },
      { number: 5, outcome: 'Failed', cost: 0.5 },
    ];
    expect(costOfFailures({ ...FRESH, attempts }, 3)).toBe(1.5);
  });
});
