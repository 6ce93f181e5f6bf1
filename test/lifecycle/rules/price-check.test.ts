import { describe, expect, it } from '@jest/globals';
import { checkPrice, isAbovePriceLine, priceFacts } from '../../../src/lifecycle/rules/price-check.ts';
import type { GpuPodSpecInput } from '../../../src/api/spec.ts';
import type { GpuPodStatus } from '../../../src/api/status.ts';
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
    { name: 'no price yet', ends: false, why: 'there is nothing to hold against the cap' },
    {
      name: 'maxPrice to the cent',
      billed: 2.5,
      spec: { maxPrice: 2.5 },
      ends: false,
      why: 'the cap may be paid',
    },
    {
      name: 'a micro-dollar above maxPrice',
      billed: 2.500001,
      spec: { maxPrice: 2.5 },
      ends: true,
      why: 'a cap is a cap',
    },
    {
      name: 'above the price of the offer, below maxPrice',
      billed: 2.4,
      spec: { maxPrice: 2.5 },
      ends: false,
      why: 'the person allowed it',
    },
    { name: 'no maxPrice, 5 % above the offer', billed: 1.995, ends: false, why: 'currencies move' },
    { name: 'no maxPrice, more than 5 % above', billed: 1.995001, ends: true, why: 'nobody asked for that' },
    {
      name: 'above the ceiling of the operator',
      billed: 2.1,
      spec: { maxPrice: 2.5 },
      policy: { maxPriceCeiling: 2_000_000 },
      ends: true,
      why: 'it bounds everybody',
    },
    {
      name: 'a ready pod',
      billed: 9,
      status: { readyAt: WALL_TEXT },
      ends: false,
      why: 'the work on it is worth more',
    },
    {
      name: 'a price that only the status has',
      status: { cost: { pricePerHour: 1.9, billedPerHour: 3 } },
      ends: true,
      why: 'the answer to the order named it',
    },
    {
      name: 'a new price that is lower than the recorded one',
      billed: 1.8,
      status: { cost: { pricePerHour: 1.9, billedPerHour: 3 } },
      ends: false,
      why: 'the last look counts',
    },
  ])('$name: ends $ends, because $why', ({ billed, spec = {}, status = {}, policy = {}, ends }) => {
    const snapshot = aSnapshot(billed === undefined ? {} : { priceUsdPerHour: billed });
    const step = checkPrice(observed({ gpuPod: rentedGpuPod({ spec, status }), policy }), snapshot);
    expect(outline(step).step).toBe(ends ? 'writeStatus' : '-');
  });

  it('ends nothing where the status lost its cost, and no price is known', () => {
    const { cost: _cost, ...status } = rentedGpuPod().status;
    expect(checkPrice(observed({ gpuPod: { ...rentedGpuPod(), status } }), aSnapshot())).toBeUndefined();
  });

  it.each([
    { billed: 1.9, ends: false, hasIntent: true, why: 'its order says what it may cost' },
    { billed: 2, ends: true, hasIntent: true, why: 'its order says what it may cost' },
    { billed: 1.9, ends: true, hasIntent: false, why: 'no price was ever agreed on' },
  ])(
    'what lost its cost, has no maxPrice, and bills $billed: $ends, because $why',
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
    'where rows of other prices answer to the same request, maxPrice is no price line: $billed, $ends',
    ({ billed, ends }) => {
      const ordered = intent({ isPriceAmbiguous: true });
      const gpuPod = rentedGpuPod({ spec: { maxPrice: 3 }, intent: ordered });
      const step = checkPrice(observed({ gpuPod }), aSnapshot({ priceUsdPerHour: billed }));
      expect(outline(step).step).toBe(ends ? 'writeStatus' : '-');
    },
  );

  it('says both prices', () => {
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
  ])('of $billed with a maxPrice of 2.50 is $above', ({ billed, above }) => {
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

  it('are none where the provider says none: what is on record stands', () => {
    expect(priceFacts(rentedGpuPod().status, aSnapshot())).toEqual({});
  });
});
