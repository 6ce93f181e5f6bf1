import { describe, expect, it } from '@jest/globals';
import { chooseOffer, mergeOfferAnswers } from '../../src/lifecycle/choose-offer.ts';
import type { Answer, OfferAnswer } from '../../src/lifecycle/provider.ts';
import { noCooldowns } from '../../src/offers/requirements.ts';
import { offer } from '../offers/support/builders.ts';
import { gpuPod } from '../support/builders/gpu-pod.ts';
import { failure } from '../support/builders/snapshots.ts';

const H100 = offer({ usd: 2 });
const A100 = offer({ usd: 1, gpuType: 'A100_80GB' });
const PASSING = failure({ reason: 'ApiUnavailable' });
const INVALID = failure({ reason: 'InvalidRequest' });

function answer(offers: OfferAnswer['offers'], rest: Partial<OfferAnswer> = {}): Answer<OfferAnswer> {
  return { kind: 'ok', value: { offers, skippedRows: 0, beganAtMs: 5, ...rest } };
}

describe('the answers for several GPU types', () => {
  it.each([
    {
      name: 'two lists',
      answers: [answer([H100], { beganAtMs: 9 }), answer([A100])],
      merged: { kind: 'ok', offers: [H100, A100], beganAtMs: 5 },
      reason: 'together they are as old as the older one',
    },
    {
      name: 'a list and a failure',
      answers: [answer([H100]), PASSING],
      merged: { kind: 'ok', offers: [H100], beganAtMs: 5, missing: PASSING },
      reason: 'offers of the other type may be rented',
    },
    {
      name: 'an incomplete list',
      answers: [answer([H100], { missing: PASSING })],
      merged: { kind: 'ok', offers: [H100], beganAtMs: 5, missing: PASSING },
      reason: 'a page of it failed',
    },
    {
      name: 'failures only',
      answers: [INVALID, PASSING],
      merged: PASSING,
      reason: 'the passing one is over soon, and the other one remains visible',
    },
    { name: 'one wrong type', answers: [INVALID], merged: INVALID, reason: 'a person has to correct it' },
  ])('become one: $name, because $reason', ({ answers, merged }) => {
    expect(mergeOfferAnswers(answers)).toEqual(merged);
  });
});

describe('the choice of an offer', () => {
  const facts = { policy: {}, cooldownOf: noCooldowns };

  it.each([
    { name: 'a complete list', missing: {}, offers: [H100], kind: 'selected', reason: 'it fits' },
    {
      name: 'an incomplete list with an offer that fits',
      missing: { missing: PASSING },
      offers: [H100],
      kind: 'selected',
      reason: 'it exists, whatever else there is',
    },
    {
      name: 'an incomplete list without one',
      missing: { missing: PASSING },
      offers: [A100],
      kind: 'failure',
      reason: 'the part that is missing may have one',
    },
    {
      name: 'a complete list without one',
      missing: {},
      offers: [A100],
      kind: 'none',
      reason: 'nothing is missing',
    },
  ])('from $name is $kind, because $reason', ({ offers, missing, kind }) => {
    const choice = chooseOffer(
      { gpuPod: gpuPod(), ...facts },
      { kind: 'ok', offers, beganAtMs: 0, ...missing },
    );

    expect(choice.kind).toBe(kind);
  });

  it.each([
    [{ maxTotalCost: 5 }, { attemptsCost: 1 }, {}, 'selected'],
    [{ maxTotalCost: 5 }, { attemptsCost: 4 }, {}, 'none'],
    [{}, {}, { maxPriceCeiling: 1_500_000 }, 'none'],
  ])('for %j after %j and under %j is %s', (spec, status, policy, kind) => {
    const asking = { ...facts, policy, gpuPod: gpuPod({ spec, status }) };

    expect(chooseOffer(asking, { kind: 'ok', offers: [H100], beganAtMs: 0 }).kind).toBe(kind);
  });

  it('ranks all offers that fit, the chosen one first', () => {
    const dear = offer({ usd: 3, dataCenter: 'US-1' });

    const choice = chooseOffer(
      { gpuPod: gpuPod(), ...facts },
      { kind: 'ok', offers: [dear, H100], beganAtMs: 0 },
    );

    expect(choice).toMatchObject({
      kind: 'selected',
      offer: H100,
      ranked: [{ offer: H100 }, { offer: dear }],
    });
  });
});
