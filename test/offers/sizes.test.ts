import { expect, it } from '@jest/globals';
import { chooseSize } from '../../src/offers/reachable-size.ts';
import type { Fit } from '../../src/offers/reachable-size.ts';
import type { CustomResource } from '../../src/offers/offer.ts';
import { GUIDE_DISK, GUIDE_VCPUS, resource } from './support/builders.ts';

interface Row {
  name: string;
  part: CustomResource;
  requirements: number | undefined;
  fit?: Fit;
  /** [size, sent], or the closest reachable size where none fits. */
  expected: readonly [number | undefined, boolean] | { readonly nearest: number | undefined };
  why: string;
}

const FIXED = resource({ defaultCount: 100 });
const UNSTEPPED = resource({ minCount: 4, maxCount: 9, defaultCount: 4, pricePerUnit: 0.1 });

const rows: Row[] = [
  {
    name: 'no requirement',
    part: GUIDE_DISK,
    requirements: undefined,
    expected: [100, false],
    why: 'the default, unsent',
  },
  {
    name: 'no requirement, no default',
    part: resource(),
    requirements: undefined,
    expected: [undefined, false],
    why: 'there is nothing to send',
  },
  {
    name: 'on the grid',
    part: GUIDE_DISK,
    requirements: 200,
    expected: [200, true],
    why: 'the guide: step 10 from 50',
  },
  { name: 'off the grid', part: GUIDE_DISK, requirements: 201, expected: [210, true], why: 'next step up' },
  {
    name: 'the default',
    part: GUIDE_DISK,
    requirements: 100,
    expected: [100, false],
    why: 'a default is not sent',
  },
  {
    name: 'below the minimum',
    part: GUIDE_DISK,
    requirements: 1,
    expected: [50, true],
    why: 'the minimum is the smallest size on the grid',
  },
  {
    name: 'the maximum',
    part: GUIDE_DISK,
    requirements: 1000,
    expected: [1000, true],
    why: 'the maximum counts if it is on the grid',
  },
  {
    name: 'maximum off the grid',
    part: { ...GUIDE_DISK, maxCount: 1005 },
    requirements: 1001,
    expected: { nearest: 1000 },
    why: '1005 is not 50 + k·10',
  },
  {
    name: 'above the maximum',
    part: GUIDE_DISK,
    requirements: 1001,
    expected: { nearest: 1000 },
    why: 'never less than required',
  },
  {
    name: 'an included default beats a smaller size',
    part: GUIDE_VCPUS,
    requirements: 10,
    expected: [16, false],
    why: '10 cost 0.04, the included 16 cost nothing',
  },
  {
    name: 'above the included default',
    part: GUIDE_VCPUS,
    requirements: 17,
    expected: [18, true],
    why: 'the default is too small',
  },
  {
    name: 'default off the grid',
    part: { ...GUIDE_DISK, defaultCount: 95 },
    requirements: 91,
    expected: [95, false],
    why: '95 is cheaper than the 100 of the grid',
  },
  {
    name: 'default beyond the grid',
    part: { ...GUIDE_DISK, defaultCount: 2000 },
    requirements: 1500,
    expected: [2000, false],
    why: 'the default is reachable wherever it is',
  },
  {
    name: 'tie',
    part: { ...GUIDE_DISK, pricePerUnit: 0 },
    requirements: 60,
    expected: [60, true],
    why: 'both free: the smaller one',
  },
  {
    name: 'tie, default smaller',
    part: { ...GUIDE_DISK, pricePerUnit: 0, defaultCount: 65 },
    requirements: 61,
    expected: [65, false],
    why: 'both free: the smaller one, here the default',
  },
  {
    name: 'no step',
    part: UNSTEPPED,
    requirements: 7,
    expected: [7, true],
    why: 'no increments stated: whole units',
  },
  {
    name: 'step 0',
    part: { ...UNSTEPPED, step: 0 },
    requirements: 7,
    expected: [7, true],
    why: 'no division by zero',
  },
  {
    name: 'negative step',
    part: { ...UNSTEPPED, step: -2 },
    requirements: 7,
    expected: [7, true],
    why: 'no endless search downwards',
  },
  {
    name: 'min above max',
    part: { ...UNSTEPPED, minCount: 20 },
    requirements: 5,
    expected: { nearest: 4 },
    why: 'contradicting bounds leave only the default',
  },
  {
    name: 'huge maximum',
    part: { ...UNSTEPPED, maxCount: 1e15 },
    requirements: 1_000_000,
    expected: [1_000_000, true],
    why: 'computed, not walked',
  },
  {
    name: 'range without default',
    part: resource({ minCount: 4, maxCount: 9 }),
    requirements: 5,
    expected: [5, true],
    why: 'it can still be set',
  },
  {
    name: 'fixed, default is enough',
    part: FIXED,
    requirements: 80,
    expected: [100, false],
    why: 'a fixed size is never sent',
  },
  {
    name: 'fixed, default too small',
    part: FIXED,
    requirements: 101,
    expected: { nearest: 100 },
    why: 'it cannot be changed',
  },
  {
    name: 'fixed by a missing maximum',
    part: resource({ minCount: 1, defaultCount: 10 }),
    requirements: 11,
    expected: { nearest: 10 },
    why: 'one bound makes no range',
  },
  {
    name: 'fixed, no default',
    part: resource(),
    requirements: 1,
    expected: { nearest: undefined },
    why: 'nobody knows what the instance gets',
  },
  {
    name: 'exact on the grid',
    part: GUIDE_DISK,
    requirements: 210,
    fit: 'Exact',
    expected: [210, true],
    why: 'reachable',
  },
  {
    name: 'exact off the grid',
    part: GUIDE_DISK,
    requirements: 206,
    fit: 'Exact',
    expected: { nearest: 210 },
    why: 'no rounding',
  },
  {
    name: 'exact in the middle of two',
    part: GUIDE_DISK,
    requirements: 205,
    fit: 'Exact',
    expected: { nearest: 200 },
    why: 'tie: it shows the smaller one',
  },
  {
    name: 'exact, next to the default',
    part: { ...GUIDE_DISK, defaultCount: 204 },
    requirements: 205,
    fit: 'Exact',
    expected: { nearest: 204 },
    why: 'the default is closer than the 200 and 210 of the grid',
  },
  {
    name: 'exact below the minimum',
    part: { ...UNSTEPPED, defaultCount: 9 },
    requirements: 1,
    fit: 'Exact',
    expected: { nearest: 4 },
    why: 'the grid ends at its minimum',
  },
  {
    name: 'exact on a range of one size',
    part: resource({ minCount: 7, maxCount: 7, defaultCount: 5 }),
    requirements: 7,
    fit: 'Exact',
    expected: [7, true],
    why: 'equal bounds do not contradict each other',
  },
  {
    name: 'exact, default cheaper',
    part: GUIDE_VCPUS,
    requirements: 10,
    fit: 'Exact',
    expected: [10, true],
    why: 'Exact does not save money',
  },
  {
    name: 'exact default off the grid',
    part: { ...GUIDE_DISK, defaultCount: 95 },
    requirements: 95,
    fit: 'Exact',
    expected: [95, false],
    why: 'by sending nothing',
  },
  {
    name: 'exact on a fixed part',
    part: FIXED,
    requirements: 100,
    fit: 'Exact',
    expected: [100, false],
    why: 'equal',
  },
  {
    name: 'exact on another fixed part',
    part: FIXED,
    requirements: 80,
    fit: 'Exact',
    expected: { nearest: 100 },
    why: 'more is not exact',
  },
];

it.each(rows)('chooses $name ($requirements): $why', ({ part, requirements, fit = 'AtLeast', expected }) => {
  const choice = chooseSize(part, requirements, fit);
  expect(choice).toEqual(
    'nearest' in expected
      ? { kind: 'misses', nearest: expected.nearest }
      : { kind: 'fits', size: expected[0], isSent: expected[1] },
  );
});
