import { describe, expect, it } from '@jest/globals';
import { checkPrice, isAbovePriceLine, priceFacts } from '../../../src/lifecycle/rules/price-check.ts';
import type { GpuPodSpecInput } from '../../../src/api/gpupod/spec.ts';
import type { GpuPodStatus } from '../../../src/api/gpupod/status.ts';
import type { Policy } from '../../../src/lifecycle/settings.ts';
import { rentedGpuPod } from '../../support/builders/gpu-pod.ts';
import { intent } from '../../support/builders/intent.ts';
import { observed, WALL_TEXT } from '../../support/builders/observation.ts';
import { aSnapshot } from '../../support/builders/snapshots.ts';
import { messageOf, outline, statusOf } from '../support/outline.ts';

interface Row {
  readonly name: string;
  readonly billed?: number;
  readonly spec?: Partial<GpuPodSpecInput>;
  readonly status?: Partial<GpuPodStatus>;
  readonly policy?: Partial<Policy>;
  readonly ends: boolean;
  readonly why: string;
}

describe('checkPrice', () => {
  // The offer was chosen at 1.90.
  it.each<Row>([
    { name: 'no price yet', ends: false, why: 'there is no price to compare with the cap' },
    {
      name: 'maxPrice to the cent',
      billed: 2.5,
      spec: { maxPrice: 2.5 },
      ends: false,
      why: 'the cap itself is allowed',
    },
    {
      name: 'a micro-dollar above maxPrice',
      billed: 2.500001,
      spec: { maxPrice: 2.5 },
      ends: true,
      why: 'the cap is exact',
    },
    {
      name: 'above the price of the offer, below maxPrice',
      billed: 2.4,
      spec: { maxPrice: 2.5 },
      ends: false,
      why: 'the user allowed it',
    },
    { name: 'no maxPrice, 5 % above the offer', billed: 1.995, ends: false, why: 'exchange rates move' },
    { name: 'no maxPrice, more than 5 % above', billed: 1.995001, ends: true, why: 'nobody allowed that' },
    {
      name: 'above the ceiling of the operator',
      billed: 2.1,
      spec: { maxPrice: 2.5 },
      policy: { maxPriceCeiling: 2_000_000 },
      ends: true,
      why: "the operator's limit applies to everybody",
    },
    {
      name: 'a ready instance',
      billed: 9,
      status: { readyAt: WALL_TEXT },
      ends: false,
      why: 'the work on it is worth more',
    },
    {
      name: 'a price that only the status has',
      status: { cost: { pricePerHour: 1.9, billedPerHour: 3 } },
      ends: true,
      why: 'the create response stated it',
    },
    {
      name: 'a new price that is lower than the recorded one',
      billed: 1.8,
      status: { cost: { pricePerHour: 1.9, billedPerHour: 3 } },
      ends: false,
      why: 'the latest snapshot counts',
    },
  ])(
    'terminates with $name: $ends, because $why',
    ({ billed, spec = {}, status = {}, policy = {}, ends }) => {
      const snapshot = aSnapshot(billed === undefined ? {} : { priceUsdPerHour: billed });
      const step = checkPrice(observed({ gpuPod: rentedGpuPod({ spec, status }), policy }), snapshot);
      expect(outline(step).step).toBe(ends ? 'writeStatus' : '-');
    },
  );

  it('terminates nothing if the status lost its cost and no price is known', () => {
    const { cost: _cost, ...status } = rentedGpuPod().status;
    expect(checkPrice(observed({ gpuPod: { ...rentedGpuPod(), status } }), aSnapshot())).toBeUndefined();
  });

  it.each([
    { billed: 1.9, ends: false, hasIntent: true, why: 'its create intent has the price' },
    { billed: 2, ends: true, hasIntent: true, why: 'its create intent has the price' },
    { billed: 1.9, ends: true, hasIntent: false, why: 'no price was ever agreed' },
  ])(
    'terminates at $billed without a recorded cost and maxPrice: $ends, because $why',
    ({ billed, ends, hasIntent }) => {
      const { cost: _cost, ...status } = rentedGpuPod().status;
      const { annotations, ...metadata } = rentedGpuPod().metadata;
      const gpuPod = {
        ...rentedGpuPod(),
        metadata: { ...metadata, annotations: hasIntent ? annotations : {} },
        status,
      };
      const step = checkPrice(observed({ gpuPod }), aSnapshot({ priceUsdPerHour: billed }));
      expect(outline(step).step).toBe(ends ? 'writeStatus' : '-');
    },
  );

  it.each([
    { billed: 1.99, ends: false },
    { billed: 2, ends: true },
  ])(
    'does not allow all of maxPrice if the same request matches offers of other prices: $billed, $ends',
    ({ billed, ends }) => {
      const intended = intent({ isPriceAmbiguous: true });
      const gpuPod = rentedGpuPod({ spec: { maxPrice: 3 }, intent: intended });
      const step = checkPrice(observed({ gpuPod }), aSnapshot({ priceUsdPerHour: billed }));
      expect(outline(step).step).toBe(ends ? 'writeStatus' : '-');
    },
  );

  it.each([
    { billed: 2.5, policy: {}, ends: false, why: 'the create request allowed it' },
    { billed: 3.01, policy: {}, ends: true, why: 'the create request did not allow it' },
    { billed: 2.5, policy: { maxPriceCeiling: 2_000_000 }, ends: true, why: "the operator's limit holds" },
  ])(
    'ends an instance without maxPrice, whose account had a default of 3.00, at $billed: $ends, because $why',
    ({ billed, policy, ends }) => {
      const gpuPod = rentedGpuPod({ intent: intent({ capSent: 3_000_000 }) });
      const step = checkPrice(observed({ gpuPod, policy }), aSnapshot({ priceUsdPerHour: billed }));
      expect(outline(step).step).toBe(ends ? 'writeStatus' : '-');
    },
  );

  it('reports both prices', () => {
    const known = observed({ gpuPod: rentedGpuPod({ spec: { maxPrice: 2.5 } }) });
    const step = checkPrice(known, aSnapshot({ priceUsdPerHour: 2.75 }));
    expect(messageOf(statusOf(step), 'Ready')).toContain('2.75 USD/h, above the cap of 2.50 USD/h');
    expect(statusOf(step).attempts).toMatchObject([{ ending: 'AboveMaxPrice' }]);
  });
});

