import type { FittingOffer } from './candidate.ts';
import { judgeOffer } from './judge.ts';
import { formatUsd } from './money.ts';
import { boundedText, countOf } from './offer-text.ts';
import { chain, compareIdentity, comparePrice } from './order.ts';
import type { Rejection } from './rejections.ts';
import { RELAXATIONS } from './relaxations.ts';
import type { Relaxation } from './relaxations.ts';
import { marketOf } from './twins.ts';
import type { OfferRequirements } from './requirements.ts';

/**
 * What to relax so that an offer fits: `raise maxPrice to 2.31 to match 4 offers`. The first of {@link RELAXATIONS}
 * that wins an offer. It also says if the operator's ceiling makes a higher maxPrice useless. Undefined if no single
 * relaxation helps.
 */
export function hintFor(
  rejections: readonly Rejection[],
  requirements: OfferRequirements,
): string | undefined {
  const advice = firstAdvice(rejections, requirements);
  const parts = [advice, ceilingNote(rejections, requirements)].filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : boundedText(parts.join('; '));
}

function firstAdvice(rejections: readonly Rejection[], requirements: OfferRequirements): string | undefined {
  for (const relaxation of RELAXATIONS) {
    const advice = adviceOf(relaxation, rejections, requirements);
    if (advice !== undefined) {
      return advice;
    }
  }
  return undefined;
}

function adviceOf(
  relaxation: Relaxation,
  rejections: readonly Rejection[],
  requirements: OfferRequirements,
): string | undefined {
  const won = wonBy(relaxation, rejections, requirements);
  const distance = relaxation.distance?.bind(relaxation) ?? (() => 0);
  const [best] = won.toSorted(
    chain([(a, b) => distance(a, requirements) - distance(b, requirements), comparePrice, compareIdentity]),
  );
  if (best === undefined) {
    return undefined;
  }
  const count = won.filter((other) => relaxation.alsoWins?.(best, other) ?? true).length;
  return `${relaxation.advise(best, requirements)} to match ${countOf(count, 'offer')}`;
}

/** Each offer has only one first reason, so each is judged again about once in all relaxations together. */
function wonBy(
  relaxation: Relaxation,
  rejections: readonly Rejection[],
  requirements: OfferRequirements,
): readonly FittingOffer[] {
  const market = marketOf(rejections.map(({ candidate }) => candidate.offer));
  return rejections.flatMap(({ reason, candidate: { offer } }) => {
    if (!relaxation.lifts.includes(reason)) {
      return [];
    }
    const verdict = judgeOffer(offer, relaxation.relax(requirements, offer), market);
    return verdict.kind === 'fits' ? [verdict.fitting] : [];
  });
}

/** Speaks of offers that fit except for the price, if each of them is above the ceiling. */
function ceilingNote(rejections: readonly Rejection[], { prices }: OfferRequirements): string | undefined {
  const totals = rejections
    .filter(({ reason }) => reason === 'AboveMaxPrice')
    .map(({ candidate }) => candidate.cost?.total ?? Infinity);
  const cheapest = Math.min(...totals);
  if (totals.length === 0 || prices.ceiling === undefined || cheapest <= prices.ceiling) {
    return undefined;
  }
  const ceiling = formatUsd(prices.ceiling);
  return `raising maxPrice does not help: the operator's ceiling is ${ceiling} USD/h, the cheapest offer costs ${formatUsd(cheapest)}`;
}
