import type { Offer } from './offer.ts';

/** All offers of one answer, grouped by what a create request surely distinguishes. */
export type Market = ReadonlyMap<string, readonly Offer[]>;

export function marketOf(offers: readonly Offer[]): Market {
  return Map.groupBy(offers, groupOf);
}

/**
 * The other offers that the provider may rent for a request that means this one. A create request has no field for
 * spot, prepaid hours, stock, region or price. It has socket and security, but nobody knows whether the provider
 * matches them. Data center and country count only where the request names them.
 */
export function twinsOf(offer: Offer, market: Market): readonly Offer[] {
  return (market.get(groupOf(offer)) ?? []).filter(
    (other) =>
      other !== offer &&
      (offer.dataCenter === undefined || offer.dataCenter === other.dataCenter) &&
      (offer.country === undefined || offer.country === other.country),
  );
}

function groupOf({ provider, cloudId, gpuType, gpuCount }: Offer): string {
  return JSON.stringify([provider, cloudId, gpuType, gpuCount]);
}
