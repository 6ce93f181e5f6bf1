import type { Cost, Offer, Sizes } from './offer.ts';
import { offerKey } from './offer-key.ts';
import { priceOffer } from './price.ts';
import { defaultSizes, fitSizes } from './sizes.ts';
import type { Sizing } from './sizes.ts';
import type { OfferRequirements } from './requirements.ts';

/** An offer with its sizes and price for the given requirements: what the checks look at. */
export interface Candidate {
  readonly offer: Offer;
  readonly key: string;
  readonly sizing: Sizing;
  /**
   * The price with the required sizes. If the offer lacks them, the price with its default sizes, so that a rejection
   * still shows one. Undefined without a valid price.
   */
  readonly cost: Cost | undefined;
}

/** An offer that passed every check. */
export interface FittingOffer {
  readonly offer: Offer;
  readonly key: string;
  readonly sizes: Sizes;
  readonly cost: Cost;
  /** The provider may answer the same create request with an offer of another price, so the cap is the chosen price. */
  readonly isPriceAmbiguous: boolean;
}

export function toCandidate(offer: Offer, requirements: OfferRequirements): Candidate {
  const sizing = fitSizes(offer, requirements.sizes, requirements.fit);
  const sizes = sizing.kind === 'fits' ? sizing.sizes : defaultSizes(offer);
  return { offer, key: offerKey(offer), sizing, cost: priceOffer(offer, sizes) };
}
