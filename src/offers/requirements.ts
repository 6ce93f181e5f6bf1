import { DEFAULT_IMAGE } from '../api/spec.ts';
import type { GpuPodSpec } from '../api/spec.ts';
import { capToMicros } from './money.ts';
import type { MicroUsd } from './money.ts';
import type { SizeRequirements } from './sizes.ts';

/** What is looked for: the spec and the operator's policy as far as they concern the choice of an offer. */
export interface OfferRequirements {
  /** In the order of the spec, which strategy Ordered goes by. */
  readonly gpuTypes: readonly string[];
  readonly gpuCount: number;
  /** In each list, undefined = any. */
  readonly sockets: readonly string[] | undefined;
  readonly regions: readonly string[] | undefined;
  readonly countries: readonly string[] | undefined;
  readonly dataCenters: readonly string[] | undefined;
  readonly allowedProviders: readonly string[] | undefined;
  readonly deniedProviders: readonly string[] | undefined;
  readonly cloudId: string | undefined;
  readonly security: GpuPodSpec['placement']['security'];
  readonly spot: GpuPodSpec['placement']['spot'];
  readonly allowPrepaid: boolean;
  readonly minStock: GpuPodSpec['placement']['minStock'];
  readonly strategy: GpuPodSpec['strategy'];
  readonly sizes: SizeRequirements;
  readonly fit: GpuPodSpec['resources']['fit'];
  /** Undefined where a custom template is wished: no offer has to list it. */
  readonly image: string | undefined;
  readonly customTemplateId: string | undefined;
  readonly prices: PriceLimits;
  /** What prepaid hours may charge at once: `--max-total-price-per-hour`. */
  readonly upfrontLimit: MicroUsd | undefined;
  readonly cooldownOf: CooldownLookup;
}

/** What may be paid an hour for the whole machine. */
export interface PriceLimits {
  /** `spec.maxPrice`, rounded down. */
  readonly maxPrice?: MicroUsd;
  /** The operator's `--max-price-ceiling`. */
  readonly ceiling?: MicroUsd;
}

/** Says whether an offer failed a short while ago, and is left alone for that. */
export type CooldownLookup = (offerKey: string) => ActiveCooldown | undefined;

export interface ActiveCooldown {
  /** Why: the reason of a cooldown, such as NoCapacity or TemplateIncompatible. */
  readonly reason: string;
  /** For people; the choice does not depend on it. */
  readonly untilText?: string;
}

export interface OfferPolicy {
  readonly maxPriceCeiling?: MicroUsd;
  readonly maxTotalPricePerHour?: MicroUsd;
}

/** For callers that remember no failures. */
export function noCooldowns(): undefined {
  return undefined;
}

/** Reads the wish out of a spec with its defaults filled in. */
export function requirementsFrom(
  spec: GpuPodSpec,
  policy: OfferPolicy,
  cooldownOf: CooldownLookup,
): OfferRequirements {
  const { gpu, placement } = spec;
  return {
    gpuTypes: gpu.types,
    gpuCount: gpu.count,
    sockets: gpu.sockets,
    regions: placement.regions,
    countries: placement.countries,
    dataCenters: placement.dataCenters,
    allowedProviders: placement.providers?.allow,
    deniedProviders: placement.providers?.deny,
    cloudId: placement.cloudId,
    security: placement.security,
    spot: placement.spot,
    allowPrepaid: placement.allowPrepaid,
    minStock: placement.minStock,
    strategy: spec.strategy,
    sizes: sizesFrom(spec),
    fit: spec.resources.fit,
    image: spec.customTemplateId === undefined ? (spec.image ?? DEFAULT_IMAGE) : undefined,
    customTemplateId: spec.customTemplateId,
    prices: limitsFrom(spec, policy),
    upfrontLimit: policy.maxTotalPricePerHour,
    cooldownOf,
  };
}

/** The lower of `spec.maxPrice` and the operator's ceiling; undefined = no limit. */
export function effectiveCap({ maxPrice, ceiling }: PriceLimits): MicroUsd | undefined {
  const limits = [maxPrice, ceiling].filter((limit) => limit !== undefined);
  return limits.length === 0 ? undefined : Math.min(...limits);
}

/** The price limits of a spec under a policy. */
export function limitsFrom(spec: Pick<GpuPodSpec, 'maxPrice'>, policy: OfferPolicy): PriceLimits {
  return {
    ...(spec.maxPrice === undefined ? {} : { maxPrice: capToMicros(spec.maxPrice) }),
    ...(policy.maxPriceCeiling === undefined ? {} : { ceiling: policy.maxPriceCeiling }),
  };
}

function sizesFrom({ resources: { diskSize, vcpus, memory } }: GpuPodSpec): SizeRequirements {
  return {
    ...(diskSize === undefined ? {} : { diskSize }),
    ...(vcpus === undefined ? {} : { vcpus }),
    ...(memory === undefined ? {} : { memory }),
  };
}
