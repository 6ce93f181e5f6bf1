import type { MicroUsd } from './money.ts';
import type { FittingOffer } from './candidate.ts';
import type { Cost, Offer } from './offer.ts';
import { effectiveCap } from './requirements.ts';
import type { PriceLimits } from './requirements.ts';

/** The provider reads a cap of 0 as "no cap" and may round, so no request carries less than one cent. */
const MIN_CAP_MICROS: MicroUsd = 10_000;

/** How far, in percent, the billed price may exceed the computed one if `maxPrice` does not say otherwise. */
const TOLERANCE_PERCENT = 5;

/**
 * The cap for the create request (docs/explanation/offers-and-prices.md): `spec.maxPrice`, else the total price, plus
 * 5 % where the price of the offer varies; never above the operator's ceiling. It is the chosen price where the
 * provider could answer with a more expensive offer that the request cannot exclude.
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
 * The first stated price above which an instance is terminated: `spec.maxPrice`, else 5 % above the total price;
 * never above the operator's ceiling, and never below {@link capToSend}.
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

/** Rounded down, as caps are. Integer arithmetic, so that no binary fraction adds a micro-dollar. */
function withTolerance(total: MicroUsd): MicroUsd {
  return Math.floor((total * (100 + TOLERANCE_PERCENT)) / 100);
}
