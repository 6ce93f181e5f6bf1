import { CUSTOM_TEMPLATE_IMAGE } from '../api/gpupod/spec.ts';
import type { FittingOffer } from './candidate.ts';
import type { Offer } from './offer.ts';
import { offerKey } from './offer-key.ts';
import { compareText } from './rejections.ts';
import { stockRank } from './stock.ts';
import type { OfferRequirements } from './requirements.ts';

/** How offers that fit are sorted, best first. */
export interface OfferOrder {
  /** What the first one is, for people: `cheapest`. */
  readonly rule: string;
  readonly compare: Compare;
}

type Compare = (a: FittingOffer, b: FittingOffer) => number;

/** Failures that may mean that a template needs an offer that lists it; see {@link orderFor}. */
const TEMPLATE_DOUBTS: readonly string[] = [
  'TemplateIncompatible',
  'InvalidRequest',
  'OtherRefusal',
  'InstallFailed',
];

/**
 * The sequence of a strategy. One tie-break makes it total for all strategies: price, whether the offer lists
 * `custom_template` if the spec names a template, stock, and the offer's key.
 *
 * Listing `custom_template` counts only at the same price: the provider's guide uses a template on an offer that does
 * not list it, a refusal costs nothing, and a more expensive instance costs more every hour. But failures use up
 * attempts. So once an offer without it is in cooldown for a failure that the template may have caused, offers that
 * list it come first.
 */
export function orderFor(requirements: OfferRequirements, offers: readonly Offer[]): OfferOrder {
  const listedFirst = templateIsDoubted(requirements, offers);
  const byStrategy = strategyOrder(requirements);
  return {
    rule: listedFirst ? `listing ${CUSTOM_TEMPLATE_IMAGE}, then ${byStrategy.rule}` : byStrategy.rule,
    compare: chain([
      ...(listedFirst ? [byTemplate(requirements)] : []),
      ...byStrategy.compares,
      ...tieBreak(requirements),
    ]),
  };
}

/** By price alone, whatever the strategy. For hints. */
export function comparePrice(a: FittingOffer, b: FittingOffer): number {
  return a.cost.total - b.cost.total;
}

/** Tries each comparison until one decides. */
export function chain(compares: readonly Compare[]): Compare {
  return (a, b) => {
    for (const compare of compares) {
      const order = compare(a, b);
      if (order !== 0) {
        return order;
      }
    }
    return 0;
  };
}

/** Makes a sequence total: only rows that are equal in every field stay equal. */
export function compareIdentity(a: FittingOffer, b: FittingOffer): number {
  return compareText(a.key, b.key) || compareText(JSON.stringify(a.offer), JSON.stringify(b.offer));
}

function strategyOrder(requirements: OfferRequirements): { rule: string; compares: readonly Compare[] } {
  switch (requirements.strategy) {
    case 'Cheapest':
      return { rule: 'cheapest', compares: [] };
    case 'Ordered':
      return { rule: 'first of gpu.types, then cheapest', compares: [byGpuType(requirements)] };
    case 'BestStock':
      return { rule: 'best stock, then cheapest', compares: [byStock] };
  }
}

function tieBreak(requirements: OfferRequirements): readonly Compare[] {
  return [comparePrice, byTemplate(requirements), byStock, compareIdentity];
}

function byGpuType(requirements: OfferRequirements): Compare {
  return (a, b) =>
    requirements.gpuTypes.indexOf(a.offer.gpuType) - requirements.gpuTypes.indexOf(b.offer.gpuType);
}

function byStock(a: FittingOffer, b: FittingOffer): number {
  return stockRank(b.offer.stockStatus) - stockRank(a.offer.stockStatus);
}

function byTemplate(requirements: OfferRequirements): Compare {
  return requirements.customTemplateId === undefined
    ? () => 0
    : (a, b) => Number(listsTemplate(b.offer)) - Number(listsTemplate(a.offer));
}

function templateIsDoubted(requirements: OfferRequirements, offers: readonly Offer[]): boolean {
  return (
    requirements.customTemplateId !== undefined &&
    offers.some((offer) => {
      const cooldown = listsTemplate(offer) ? undefined : requirements.cooldownOf(offerKey(offer));
      return cooldown !== undefined && TEMPLATE_DOUBTS.includes(cooldown.reason);
    })
  );
}

function listsTemplate(offer: Offer): boolean {
  return offer.images.includes(CUSTOM_TEMPLATE_IMAGE);
}
