import fc from 'fast-check';
import type { CustomResource, Offer } from '../../../src/offers/offer.ts';
import { offer } from './builders.ts';
import type { SpecOverrides } from './builders.ts';

/** Few values a field, so that offers and requirements often match. */
const PROVIDERS = ['hyperstack', 'runpod', 'lambdalabs'];
const COUNTRIES = ['CA', 'US'];
const GPU_TYPES = ['H100_80GB', 'A100_80GB'];

export function resources(): fc.Arbitrary<CustomResource> {
  const sizable = fc.record(
    {
      minCount: fc.integer({ min: 0, max: 40 }),
      defaultCount: fc.integer({ min: 1, max: 60 }),
      maxCount: fc.integer({ min: 20, max: 80 }),
      step: fc.integer({ min: 0, max: 12 }),
      pricePerUnit: fc.integer({ min: 0, max: 50 }).map((millis) => millis / 1000),
      defaultIncludedInPrice: fc.boolean(),
    },
    { requiredKeys: ['defaultIncludedInPrice'] },
  );
  return fc.oneof(sizable, fc.constant({ defaultCount: 30, defaultIncludedInPrice: true }));
}

function offers(): fc.Arbitrary<Offer> {
  return fc
    .record({
      provider: fc.constantFrom(...PROVIDERS),
      cloudId: fc.constantFrom('a', 'b'),
      gpuType: fc.constantFrom(...GPU_TYPES),
      gpuCount: fc.constantFrom(1, 1, 1, 2),
      country: fc.constantFrom(...COUNTRIES),
      security: fc.constantFrom('secure_cloud', 'secure_cloud', 'community_cloud'),
      isSpot: fc.constantFrom(false, false, true),
      stockStatus: fc.constantFrom('Available', 'Low', 'Medium', 'High', 'Unavailable', 'Plenty'),
      images: fc.constantFrom(['ubuntu_22_cuda_12'], ['ubuntu_22_cuda_12', 'custom_template'], ['flux']),
      usd: fc.constantFrom(0, 0.5, 1, 1, 1.5, 2, 2.000_000_4, 3),
      prices: fc.record({ isVariable: fc.boolean() }),
      disk: resources(),
      vcpus: resources(),
      memory: resources(),
    })
    .map((fields) => offer(fields));
}

export function offerLists(): fc.Arbitrary<Offer[]> {
  return fc.array(offers(), { maxLength: 14 });
}

function sizes(): fc.Arbitrary<number | undefined> {
  return fc.option(fc.integer({ min: 1, max: 70 }), { nil: undefined });
}

/** Specs as people write them; `undefined` fields are left out. */
export function specs(): fc.Arbitrary<SpecOverrides> {
  return fc
    .record({
      types: fc.subarray(GPU_TYPES, { minLength: 1 }),
      countries: fc.option(fc.subarray(COUNTRIES, { minLength: 1 }), { nil: undefined }),
      allow: fc.option(fc.subarray(PROVIDERS, { minLength: 1 }), { nil: undefined }),
      security: fc.constantFrom('secure_cloud' as const, 'any' as const),
      spot: fc.constantFrom('Forbid' as const, 'Allow' as const),
      minStock: fc.constantFrom('Low' as const, 'Low' as const, 'Medium' as const, 'High' as const),
      strategy: fc.constantFrom('Cheapest' as const, 'Ordered' as const, 'BestStock' as const),
      fit: fc.constantFrom('AtLeast' as const, 'AtLeast' as const, 'Exact' as const),
      sizes: fc.record({ diskSize: sizes(), vcpus: sizes(), memory: sizes() }),
      maxPrice: fc.constantFrom(undefined, 0.5, 1.2, 2, 3.33),
      template: fc.boolean(),
    })
    .map((drawn) => ({
      gpu: { types: drawn.types },
      placement: {
        security: drawn.security,
        spot: drawn.spot,
        minStock: drawn.minStock,
        countries: drawn.countries,
        providers: { allow: drawn.allow },
      },
      strategy: drawn.strategy,
      resources: { ...drawn.sizes, fit: drawn.fit },
      maxPrice: drawn.maxPrice,
      customTemplateId: drawn.template ? 'tpl1' : undefined,
    }));
}
