import type { Offer } from './offer.ts';

/** All offers of one answer, by what a create request is certain to tell apart. */
export type Market = ReadonlyMap<string, readonly Offer[]>;

export function marketOf(offers: readonly Offer[]): Market {
  return Map.groupBy(offers, groupOf);
}

/**
 * The other rows that the provider may rent for a request that means this one. A create body has no field for spot,
 * prepaid hours, stock, region or price; socket and security are sent, but nobody knows whether they are matched.
 * Data center and country tell rows apart only where the request names them.
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
