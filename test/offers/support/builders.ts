import { GpuPodSpec } from '../../../src/api/gpupod/spec.ts';
import type { GpuPodSpecInput } from '../../../src/api/gpupod/spec.ts';
import type { CustomResource, Offer, OfferPrices } from '../../../src/offers/offer.ts';
import { noCooldowns, requirementsFrom } from '../../../src/offers/requirements.ts';
import type { CooldownLookup, OfferPolicy, OfferRequirements } from '../../../src/offers/requirements.ts';

/** A part of an offer with a fixed size; free unless overridden. */
export function resource(overrides: Partial<CustomResource> = {}): CustomResource {
  return { defaultIncludedInPrice: false, ...overrides };
}

/** The sizable disk of the provider's guide. */
export const GUIDE_DISK = resource({
  minCount: 50,
  defaultCount: 100,
  maxCount: 1000,
  pricePerUnit: 0.0003,
  step: 10,
});

/** The sizable vCPUs of the provider's guide. */
export const GUIDE_VCPUS = resource({
  minCount: 4,
  defaultCount: 16,
  maxCount: 32,
  pricePerUnit: 0.004,
  step: 2,
  defaultIncludedInPrice: true,
});

type OfferOverrides = Partial<Omit<Offer, 'prices'>> & {
  readonly usd?: number;
  readonly prices?: Partial<OfferPrices>;
};

/** The offer of the provider's guide, with fixed resources. `usd` is short for its on-demand price. */
export function offer({ usd = 1.9, prices, ...overrides }: OfferOverrides = {}): Offer {
  return {
    provider: 'hyperstack',
    cloudId: 'n3-H100x1',
    gpuType: 'H100_80GB',
    socket: 'PCIe',
    gpuCount: 1,
    region: 'canada',
    dataCenter: 'CANADA-1',
    country: 'CA',
    security: 'secure_cloud',
    isSpot: false,
    stockStatus: 'Available',
    images: ['ubuntu_22_cuda_12', 'cuda_12_1_pytorch_2_2'],
    multiNode: false,
    disk: resource({ defaultCount: 100 }),
    vcpus: resource({ defaultCount: 28 }),
    memory: resource({ defaultCount: 180 }),
    ...overrides,
    prices: { onDemand: usd, isVariable: false, currency: 'USD', ...prices },
  };
}

/** The guide's sizable offer: GPU 2.69, disk not included, vCPUs included. */
export function guideOffer(overrides: OfferOverrides = {}): Offer {
  return offer({
    usd: 2.69,
    disk: GUIDE_DISK,
    vcpus: GUIDE_VCPUS,
    memory: resource({ defaultCount: 180 }),
    ...overrides,
  });
}

/** An offer without these optional fields. */
export function offerWithout(...fields: readonly ('region' | 'dataCenter' | 'country')[]): Offer {
  const { region, dataCenter, country, ...rest } = offer();
  const present = Object.entries({ region, dataCenter, country }).filter(
    ([name]) => !fields.some((field) => field === name),
  );
  return { ...rest, ...Object.fromEntries(present) };
}

export type SpecOverrides = Partial<GpuPodSpecInput>;

/** The smallest useful spec, through the real schema, so that the defaults are real. */
export function spec(overrides: SpecOverrides = {}): GpuPodSpec {
  return GpuPodSpec.parse({ gpu: { types: ['H100_80GB'] }, ...overrides });
}

export function requirements(
  overrides: SpecOverrides = {},
  policy: OfferPolicy = {},
  cooldownOf: CooldownLookup = noCooldowns,
): OfferRequirements {
  return requirementsFrom(spec(overrides), policy, cooldownOf);
}
