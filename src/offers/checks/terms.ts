import type { Candidate } from '../candidate.ts';
import { formatUsd } from '../money.ts';
import { shortWord } from '../offer-text.ts';
import { CURRENCY } from '../price.ts';
import type { Rejection } from '../rejections.ts';
import { stockRank } from '../stock.ts';
import { chargedAtOnce, MAX_PREPAID_HOURS } from '../upfront.ts';
import { effectiveCap } from '../requirements.ts';
import type { OfferRequirements } from '../requirements.ts';
import { reject } from './check.ts';

/** Checks of availability and price. */

export function spotIsWanted(candidate: Candidate, requirements: OfferRequirements): Rejection | undefined {
  const { isSpot } = candidate.offer;
  if (isSpot && requirements.spot === 'Forbid') {
    return reject(candidate, 'SpotForbidden');
  }
  return !isSpot && requirements.spot === 'Require' ? reject(candidate, 'SpotRequired') : undefined;
}

export function prepaidIsWanted(
  candidate: Candidate,
  requirements: OfferRequirements,
): Rejection | undefined {
  const { prepaidHours = 0 } = candidate.offer;
  return prepaidHours === 0 || (requirements.allowPrepaid && prepaidHours <= MAX_PREPAID_HOURS)
    ? undefined
    : reject(candidate, 'PrepaidForbidden', `${prepaidHours} h prepaid`, prepaidHours);
}

/** The hours are charged within the first hour, so they count against the limit per hour. */
export function prepaidIsWithinLimit(
  candidate: Candidate,
  requirements: OfferRequirements,
): Rejection | undefined {
  const { prepaidHours = 0 } = candidate.offer;
  const charged = chargedAtOnce(candidate.cost?.total ?? 0, prepaidHours);
  return prepaidHours === 0 || requirements.upfrontLimit === undefined || charged <= requirements.upfrontLimit
    ? undefined
    : reject(candidate, 'PrepaidAboveLimit', `${formatUsd(charged)} USD at once`, charged);
}

/** What the next attempt charges first, an hour or all prepaid hours, must fit into what is left. */
export function totalCostIsWithinLimit(
  candidate: Candidate,
  { totalCost }: OfferRequirements,
): Rejection | undefined {
  const charged = chargedAtOnce(candidate.cost?.total ?? 0, candidate.offer.prepaidHours);
  return totalCost === undefined || charged <= totalCost.left
    ? undefined
    : reject(candidate, 'AboveMaxTotalCost', `${formatUsd(charged)} USD at first`, charged);
}

export function isAvailable(candidate: Candidate): Rejection | undefined {
  return stockRank(candidate.offer.stockStatus) === 0 ? reject(candidate, 'Unavailable') : undefined;
}

/** Only for offers in stock: an unavailable offer has a reason of its own, which passes by itself. */
export function stockIsEnough(candidate: Candidate, requirements: OfferRequirements): Rejection | undefined {
  const { stockStatus } = candidate.offer;
  const rank = stockRank(stockStatus);
  const missing = stockRank(requirements.minStock) - rank;
  return rank === 0 || missing <= 0
    ? undefined
    : reject(candidate, 'StockTooLow', `stock ${shortWord(stockStatus)}`, missing);
}

export function currencyIsUsd(candidate: Candidate): Rejection | undefined {
  const { currency } = candidate.offer.prices;
  return currency === CURRENCY ? undefined : reject(candidate, 'CurrencyDiffers', shortWord(currency));
}

export function priceIsValid(candidate: Candidate): Rejection | undefined {
  return candidate.cost === undefined ? reject(candidate, 'InvalidPrice') : undefined;
}

export function isNotCoolingDown(
  candidate: Candidate,
  requirements: OfferRequirements,
): Rejection | undefined {
  const cooldown = requirements.cooldownOf(candidate.key);
  if (cooldown === undefined) {
    return undefined;
  }
  const until = cooldown.untilText === undefined ? '' : ` until ${cooldown.untilText}`;
  return reject(candidate, 'CoolingDown', `${cooldown.reason}${until}`);
}

/** `nearest` is then the cheapest offer, because all of them fit otherwise. */
export function priceIsWithinCap(
  candidate: Candidate,
  requirements: OfferRequirements,
): Rejection | undefined {
  const cap = effectiveCap(requirements.prices) ?? Infinity;
  const total = candidate.cost?.total ?? 0;
  return total <= cap ? undefined : reject(candidate, 'AboveMaxPrice');
}
