/** What identifies an offer. The create intent records it too. */
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
 * Identifies an offer among all others. `cloudId` alone does not, because the provider sells one cloudId in several
 * counts and places. A JSON array, because the provider's names may contain any separator.
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
  return partOf(key, 0);
}

/** The GPU type of an {@link offerKey}. */
export function gpuTypeOf(key: string): string {
  return partOf(key, 2);
}

function partOf(key: string, index: number): string {
  const parts: unknown = JSON.parse(key);
  return Array.isArray(parts) ? String(parts[index]) : '';
}
