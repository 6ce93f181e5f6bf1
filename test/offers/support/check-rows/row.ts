import type { Security } from '../../../../src/api/common/securities.ts';
import type { OfferLimits } from '../../../../src/offers/account-limits.ts';
import type { Offer } from '../../../../src/offers/offer.ts';
import type { RejectionReason } from '../../../../src/offers/rejections.ts';
import type { CooldownLookup } from '../../../../src/offers/requirements.ts';
import type { SpecOverrides } from '../builders.ts';

/** One offer, the requirements, and the reason for which it is rejected. */
export interface CheckRow {
  readonly name: string;
  readonly offer: Offer;
  readonly spec?: SpecOverrides;
  readonly ceiling?: number;
  /** Limits of the account that pays. */
  readonly accountLimits?: OfferLimits;
  /** Default of the account that pays. */
  readonly defaultSecurity?: Security;
  /** Limit for all instances together, in micro-dollars per hour. */
  readonly total?: number;
  readonly cooldownOf?: CooldownLookup;
  readonly expected: RejectionReason | 'fits';
  readonly why: string;
}

export const ALWAYS_COOLING: CooldownLookup = () => ({ reason: 'NoCapacity', untilText: '12:30' });
