import type { OfferLimits } from '../account-limits.ts';
import type { Candidate } from '../candidate.ts';
import { formatUsd } from '../money.ts';
import { shortWord } from '../offer-text.ts';
import type { Rejection } from '../rejections.ts';
import type { OfferRequirements } from '../requirements.ts';
import { reject, takes } from './check.ts';

/** The limits of the account that pays. Each returns the field that excludes the offer. */
type LimitCheck = (candidate: Pick<Candidate, 'offer'>, limits: OfferLimits) => LimitField | undefined;

type LimitField = 'gpuTypes' | 'upstreamProviders' | 'security' | 'allowSpot' | 'allowPrepaid';

const LIMITS: readonly LimitCheck[] = [
  ({ offer }, { gpuTypes }) => (takes(gpuTypes, offer.gpuType) ? undefined : 'gpuTypes'),
  ({ offer }, { allowedProviders, deniedProviders = [] }) =>
    takes(allowedProviders, offer.provider) && !deniedProviders.includes(offer.provider)
      ? undefined
      : 'upstreamProviders',
  ({ offer }, { security }) => (security === 'any' || security === offer.security ? undefined : 'security'),
  ({ offer }, { allowSpot }) => (allowSpot || !offer.isSpot ? undefined : 'allowSpot'),
  ({ offer }, { allowPrepaid }) =>
    allowPrepaid || (offer.prepaidHours ?? 0) === 0 ? undefined : 'allowPrepaid',
];

export function accountAllowsIt(
  candidate: Candidate,
  { accountLimits }: OfferRequirements,
): Rejection | undefined {
  const field = accountLimits === undefined ? undefined : excludedBy(candidate, accountLimits);
  return field === undefined
    ? undefined
    : reject(
        candidate,
        'AccountLimit',
        `outside limits.${field} of ${shortWord(accountLimits?.owner ?? '')}`,
      );
}

/** The first limit of the account that excludes the offer. */
export function excludedBy(candidate: Pick<Candidate, 'offer'>, limits: OfferLimits): LimitField | undefined {
  return LIMITS.map((check) => check(candidate, limits)).find((field) => field !== undefined);
}

/** `nearest` is the cheapest offer that the account does not pay for. */
export function priceIsWithinAccountLimit(
  candidate: Candidate,
  { accountLimits }: OfferRequirements,
): Rejection | undefined {
  const { maxPrice, owner = '' } = accountLimits ?? {};
  const total = candidate.cost?.total ?? 0;
  return maxPrice === undefined || total <= maxPrice
    ? undefined
    : reject(
        candidate,
        'AboveAccountMaxPrice',
        `above limits.maxPrice ${formatUsd(maxPrice)} of ${shortWord(owner)}`,
        total - maxPrice,
      );
}
