import type { FittingOffer } from './candidate.ts';
import { countsText } from './counts-text.ts';
import { hintFor } from './hint.ts';
import { failsOnlyFor, judgeOffers } from './judge.ts';
import { formatUsd } from './money.ts';
import type { Offer } from './offer.ts';
import { boundedText } from './offer-text.ts';
import { orderFor } from './order.ts';
import type { Rejection, RejectionReason } from './rejections.ts';
import { effectiveCap } from './requirements.ts';
import type { OfferRequirements } from './requirements.ts';

export type Selection = SelectedOffer | NoOfferSelected;

export interface SelectedOffer extends FittingOffer {
  readonly kind: 'selected';
  /** Number of offers that fit, including this one. */
  readonly fittingCount: number;
  /** All offers that fit, best first. */
  readonly ranked: readonly FittingOffer[];
  /** What it is among them, for people: `cheapest`. */
  readonly rule: string;
  readonly rejections: readonly Rejection[];
}

export interface NoOfferSelected {
  readonly kind: 'none';
  readonly reason: NoOfferReason;
  /**
   * Depends on the requirements alone, so that a waiting GpuPod does not cost a write each time the offers are read.
   */
  readonly message: string;
  readonly rejections: readonly Rejection[];
  /** What to relax. It names prices and counts of the current offers. */
  readonly hint?: string;
}

/** Reasons of the condition OfferSelected. */
export type NoOfferReason = 'NoOffers' | 'NoMatchingOffer' | 'AllOffersUnavailable' | 'AboveMaxPrice';

/** The provider listed something that the query did not ask for. */
const OF_ANOTHER_KIND: readonly RejectionReason[] = ['GpuTypeNotWanted', 'GpuCountDiffers'];
/** Reasons that pass without a person. */
const PASSING: readonly RejectionReason[] = ['Unavailable', 'CoolingDown'];

/**
 * Chooses the offer to rent: the first, by the strategy, of those that pass every check. Equal offers give an equal
 * choice, in whatever sequence they come.
 */
export function selectOffer(offers: readonly Offer[], requirements: OfferRequirements): Selection {
  const { fitting, rejections } = judgeOffers(offers, requirements);
  const { rule, compare } = orderFor(requirements, offers);
  const ranked = fitting.toSorted(compare);
  const [best] = ranked;
  if (best !== undefined) {
    return { kind: 'selected', ...best, fittingCount: ranked.length, ranked, rule, rejections };
  }
  const reason = reasonOfNone(rejections, requirements);
  const hint = hintFor(rejections, requirements);
  return {
    kind: 'none',
    reason,
    message: boundedText(countsText(rejections, requirements) ?? messageOf(reason, requirements)),
    rejections,
    ...(hint === undefined ? {} : { hint }),
  };
}

/** What a person can fix comes before what passes by itself. */
function reasonOfNone(rejections: readonly Rejection[], requirements: OfferRequirements): NoOfferReason {
  if (rejections.every(({ reason }) => OF_ANOTHER_KIND.includes(reason))) {
    return 'NoOffers';
  }
  if (rejections.some((rejection) => rejection.reason === 'AboveMaxPrice')) {
    return 'AboveMaxPrice';
  }
  const passes = rejections.some(
    (rejection) => PASSING.includes(rejection.reason) && failsOnlyFor(rejection, requirements, PASSING),
  );
  return passes ? 'AllOffersUnavailable' : 'NoMatchingOffer';
}

function messageOf(reason: NoOfferReason, requirements: OfferRequirements): string {
  switch (reason) {
    case 'NoOffers':
      return `The provider has no offer for ${requirements.gpuTypes.join(', ')}.`;
    case 'NoMatchingOffer':
      return 'The provider has offers, but none fits the spec.';
    case 'AllOffersUnavailable':
      return 'The offers that fit have no stock, or failed recently.';
    case 'AboveMaxPrice':
      return `The offers that fit cost more than ${capText(requirements)}.`;
  }
}

function capText({ prices }: OfferRequirements): string {
  const cap = effectiveCap(prices) ?? 0;
  const source = cap === prices.maxPrice ? 'maxPrice' : "the operator's price ceiling";
  return `${source}, ${formatUsd(cap)} USD per hour`;
}
