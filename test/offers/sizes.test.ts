import { describe, expect, test } from '@jest/globals';
import { chooseSize } from '../../src/offers/reachable-size.ts';
import type { Fit } from '../../src/offers/reachable-size.ts';
import type { CustomResource } from '../../src/offers/offer.ts';
import { defaultSizes, fitSizes } from '../../src/offers/sizes.ts';
import { GUIDE_DISK, GUIDE_VCPUS, guideOffer, offer, resource } from './support/builders.ts';

interface Row {
  name: string;
  part: CustomResource;
  requirements: number | undefined;
  fit?: Fit;
  /** [size, sent] or the nearest reachable size of a miss. */
  expected: readonly [number | undefined, boolean] | { readonly nearest: number | undefined };
  why: string;
}

const FIXED = resource({ defaultCount: 100 });
const UNSTEPPED = resource({ minCount: 4, maxCount: 9, defaultCount: 4, pricePerUnit: 0.1 });

const rows: Row[] = [
  {
    name: 'no wish',
    part: GUIDE_DISK,
    requirements: undefined,
    expected: [100, false],
    why: 'the default, unsent',
  },
  {
    name: 'no wish, no default',
    part: resource(),
    requirements: undefined,
    expected: [undefined, false],
    why: 'nothing to say',
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
    why: 'the minimum is the smallest on the grid',
  },
  {
    name: 'the maximum',
    part: GUIDE_DISK,
    requirements: 1000,
    expected: [1000, true],
    why: 'the maximum counts when it is on the grid',
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
    why: 'never less than the wish',
  },
  {
    name: 'included default beats less',
    part: GUIDE_VCPUS,
    requirements: 10,
    expected: [16, false],
    why: '10 cost 0.04, the included 16 nothing',
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
    why: 'the default is reachable wherever it lies',
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
    why: 'no increments named: whole units',
  },
  {
    name: 'step 0',
    part: { ...UNSTEPPED, step: 0 },
    requirements: 7,
    expected: [7, true],
    why: 'must not divide by zero',
  },
  {
    name: 'negative step',
    part: { ...UNSTEPPED, step: -2 },
    requirements: 7,
    expected: [7, true],
    why: 'must not walk downwards',
  },
  {
    name: 'min above max',
    part: { ...UNSTEPPED, minCount: 20 },
    requirements: 5,
    expected: { nearest: 4 },
    why: 'contradicting bounds leave the default only',
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
    name: 'fixed, default suffices',
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
    why: 'one bound is no range',
  },
  {
    name: 'fixed, no default',
    part: resource(),
    requirements: 1,
    expected: { nearest: undefined },
    why: 'nobody knows what one gets',
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
    why: 'tie: the smaller is shown',
  },
  {
    name: 'exact, next to the default',
    part: { ...GUIDE_DISK, defaultCount: 204 },
    requirements: 205,
    fit: 'Exact',
    expected: { nearest: 204 },
    why: 'the default is nearer than the 200 and 210 of the grid',
  },
  {
    name: 'exact below the minimum',
    part: { ...UNSTEPPED, defaultCount: 9 },
    requirements: 1,
    fit: 'Exact',
    expected: { nearest: 4 },
    why: 'the grid does not go on below its minimum',
  },
  {
    name: 'exact on a range of one size',
    part: resource({ minCount: 7, maxCount: 7, defaultCount: 5 }),
    requirements: 7,
    fit: 'Exact',
    expected: [7, true],
    why: 'equal bounds are no contradiction',
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

test.each(rows)('$name ($wish): $why', ({ part, requirements, fit = 'AtLeast', expected }) => {
  const choice = chooseSize(part, requirements, fit);
  expect(choice).toEqual(
    'nearest' in expected
      ? { kind: 'misses', nearest: expected.nearest }
      : { kind: 'fits', size: expected[0], isSent: expected[1] },
  );
});

describe('all parts of an offer', () => {
  test('only what differs from a default is sent, under the names of the create body', () => {
    expect(fitSizes(guideOffer(), { diskSize: 200, vcpus: 16, memory: 64 }, 'AtLeast')).toEqual({
      kind: 'fits',
      sizes: { diskSize: 200, vcpus: 16, memory: 180, sent: { diskSize: 200 } },
    });
  });

  test('each part gets its own wish', () => {
    const sizable = resource({ minCount: 1, maxCount: 99, defaultCount: 5 });
    const sizing = fitSizes(
      offer({ disk: sizable, vcpus: sizable, memory: sizable }),
      { diskSize: 11, vcpus: 22, memory: 33 },
      'Exact',
    );
    expect(sizing).toMatchObject({ sizes: { sent: { diskSize: 11, vcpus: 22, memory: 33 } } });
  });

  test('the first part that cannot be had is named', () => {
    expect(fitSizes(guideOffer(), { vcpus: 99, memory: 999 }, 'AtLeast')).toEqual({
      kind: 'misses',
      name: 'vcpus',
      requested: 99,
      nearest: 32,
    });
  });

  test('defaults are told and not sent; an unknown one is left out', () => {
    const unknown = defaultSizes(offer({ memory: resource() }));
    expect(unknown).toEqual({ diskSize: 100, vcpus: 28, sent: {} });
    expect(Object.keys(unknown)).not.toContain('memory');
    expect(defaultSizes(offer())).toEqual({ diskSize: 100, vcpus: 28, memory: 180, sent: {} });
  });
});
