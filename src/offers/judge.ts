import { toCandidate } from './candidate.ts';
import type { Candidate, FittingOffer } from './candidate.ts';
import { reject } from './checks/check.ts';
import { OFFER_CHECKS } from './checks/offer-checks.ts';
import type { Offer } from './offer.ts';
import type { Rejection, RejectionReason } from './rejections.ts';
import { marketOf, twinsOf } from './twins.ts';
import type { Market } from './twins.ts';
import type { OfferRequirements } from './requirements.ts';

export interface Verdicts {
  readonly fitting: readonly FittingOffer[];
  /** One for each other offer: its first reason. */
  readonly rejections: readonly Rejection[];
}

type Verdict =
  | { readonly kind: 'fits'; readonly fitting: FittingOffer }
  | { readonly kind: 'rejected'; readonly rejection: Rejection };

/** Properties that the spec forbids. A twin that is rejected for another reason is only not available now. */
const FORBIDS: ReadonlySet<RejectionReason> = new Set([
  'MultiNode',
  'SocketNotWanted',
  'RegionNotAllowed',
  'CountryNotAllowed',
  'DataCenterNotAllowed',
  'SecurityDiffers',
  'SpotForbidden',
  'SpotRequired',
  'PrepaidForbidden',
  'AccountLimit',
  'PrepaidAboveLimit',
  'CurrencyDiffers',
]);

/** Puts every offer on exactly one of two lists. */
export function judgeOffers(offers: readonly Offer[], requirements: OfferRequirements): Verdicts {
  const market = marketOf(offers);
  const fitting: FittingOffer[] = [];
  const rejections: Rejection[] = [];
  for (const offer of offers) {
    const verdict = judgeOffer(offer, requirements, market);
    if (verdict.kind === 'fits') {
      fitting.push(verdict.fitting);
    } else {
      rejections.push(verdict.rejection);
    }
  }
  return { fitting, rejections };
}

/**
 * Whether an offer fits, or the first reason why not. `market` holds the offers of the same answer; if it is empty,
 * the offer has no twins.
 */
export function judgeOffer(
  offer: Offer,
  requirements: OfferRequirements,
  market: Market = new Map(),
): Verdict {
  const candidate = toCandidate(offer, requirements);
  const twins = twinsOf(offer, market);
  const rejection = firstRejection(candidate, requirements) ?? rejectForTwin(candidate, twins, requirements);
  if (rejection !== undefined) {
    return { kind: 'rejected', rejection };
  }
  const { key, sizing, cost } = candidate;
  if (sizing.kind !== 'fits' || cost === undefined) {
    throw new Error('an offer without sizes or price passed the checks: the list of checks is incomplete');
  }
  const isPriceAmbiguous = twins.some((twin) => toCandidate(twin, requirements).cost?.total !== cost.total);
  return { kind: 'fits', fitting: { offer, key, sizes: sizing.sizes, cost, isPriceAmbiguous } };
}

function firstRejection(candidate: Candidate, requirements: OfferRequirements): Rejection | undefined {
  for (const check of OFFER_CHECKS) {
    const rejection = check(candidate, requirements);
    if (rejection !== undefined) {
      return rejection;
    }
  }
  return undefined;
}

/** The create request could rent the twin instead, and cannot exclude it. */
function rejectForTwin(
  candidate: Candidate,
  twins: readonly Offer[],
  requirements: OfferRequirements,
): Rejection | undefined {
  for (const twin of twins) {
    const reason = firstRejection(toCandidate(twin, requirements), requirements)?.reason;
    if (reason !== undefined && FORBIDS.has(reason)) {
      return reject(candidate, 'Indistinguishable', `same request as a row with ${reason}`);
    }
  }
  return undefined;
}

/** Whether a rejected offer would fit if these reasons did not count. */
export function failsOnlyFor(
  rejection: Rejection,
  requirements: OfferRequirements,
  reasons: readonly RejectionReason[],
): boolean {
  return OFFER_CHECKS.every((check) => {
    const reason = check(rejection.candidate, requirements)?.reason;
    return reason === undefined || reasons.includes(reason);
  });
}
