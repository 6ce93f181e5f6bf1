import { toCandidate } from './candidate.ts';
import type { FittingOffer } from './candidate.ts';
import { OFFER_CHECKS } from './checks/offer-checks.ts';
import type { Offer } from './offer.ts';
import type { Rejection, RejectionReason } from './rejections.ts';
import type { OfferWish } from './wish.ts';

export interface Verdicts {
  readonly fitting: readonly FittingOffer[];
  /** One for each other offer: its first reason. */
  readonly rejections: readonly Rejection[];
}

type Verdict =
  | { readonly kind: 'fits'; readonly fitting: FittingOffer }
  | { readonly kind: 'rejected'; readonly rejection: Rejection };

/** Puts every offer on exactly one of two lists. */
export function judgeOffers(offers: readonly Offer[], wish: OfferWish): Verdicts {
  const fitting: FittingOffer[] = [];
  const rejections: Rejection[] = [];
  for (const offer of offers) {
    const verdict = judgeOffer(offer, wish);
    if (verdict.kind === 'fits') {
      fitting.push(verdict.fitting);
    } else {
      rejections.push(verdict.rejection);
    }
  }
  return { fitting, rejections };
}

/** Whether an offer fits, or the first reason why not. */
export function judgeOffer(offer: Offer, wish: OfferWish): Verdict {
  const candidate = toCandidate(offer, wish);
  for (const check of OFFER_CHECKS) {
    const rejection = check(candidate, wish);
    if (rejection !== undefined) {
      return { kind: 'rejected', rejection };
    }
  }
  const { key, sizing, cost } = candidate;
  if (sizing.kind !== 'fits' || cost === undefined) {
    throw new Error('an offer without sizes or price passed the checks: the list of checks is incomplete');
  }
  return { kind: 'fits', fitting: { offer, key, sizes: sizing.sizes, cost } };
}

/** Whether a rejected offer would fit if these reasons did not count. */
export function failsOnlyFor(
  rejection: Rejection,
  wish: OfferWish,
  reasons: readonly RejectionReason[],
): boolean {
  return OFFER_CHECKS.every((check) => {
    const reason = check(rejection.candidate, wish)?.reason;
    return reason === undefined || reasons.includes(reason);
  });
}
