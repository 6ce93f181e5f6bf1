import type { Offer } from '../world/offer.ts';

interface PricingInfo {
  onDemand: number | null;
  communityPrice: number | null;
  spotPrice: number | null;
}

function lowest(prices: readonly (number | null)[]): number | null {
  const known = prices.filter((price) => price !== null);
  return known.length === 0 ? null : Math.min(...known);
}

function pricing(offers: readonly Offer[]): PricingInfo {
  const isSpot = (offer: Offer): boolean => offer.isSpot === true;
  const steady = offers.filter((offer) => !isSpot(offer));
  return {
    onDemand: lowest(steady.map((offer) => offer.prices.onDemand)),
    communityPrice: lowest(steady.map((offer) => offer.prices.communityPrice)),
    // Spot rows have their price in onDemand.
    spotPrice: lowest(offers.filter(isSpot).map((offer) => offer.prices.onDemand)),
  };
}

function byRegion(offers: readonly Offer[]): Record<string, PricingInfo> {
  const groups = Object.groupBy(
    offers.filter((offer) => offer.region !== null),
    (offer) => offer.region ?? '',
  );
  const entries = Object.entries(groups).map(([region, rows]) => [region, pricing(rows ?? [])] as const);
  return { cheapest: pricing(offers), ...Object.fromEntries(entries) };
}

/** `{type: {count: {cheapest, <region>…}}}` for the rows that are in stock. */
export function summaryView(
  offers: readonly Offer[],
): Record<string, Record<string, Record<string, PricingInfo>>> {
  const available = offers.filter((offer) => offer.stockStatus !== 'Unavailable');
  const byType = Object.groupBy(available, (offer) => offer.gpuType);
  return Object.fromEntries(
    Object.entries(byType).map(([type, rows]) => {
      const byCount = Object.groupBy(rows ?? [], (offer) => String(offer.gpuCount));
      const counts = Object.entries(byCount).map(([count, same]) => [count, byRegion(same ?? [])] as const);
      return [type, Object.fromEntries(counts)];
    }),
  );
}
