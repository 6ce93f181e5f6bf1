import type { Security } from '../api/common/securities.ts';
import { DEFAULT_IMAGE } from '../api/gpupod/spec.ts';
import type { GpuPodSpec } from '../api/gpupod/spec.ts';
import type { OfferLimits } from './account-limits.ts';
import { capToMicros, priceToMicros } from './money.ts';
import type { MicroUsd } from './money.ts';
import type { SizeRequirements } from './sizes.ts';

/** What a GpuPod asks of an offer, together with the operator's limits. */
export interface OfferRequirements {
  /** As the spec lists them: strategy Ordered follows this sequence. */
  readonly gpuTypes: readonly string[];
  readonly gpuCount: number;
  /** In each list, undefined means any. */
  readonly sockets: readonly string[] | undefined;
  readonly regions: readonly string[] | undefined;
  readonly countries: readonly string[] | undefined;
  readonly dataCenters: readonly string[] | undefined;
  readonly allowedProviders: readonly string[] | undefined;
  readonly deniedProviders: readonly string[] | undefined;
  readonly cloudId: string | undefined;
  readonly security: Security;
  readonly spot: GpuPodSpec['placement']['spot'];
  readonly allowPrepaid: boolean;
  readonly minStock: GpuPodSpec['placement']['minStock'];
  readonly strategy: GpuPodSpec['strategy'];
  readonly sizes: SizeRequirements;
  readonly fit: GpuPodSpec['resources']['fit'];
  /** Undefined with a custom template: no offer has to list it. */
  readonly image: string | undefined;
  readonly customTemplateId: string | undefined;
  readonly prices: PriceLimits;
  /** The limit for hours that are charged at once: `--max-total-price-per-hour`. */
  readonly upfrontLimit: MicroUsd | undefined;
  /** What is left of `spec.maxTotalCost`, and what was spent of it; undefined without a limit. */
  readonly totalCost: TotalCostLimit | undefined;
  /** Undefined: the operator's own key pays. */
  readonly accountLimits: OfferLimits | undefined;
  readonly cooldownOf: CooldownLookup;
}

export interface TotalCostLimit {
  readonly spent: MicroUsd;
  readonly left: MicroUsd;
}

/** The limits of the total price per hour. */
export interface PriceLimits {
  /** `spec.maxPrice`, rounded down. */
  readonly maxPrice?: MicroUsd;
  /** The operator's `--max-price-ceiling`, or what the account allows if that is lower. */
  readonly ceiling?: MicroUsd;
}

/** Returns the cooldown that an offer is in, if any. */
export type CooldownLookup = (offerKey: string) => ActiveCooldown | undefined;

export interface ActiveCooldown {
  /** The reason of the cooldown, such as NoCapacity or TemplateIncompatible. */
  readonly reason: string;
  /** For people; the choice does not depend on it. */
  readonly untilText?: string;
}

export interface OfferPolicy {
  readonly maxPriceCeiling?: MicroUsd;
  readonly maxTotalPricePerHour?: MicroUsd;
  /** `maxPrice` where a spec names none. */
  readonly defaultMaxPrice?: MicroUsd;
  readonly accountLimits?: OfferLimits | undefined;
  /** `placement.security` where a spec names none. @default secure_cloud */
  readonly defaultSecurity?: Security;
}

/** What a GpuPod gets that does not name it, and whose account does not either. */
const DEFAULT_SECURITY: Security = 'secure_cloud';

/** For callers without cooldowns. */
export function noCooldowns(): undefined {
  return undefined;
}

/**
 * Reads the requirements from a spec with its defaults filled in.
 *
 * @param spentUsd what all attempts of the GpuPod cost so far
 */
export function requirementsFrom(
  spec: GpuPodSpec,
  policy: OfferPolicy,
  cooldownOf: CooldownLookup,
  spentUsd = 0,
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
    security: placement.security ?? policy.defaultSecurity ?? DEFAULT_SECURITY,
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
    totalCost: totalCostFrom(spec, spentUsd),
    accountLimits: policy.accountLimits,
    cooldownOf,
  };
}

function totalCostFrom({ maxTotalCost }: GpuPodSpec, spentUsd: number): TotalCostLimit | undefined {
  const spent = priceToMicros(spentUsd);
  return maxTotalCost === undefined ? undefined : { spent, left: capToMicros(maxTotalCost) - spent };
}

/** The lower of `spec.maxPrice` and the operator's ceiling; undefined if there is no limit. */
export function effectiveCap({ maxPrice, ceiling }: PriceLimits): MicroUsd | undefined {
  const limits = [maxPrice, ceiling].filter((limit) => limit !== undefined);
  return limits.length === 0 ? undefined : Math.min(...limits);
}

/** The price limits of a spec under a policy. */
export function limitsFrom(spec: Pick<GpuPodSpec, 'maxPrice'>, policy: OfferPolicy): PriceLimits {
  const maxPrice = spec.maxPrice === undefined ? policy.defaultMaxPrice : capToMicros(spec.maxPrice);
  return {
    ...(maxPrice === undefined ? {} : { maxPrice }),
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
