import type { Cost, Offer, Sizes } from './offer.ts';
import { offerKey } from './offer-key.ts';
import { priceOffer } from './price.ts';
import { defaultSizes, fitSizes } from './sizes.ts';
import type { Sizing } from './sizes.ts';
import type { OfferRequirements } from './requirements.ts';

/** An offer, sized and priced for a wish: what the checks look at. */
export interface Candidate {
  readonly offer: Offer;
  readonly key: string;
  readonly sizing: Sizing;
  /**
   * With the wished sizes; with the default ones where those cannot be had, so that a rejected offer can
   * still be shown with a price. Undefined where there is no valid price.
   */
  readonly cost: Cost | undefined;
}

/** An offer that passed every check. */
export interface FittingOffer {
  readonly offer: Offer;
  readonly key: string;
  readonly sizes: Sizes;
  readonly cost: Cost;
  /** The same request may be answered with a row of another price: its cap is what was chosen. */
  readonly isPriceAmbiguous: boolean;
}

export function toCandidate(offer: Offer, requirements: OfferRequirements): Candidate {
  const sizing = fitSizes(offer, requirements.sizes, requirements.fit);
  const sizes = sizing.kind === 'fits' ? sizing.sizes : defaultSizes(offer);
  return { offer, key: offerKey(offer), sizing, cost: priceOffer(offer, sizes) };
}
