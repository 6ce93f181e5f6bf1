import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { GpuPodSpec } from '../../src/api/gpupod/spec.ts';
import { capToSend, priceLine } from '../../src/offers/cap.ts';
import type { CustomResource, Offer } from '../../src/offers/offer.ts';
import { chooseSize, isReachable } from '../../src/offers/reachable-size.ts';
import { priceOfSize } from '../../src/offers/price.ts';
import { summarizeRejections } from '../../src/offers/rejections.ts';
import { selectOffer } from '../../src/offers/select-offer.ts';
import type { Selection } from '../../src/offers/select-offer.ts';
import { SIZE_NAMES, resourceOf } from '../../src/offers/sizes.ts';
import { effectiveCap, noCooldowns, requirementsFrom } from '../../src/offers/requirements.ts';
import type { OfferPolicy } from '../../src/offers/requirements.ts';
import { offerLists, resources, specs } from './support/arbitraries.ts';
import { spec } from './support/builders.ts';

function policies(): fc.Arbitrary<OfferPolicy> {
  return fc.constantFrom({}, {}, { maxPriceCeiling: 1_300_000 }, { maxPriceCeiling: 2_500_000 });
}

const requested = specs().map((overrides) => spec(overrides));

function select(offers: readonly Offer[], of: GpuPodSpec, policy: OfferPolicy = {}): Selection {
  return selectOffer(offers, requirementsFrom(of, policy, noCooldowns));
}

/** Total price of the selected offer; Infinity if there is none. */
function priceOfPick(offers: readonly Offer[], of: GpuPodSpec): number {
  const selection = select(offers, of);
  return selection.kind === 'selected' ? selection.cost.total : Infinity;
}

function without<K extends keyof GpuPodSpec>(of: GpuPodSpec, field: K): Omit<GpuPodSpec, K> {
  const { [field]: _dropped, ...rest } = of;
  return rest;
}

describe('for any offers and requirements', () => {
  it('the selected price, the cap and the price line stay within the limit and cover the price', () => {
    fc.assert(
      fc.property(offerLists(), requested, policies(), (offers, of, policy) => {
        const requirements = requirementsFrom(of, policy, noCooldowns);
        const selection = selectOffer(offers, requirements);
        fc.pre(selection.kind === 'selected');
        const cap = effectiveCap(requirements.prices) ?? Infinity;
        const sent = capToSend(requirements.prices, selection);
        const line = priceLine(requirements.prices, { ...selection.cost, ...selection });
        expect(selection.cost.total).toBeLessThanOrEqual(sent);
        expect(sent).toBeLessThanOrEqual(line);
        expect(line).toBeLessThanOrEqual(cap);
      }),
    );
  });

  it('the total is the sum of its parts, in whole micro-dollars', () => {
    fc.assert(
      fc.property(offerLists(), requested, (offers, of) => {
        const selection = select(offers, of);
        fc.pre(selection.kind === 'selected');
        const { gpu, disk, vcpus, memory, total } = selection.cost;
        expect([gpu, disk, vcpus, memory].every((part) => Number.isSafeInteger(part))).toBe(true);
        expect(gpu + disk + vcpus + memory).toBe(total);
      }),
    );
  });

  it('the sequence of the offers changes nothing', () => {
    const shuffled = offerLists().chain((offers) =>
      fc.tuple(fc.constant(offers), fc.shuffledSubarray(offers, { minLength: offers.length })),
    );
    fc.assert(
      fc.property(shuffled, requested, policies(), ([offers, others], of, policy) => {
        const [a, b] = [select(offers, of, policy), select(others, of, policy)];
        const { rejections: rejectedA, ...choiceA } = a;
        const { rejections: rejectedB, ...choiceB } = b;
        expect(choiceA).toEqual(choiceB);
        expect(summarizeRejections(rejectedA)).toEqual(summarizeRejections(rejectedB));
      }),
      { numRuns: 300 },
    );
  });

  it('every offer either fits or is rejected, for one reason', () => {
    fc.assert(
      fc.property(offerLists(), requested, (offers, of) => {
        const selection = select(offers, of);
        const fitting = selection.kind === 'selected' ? selection.fittingCount : 0;
        expect(fitting + selection.rejections.length).toBe(offers.length);
        const counted = summarizeRejections(selection.rejections).reduce((sum, row) => sum + row.count, 0);
        expect(counted).toBe(selection.rejections.length);
      }),
    );
  });

  it('sizes are reachable and meet the requirements, and only those that differ from the default are sent', () => {
    fc.assert(
      fc.property(offerLists(), requested, (offers, of) => {
        const selection = select(offers, of);
        fc.pre(selection.kind === 'selected');
        const { offer, sizes } = selection;
        for (const name of SIZE_NAMES) {
          const part = resourceOf(offer, name);
          const [size, want] = [sizes[name], of.resources[name]];
          expect(size === undefined ? want === undefined : isReachable(part, size)).toBe(true);
          expect((size ?? 0) >= (want ?? 0)).toBe(true);
          expect(sizes.sent[name]).toBe(size === part.defaultCount ? undefined : size);
        }
      }),
    );
  });
});

