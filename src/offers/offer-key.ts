import type { Offer } from './offer.ts';

/**
 * Names an offer among all others. `cloudId` alone does not: one cloudId is sold in several counts and
 * places. A JSON array, because the words of the provider may contain any separator, spaces included.
 */
export function offerKey(offer: Offer): string {
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
