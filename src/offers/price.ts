import { priceToMicros } from './money.ts';
import type { MicroUsd } from './money.ts';
import type { Cost, CustomResource, Offer, Sizes } from './offer.ts';

/** The only currency that caps are written in; an amount in another one cannot be compared. */
export const CURRENCY = 'USD';

/**
 * What an offer costs an hour with these sizes, all in (docs/explanation/offers-and-prices.md). Undefined
 * where that cannot be said: no base price or one that is not above 0, another currency, a negative unit
 * price, or a part that is charged by a size which nobody knows. Each part is rounded up once.
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
  // Beyond that, sums are not exact any more, and no machine costs nine billion dollars an hour.
  return Number.isSafeInteger(total) ? { gpu, disk, vcpus, memory, total } : undefined;
}

/**
 * Price of one sizable part: nothing for the default where that is included, else the whole size times
 * the unit price, also below the default (the guide: fewer vcpus than the included ones cost extra).
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
 * The price that `security` names, the other only where that one is missing: a 0 is none. Which one counts for a word that
 * is new to us nobody knows, so the dearer.
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
