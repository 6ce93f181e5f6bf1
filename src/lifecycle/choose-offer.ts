import type { GpuPod } from '../api/gpupod/gpu-pod.ts';
import { requirementsFrom } from '../offers/requirements.ts';
import type { CooldownLookup, OfferPolicy } from '../offers/requirements.ts';
import { selectOffer } from '../offers/select-offer.ts';
import type { Selection } from '../offers/select-offer.ts';
import type { ObservedOffers } from './observation.ts';
import type { Answer, Failure, OfferAnswer } from './provider.ts';
import { attemptsCostOf } from './status/attempts.ts';

/** What the choice of an offer depends on, besides the offers. */
export interface ChoiceFacts {
  readonly gpuPod: GpuPod;
  readonly policy: OfferPolicy;
  readonly cooldownOf: CooldownLookup;
}

/**
 * Chooses the offer that this GpuPod would get. The operator rents by it, and `gpupod offers` shows it.
 *
 * An offer from an incomplete answer may be rented. That no offer fits cannot be concluded from it, so the result is
 * then the failure.
 */
export function chooseOffer(
  { gpuPod, policy, cooldownOf }: ChoiceFacts,
  offers: Exclude<ObservedOffers, Failure>,
): Selection | Failure {
  const spentUsd = attemptsCostOf(gpuPod.status);
  const selection = selectOffer(offers.offers, requirementsFrom(gpuPod.spec, policy, cooldownOf, spentUsd));
  return selection.kind === 'none' && offers.missing !== undefined ? offers.missing : selection;
}

/**
 * The answers to the queries of one GpuPod as one. A failed answer leaves the offers of the other types, and is the
 * result only if there are none.
 */
export function mergeOfferAnswers(answers: readonly Answer<OfferAnswer>[]): ObservedOffers {
  const lists = answers.flatMap((answer) => (answer.kind === 'ok' ? [answer.value] : []));
  const failures = [
    ...answers.flatMap((answer) => (answer.kind === 'failure' ? [answer] : [])),
    ...lists.flatMap(({ missing: more }) => (more === undefined ? [] : [more])),
  ];
  // A passing failure is reported before one that needs a person: it is over soon, and the other one remains visible.
  const missing = failures.find(({ reason }) => reason !== 'InvalidRequest') ?? failures[0];
  if (missing !== undefined && lists.length === 0) {
    return missing;
  }
  return {
    kind: 'ok',
    offers: lists.flatMap((list) => list.offers),
    beganAtMs: Math.min(...lists.map(({ beganAtMs }) => beganAtMs)),
    ...(missing === undefined ? {} : { missing }),
  };
}
