import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { GpuPodSpec } from '../../src/api/gpupod/spec.ts';
import { selectOffer } from '../../src/offers/select-offer.ts';
import type { Selection } from '../../src/offers/select-offer.ts';
import { noCooldowns, requirementsFrom } from '../../src/offers/requirements.ts';
import { offerLists, specs } from './support/arbitraries.ts';
import { spec } from './support/builders.ts';

/** What a person does on each kind of advice. `value` is the word after "to" or "add". */
const FOLLOWED: readonly {
  advice: RegExp;
  follow: (of: GpuPodSpec, value: string) => GpuPodSpec;
}[] = [
  { advice: /^raise maxPrice to ([\d.]+)/, follow: (of, value) => ({ ...of, maxPrice: Number(value) }) },
  {
    advice: /^lower placement\.minStock to (\w+)/,
    follow: (of, value) => placed(of, { minStock: value === 'Medium' ? 'Medium' : 'Low' }),
  },
  {
    advice: /^add (\w+) to placement\.countries/,
    follow: (of, value) => placed(of, { countries: [...(of.placement.countries ?? []), value] }),
  },
  {
    advice: /^add (\w+) to placement\.providers\.allow/,
    follow: (of, value) =>
      placed(of, { providers: { allow: [...(of.placement.providers?.allow ?? []), value] } }),
  },
  { advice: /^choose image (\w+)/, follow: (of, value) => ({ ...of, image: value }) },
  {
    advice: /^set resources\.diskSize to (\d+)/,
    follow: (of, value) => sized(of, { diskSize: Number(value) }),
  },
  { advice: /^set resources\.vcpus to (\d+)/, follow: (of, value) => sized(of, { vcpus: Number(value) }) },
  { advice: /^set resources\.memory to (\d+)/, follow: (of, value) => sized(of, { memory: Number(value) }) },
  {
    advice: /^set gpu\.count to (\d+)/,
    follow: (of, value) => ({ ...of, gpu: { ...of.gpu, count: Number(value) } }),
  },
  { advice: /^remove resources\.(diskSize)/, follow: (of) => sized(of, { diskSize: undefined }) },
  { advice: /^remove resources\.(memory)/, follow: (of) => sized(of, { memory: undefined }) },
  { advice: /^remove resources\.(vcpus)/, follow: (of) => sized(of, { vcpus: undefined }) },
  { advice: /^set placement\.spot to (Allow)/, follow: (of) => placed(of, { spot: 'Allow' }) },
  { advice: /^set placement\.security to (any)/, follow: (of) => placed(of, { security: 'any' }) },
];

it('every hint wins an offer, and at least as many fit as it says', () => {
  const followed = new Set<RegExp>();
  fc.assert(
    fc.property(
      offerLists(),
      specs(),
      fc.constantFrom({}, { maxPriceCeiling: 1_300_000 }),
      (offers, overrides, policy) => {
        const of = spec(overrides);
        const selection = selectOffer(offers, requirementsFrom(of, policy, noCooldowns));
        const hint = hintOf(selection);
        const count = / to match (\d+) offers?/.exec(hint)?.[1];
        fc.pre(count !== undefined);
        const { advice, follow } = FOLLOWED.find((entry) => entry.advice.test(hint)) ?? {};
        expect(advice).toBeDefined();
        const relaxed = follow?.(of, advice?.exec(hint)?.[1] ?? '') ?? of;
        const then = selectOffer(offers, requirementsFrom(relaxed, policy, noCooldowns));
        expect(fittingCountOf(then)).toBeGreaterThanOrEqual(Number(count));
        followed.add(advice ?? /never/);
      },
    ),
    { numRuns: 800, maxSkipsPerRun: 1000, seed: 7 },
  );
  expect(followed.size).toBe(FOLLOWED.length);
});

function hintOf(selection: Selection): string {
  return selection.kind === 'none' ? (selection.hint ?? '') : '';
}

function fittingCountOf(selection: Selection): number {
  return selection.kind === 'selected' ? selection.fittingCount : 0;
}

function placed(of: GpuPodSpec, change: Partial<GpuPodSpec['placement']>): GpuPodSpec {
  return { ...of, placement: { ...of.placement, ...change } };
}

function sized(of: GpuPodSpec, change: Partial<GpuPodSpec['resources']>): GpuPodSpec {
  return { ...of, resources: { ...of.resources, ...change } };
}
