import type { MicroUsd } from './money.ts';
import type { Cost, Offer } from './offer.ts';
import { effectiveCap } from './wish.ts';
import type { PriceLimits } from './wish.ts';

/** The provider reads a cap of 0 as "no cap", and may round: no body carries less than a cent. */
const MIN_CAP_MICROS: MicroUsd = 10_000;

/** What a price may exceed the computed one by where no `maxPrice` says otherwise, in percent. */
const TOLERANCE_PERCENT = 5;

/**
 * The cap that goes into the create body (design 3.1): `spec.maxPrice`, else the all-in price, with 5 %
 * more where the offer's price varies; never above the operator's ceiling.
 */
export function capToSend(limits: PriceLimits, offer: Offer, cost: Cost): MicroUsd {
  const own = offer.prices.isVariable ? withTolerance(cost.total) : cost.total;
  return bounded(limits, own);
}

/**
 * The price above which a pod is ended when the provider first names one: `spec.maxPrice`, else 5 % above
 * the all-in price; never above the operator's ceiling. Not below {@link capToSend}.
 */
export function priceLine(limits: PriceLimits, cost: Pick<Cost, 'total'>): MicroUsd {
  return bounded(limits, withTolerance(cost.total));
}

function bounded(limits: PriceLimits, own: MicroUsd): MicroUsd {
  const cap = effectiveCap(limits);
  const wanted = limits.maxPrice === undefined ? Math.min(own, cap ?? Infinity) : (cap ?? own);
  return Math.max(MIN_CAP_MICROS, wanted);
}

/** Rounded down, as caps are; integers only, so that no binary fraction adds a micro-dollar. */
function withTolerance(total: MicroUsd): MicroUsd {
  return Math.floor((total * (100 + TOLERANCE_PERCENT)) / 100);
}
