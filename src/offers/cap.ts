import type { MicroUsd } from './money.ts';
import type { FittingOffer } from './candidate.ts';
import type { Cost, Offer } from './offer.ts';
import { effectiveCap } from './requirements.ts';
import type { PriceLimits } from './requirements.ts';

/** The provider reads a cap of 0 as "no cap", and may round: no body carries less than a cent. */
const MIN_CAP_MICROS: MicroUsd = 10_000;

/** What a price may exceed the computed one by where no `maxPrice` says otherwise, in percent. */
const TOLERANCE_PERCENT = 5;

/**
 * The cap that goes into the create body (docs/explanation/offers-and-prices.md): `spec.maxPrice`, else the all-in price, with 5 %
 * more where the offer's price varies; never above the operator's ceiling. Where the request may be answered with a
 * dearer row it cannot exclude otherwise, the price that was chosen is the cap.
 */
export function capToSend(limits: PriceLimits, { offer, cost, isPriceAmbiguous }: CappedOffer): MicroUsd {
  const own = offer.prices.isVariable ? withTolerance(cost.total) : cost.total;
  return isPriceAmbiguous ? bounded({ ...limits, ...lower(limits, own) }, own) : bounded(limits, own);
}

type CappedOffer = Pick<FittingOffer, 'cost' | 'isPriceAmbiguous'> & {
  readonly offer: Pick<Offer, 'prices'>;
};

function lower({ maxPrice }: PriceLimits, cap: MicroUsd): PriceLimits {
  return { maxPrice: Math.min(maxPrice ?? cap, cap) };
}

/**
 * The price above which a pod is ended when the provider first names one: `spec.maxPrice`, else 5 % above
 * the all-in price; never above the operator's ceiling. Not below {@link capToSend}.
 */
export function priceLine(limits: PriceLimits, { total, isPriceAmbiguous = false }: LinedCost): MicroUsd {
  const own = withTolerance(total);
  return isPriceAmbiguous ? bounded({ ...limits, ...lower(limits, own) }, own) : bounded(limits, own);
}

interface LinedCost extends Pick<Cost, 'total'> {
  readonly isPriceAmbiguous?: boolean;
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
