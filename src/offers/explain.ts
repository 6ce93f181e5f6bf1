import { boundedText, countOf, offerText } from './offer-text.ts';
import type { SelectedOffer } from './select-offer.ts';

/**
 * Why this offer was chosen, in one sentence:
 * `cheapest of 7 offers that fit: hyperstack n3-H100x1 in CANADA-1 at 2.75 USD/h; 12 others rejected`. The counts
 * change with each answer of the provider, so write it only when choosing.
 */
export function explainChoice(selected: SelectedOffer): string {
  const { fittingCount, rule, rejections } = selected;
  const why = fittingCount === 1 ? 'only offer that fits' : `${rule} of ${fittingCount} offers that fit`;
  const rejected = rejections.length === 0 ? '' : `; ${countOf(rejections.length, 'other')} rejected`;
  return boundedText(`${why}: ${offerText(selected.offer, selected.cost)}${rejected}`);
}
