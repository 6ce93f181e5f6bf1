/** What tells offers apart; an offer has it, and so has the record of an order. */
export interface OfferIdentity {
  readonly provider: string;
  readonly cloudId: string;
  readonly gpuType: string;
  readonly socket: string;
  readonly gpuCount: number;
  readonly dataCenter?: string | undefined;
  readonly country?: string | undefined;
  readonly isSpot: boolean;
}

/**
 * Names an offer among all others. `cloudId` alone does not: one cloudId is sold in several counts and
 * places. A JSON array, because the words of the provider may contain any separator, spaces included.
 */
export function offerKey(offer: OfferIdentity): string {
  return JSON.stringify([
    offer.provider,
    offer.cloudId,
    offer.gpuType,
    offer.socket,
    offer.gpuCount,
    offer.dataCenter ?? null,
    offer.country ?? null,
    offer.isSpot,
  ]);
}

/** The upstream provider of an {@link offerKey}. */
export function upstreamOf(key: string): string {
  const parts: unknown = JSON.parse(key);
  return Array.isArray(parts) ? String(parts[0]) : '';
}