describe('isAbovePriceLine', () => {
  it.each([
    { billed: undefined, above: false },
    { billed: 2.5, above: false },
    { billed: 2.51, above: true },
  ])('is $above for $billed with a maxPrice of 2.50', ({ billed, above }) => {
    expect(isAbovePriceLine(observed({ gpuPod: rentedGpuPod({ spec: { maxPrice: 2.5 } }) }), billed)).toBe(
      above,
    );
  });
});

describe('priceFacts', () => {
  it('keep the rest of the cost', () => {
    const { status } = rentedGpuPod();
    expect(priceFacts(status, aSnapshot({ priceUsdPerHour: 1.8 }))).toEqual({
      cost: { ...status.cost, billedPerHour: 1.8 },
    });
  });

  it.each([
    { name: 'falls', cost: { billedPerHour: 2 }, now: 1, expected: { billedPerHour: 1, highestPerHour: 2 } },
    { name: 'rises', cost: { billedPerHour: 2 }, now: 3, expected: { billedPerHour: 3 } },
    {
      name: 'falls twice',
      cost: { billedPerHour: 1.5, highestPerHour: 2 },
      now: 1,
      expected: { billedPerHour: 1, highestPerHour: 2 },
    },
    {
      name: 'rises again, but not as far',
      cost: { billedPerHour: 1, highestPerHour: 2 },
      now: 1.5,
      expected: { billedPerHour: 1.5, highestPerHour: 2 },
    },
    {
      name: 'rises above the highest',
      cost: { billedPerHour: 1, highestPerHour: 2 },
      now: 3,
      expected: { billedPerHour: 3 },
    },
  ])('keep the highest price while a lower one is billed: it $name', ({ cost, now, expected }) => {
    const { status } = rentedGpuPod({ status: { cost } });
    expect(priceFacts(status, aSnapshot({ priceUsdPerHour: now }))).toEqual({ cost: expected });
  });

  it('are empty if the provider states no price, so that the recorded one stays', () => {
    expect(priceFacts(rentedGpuPod().status, aSnapshot())).toEqual({});
  });
});
