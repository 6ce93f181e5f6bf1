import { describe, expect, it } from '@jest/globals';
import type { InstanceSnapshot } from '../../src/lifecycle/provider.ts';
import { joinRows } from '../../src/lifecycle/same-instance.ts';
import { nameOfAttempt } from '../support/builders/intent.ts';
import { aReadySnapshot, aSnapshot } from '../support/builders/snapshots.ts';

describe('two rows with one ID', () => {
  it.each<{
    name: string;
    one: Partial<InstanceSnapshot>;
    other: Partial<InstanceSnapshot>;
    joined: Partial<InstanceSnapshot>;
    isNamed?: false;
  }>([
    {
      name: 'are live if one of them is',
      one: { status: 'ACTIVE' },
      other: { status: 'TERMINATED' },
      joined: { status: 'ACTIVE' },
    },
    {
      name: 'are live if one of them has a status that this version does not know',
      one: { status: 'UNKNOWN' },
      other: { status: 'TERMINATED' },
      joined: { status: 'UNKNOWN' },
    },
    {
      name: 'are terminated if both are',
      one: { status: 'TERMINATED' },
      other: { status: 'TERMINATED' },
      joined: { status: 'TERMINATED' },
    },
    {
      name: 'have not failed if one of them works',
      one: { status: 'ERROR' },
      other: { status: 'ACTIVE' },
      joined: { status: 'ACTIVE' },
    },
    {
      name: 'cost the higher price',
      one: { priceUsdPerHour: 5 },
      other: { priceUsdPerHour: 2 },
      joined: { priceUsdPerHour: 5 },
    },
    {
      name: 'cost the price that one of them states',
      one: {},
      other: { priceUsdPerHour: 2 },
      joined: { priceUsdPerHour: 2 },
    },
    {
      name: 'do not cost what the terminated one states',
      one: { status: 'TERMINATED', priceUsdPerHour: 5 },
      other: { status: 'ACTIVE', priceUsdPerHour: 2 },
      joined: { status: 'ACTIVE', priceUsdPerHour: 2 },
    },
    {
      name: 'are a spot instance if one of them is',
      one: { isSpot: true },
      other: { isSpot: false },
      joined: { isSpot: true },
    },
    {
      name: 'have the name of this installation if one of them has',
      one: { name: 'renamed' },
      other: { name: nameOfAttempt(2) },
      joined: { name: nameOfAttempt(2) },
    },
    {
      name: 'have no name if they name two attempts, because it may be either',
      one: { name: nameOfAttempt(1) },
      other: { name: nameOfAttempt(2) },
      joined: {},
      isNamed: false,
    },
    {
      name: 'have no name if the terminated one names another attempt',
      one: { name: nameOfAttempt(1) },
      other: { name: nameOfAttempt(2), status: 'TERMINATED' },
      joined: {},
      isNamed: false,
    },
    {
      name: 'have no team if they name two, so that they prove nothing about either',
      one: { teamId: 't-1', userId: 'u-1' },
      other: { teamId: 't-2', userId: 'u-1' },
      joined: { userId: 'u-1' },
    },
    {
      name: 'have the team that one of them names',
      one: { teamId: 't-1' },
      other: {},
      joined: { teamId: 't-1' },
    },
  ])('$name, in any order', ({ one, other, joined, isNamed = true }) => {
    const { name, ...nameless } = aSnapshot();
    const expected = { ...nameless, ...(isNamed ? { name } : {}), ...joined };
    expect(joinRows(aSnapshot(one), aSnapshot(other))).toEqual(expected);
    expect(joinRows(aSnapshot(other), aSnapshot(one))).toEqual(expected);
  });

  it('fill each other’s gaps', () => {
    const { priceUsdPerHour: _price, ...unpriced } = aReadySnapshot();
    const { ssh: _ssh, ...unreachable } = aReadySnapshot();
    expect(joinRows(unpriced, unreachable)).toEqual(aReadySnapshot());
  });
});