describe('sizes compared with the list of all reachable ones', () => {
  /** Walks the grid, which the code must not do. */
  const allReachable = (part: CustomResource): number[] => {
    const { minCount: min, maxCount: max, defaultCount, step } = part;
    const sizes = defaultCount === undefined ? [] : [defaultCount];
    if (min !== undefined && max !== undefined) {
      for (let size = min; size <= max; size += step === undefined || step < 1 ? 1 : step) {
        sizes.push(size);
      }
    }
    return sizes;
  };

  it('takes for AtLeast the cheapest one that is large enough, and the smaller one of a tie', () => {
    fc.assert(
      fc.property(resources(), fc.integer({ min: 1, max: 90 }), (part, want) => {
        const [best] = allReachable(part)
          .filter((size) => size >= want)
          .toSorted((a, b) => (priceOfSize(part, a) ?? 0) - (priceOfSize(part, b) ?? 0) || a - b);
        const choice = chooseSize(part, want, 'AtLeast');
        expect(choice.kind === 'fits' ? choice.size : undefined).toBe(best);
      }),
      { numRuns: 1000 },
    );
  });

  it('takes for Exact only reachable ones, and shows the closest of the others', () => {
    fc.assert(
      fc.property(resources(), fc.integer({ min: 1, max: 90 }), (part, want) => {
        const reachable = allReachable(part);
        const [nearest] = reachable.toSorted((a, b) => Math.abs(a - want) - Math.abs(b - want) || a - b);
        const choice = chooseSize(part, want, 'Exact');
        expect(choice.kind).toBe(reachable.includes(want) ? 'fits' : 'misses');
        expect(choice.kind === 'fits' ? choice.size : choice.nearest).toBe(nearest);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('with Cheapest a looser filter never selects a more expensive offer', () => {
  const looser: { name: string; loosen: (of: GpuPodSpec) => GpuPodSpec }[] = [
    { name: 'any place and provider', loosen: (of) => ({ ...of, placement: spec().placement }) },
    { name: 'spot', loosen: (of) => ({ ...of, placement: { ...of.placement, spot: 'Allow' } }) },
    { name: 'security', loosen: (of) => ({ ...of, placement: { ...of.placement, security: 'any' } }) },
    { name: 'stock', loosen: (of) => ({ ...of, placement: { ...of.placement, minStock: 'Low' } }) },
    { name: 'types', loosen: (of) => ({ ...of, gpu: { ...of.gpu, types: ['H100_80GB', 'A100_80GB'] } }) },
    { name: 'maxPrice', loosen: (of) => without(of, 'maxPrice') },
    {
      name: 'a smaller disk',
      loosen: (of) => ({
        ...of,
        resources: { ...of.resources, ...(of.resources.diskSize === undefined ? {} : { diskSize: 1 }) },
      }),
    },
    {
      name: 'AtLeast instead of Exact',
      loosen: (of) => ({ ...of, resources: { ...of.resources, fit: 'AtLeast' } }),
    },
  ];
  it.each(looser)('$name', ({ name, loosen }) => {
    fc.assert(
      fc.property(offerLists(), requested, (offers, of) => {
        // By default security is secure_cloud and spot is forbidden; only then this change is looser.
        const strict: GpuPodSpec = {
          ...of,
          strategy: 'Cheapest',
          ...(name === 'any place and provider'
            ? { placement: { ...of.placement, security: 'secure_cloud', spot: 'Forbid' } }
            : {}),
          ...(name === 'a smaller disk' ? { resources: { ...of.resources, fit: 'AtLeast' } } : {}),
        };
        expect(priceOfPick(offers, loosen(strict))).toBeLessThanOrEqual(priceOfPick(offers, strict));
      }),
      { numRuns: 200 },
    );
  });
});

describe('a hint that names a price', () => {
  it('is true: with that maxPrice, that many offers fit', () => {
    fc.assert(
      fc.property(offerLists(), requested, policies(), (offers, of, policy) => {
        const selection = select(offers, of, policy);
        const hint = selection.kind === 'none' ? selection.hint : undefined;
        const told = /^raise maxPrice to ([\d.]+) to match (\d+) offer/.exec(hint ?? '');
        fc.pre(told !== null);
        expect(select(offers, { ...of, maxPrice: Number(told[1]) }, policy)).toMatchObject({
          kind: 'selected',
          fittingCount: Number(told[2]),
        });
      }),
      { numRuns: 50, maxSkipsPerRun: 1000 },
    );
  });
});
