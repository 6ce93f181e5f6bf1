import { priceToMicros } from './money.ts';
import type { MicroUsd } from './money.ts';
import type { Cost, CustomResource, Offer, Sizes } from './offer.ts';

/** The only currency that caps are written in. Amounts in another currency cannot be compared. */
export const CURRENCY = 'USD';

/**
 * Total price per hour of an offer with these sizes (docs/explanation/offers-and-prices.md). Each part is rounded up
 * once. Undefined if the price is unknown: no base price above 0, another currency, a negative unit price, or a
 * charge for an unknown size.
 */
export function priceOffer(offer: Offer, sizes: Sizes): Cost | undefined {
  const gpu = basePrice(offer);
  const disk = priceOfSize(offer.disk, sizes.diskSize);
  const vcpus = priceOfSize(offer.vcpus, sizes.vcpus);
  const memory = priceOfSize(offer.memory, sizes.memory);
  if (gpu === undefined || disk === undefined || vcpus === undefined || memory === undefined) {
    return undefined;
  }
  const total = gpu + disk + vcpus + memory;
  // Larger sums are not exact, and no instance costs nine billion dollars an hour.
  return Number.isSafeInteger(total) ? { gpu, disk, vcpus, memory, total } : undefined;
}

/**
 * Price per hour of one sizable part: 0 for a default size that is included, else the whole size times the unit
 * price. This also holds below the default: in the guide fewer vCPUs than the included ones cost extra.
 */
export function priceOfSize(resource: CustomResource, size: number | undefined): MicroUsd | undefined {
  if (resource.defaultIncludedInPrice && size === resource.defaultCount) {
    return 0;
  }
  const unitPrice = resource.pricePerUnit ?? 0;
  if (unitPrice === 0) {
    return 0;
  }
  return size === undefined ? undefined : toPrice(size * unitPrice);
}

function basePrice(offer: Offer): MicroUsd | undefined {
  if (offer.prices.currency !== CURRENCY) {
    return undefined;
  }
  const base = toPrice(statedPrice(offer) ?? 0);
  return base === 0 ? undefined : base;
}

/**
 * The price that `security` names, else the other one, because 0 means none. For an unknown `security` the higher of
 * the two.
 */
function statedPrice({ security, prices }: Offer): number | undefined {
  const onDemand = prices.onDemand === 0 ? undefined : prices.onDemand;
  const community = prices.communityPrice === 0 ? undefined : prices.communityPrice;
  switch (security) {
    case 'secure_cloud':
      return onDemand ?? community;
    case 'community_cloud':
      return community ?? onDemand;
    default:
      return onDemand === undefined || community === undefined
        ? (onDemand ?? community)
        : Math.max(onDemand, community);
  }
}

function toPrice(usd: number): MicroUsd | undefined {
  return Number.isFinite(usd) && usd >= 0 ? priceToMicros(usd) : undefined;
}
