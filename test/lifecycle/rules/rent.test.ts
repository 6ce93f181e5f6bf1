import { describe, expect, it } from '@jest/globals';
import { rent } from '../support/rules.ts';
import type { Observation, ObservedOffers } from '../../../src/lifecycle/observation.ts';
import { readIntent, writeIntent } from '../../../src/lifecycle/intent.ts';
import { DEFAULT_TIMINGS } from '../../../src/lifecycle/settings.ts';
import type { CreatePod, Step } from '../../../src/lifecycle/step.ts';
import { offerKey } from '../../../src/offers/offer-key.ts';
import type { Offer } from '../../../src/offers/offer.ts';
import { guideOffer, offer, offerWithout } from '../../offers/support/builders.ts';
import { gpuPod } from '../../support/builders/gpu-pod.ts';
import { intent, nameOfAttempt, PROCESS } from '../../support/builders/intent.ts';
import { NOW_MS, observed, aPendingCreate, WALL_TEXT } from '../../support/builders/observation.ts';
import type { ObservationOverrides } from '../../support/builders/observation.ts';
import { inventory, failure, historyRow } from '../../support/builders/snapshots.ts';
import { effectOf, messageOf, outline, restOf } from '../support/outline.ts';
import type { Outline } from '../support/outline.ts';

function offers(list: readonly Offer[] = [offer()], ageMs = 0): { readonly offers: ObservedOffers } {
  return { offers: { kind: 'ok', offers: list, beganAtMs: NOW_MS - ageMs } };
}

function others(micros: number): Observation['countOthers'] {
  return () => ({ kind: 'counted', micros, accountSums: [] });
}

/** The provider has no instance of the GpuPod. */
const cleanList = { inventory: inventory({ beganAtMs: NOW_MS }) };

function intentOf(step: Step): CreatePod {
  const effect = effectOf(step);
  if (effect.type !== 'createPod') {
    throw new Error(`expected an order, not ${effect.type}`);
  }
  return effect;
}

interface Row {
  readonly name: string;
  readonly known: ObservationOverrides;
  readonly expected: Outline;
  readonly why: string;
}

describe('rent', () => {
  const blocked = { reason: 'ReferenceNotFound', message: 'Secret team-a/s does not exist.' } as const;
  it.each<Row>([
    { name: 'no offers yet', known: {}, expected: { step: 'readOffers' }, why: 'the offers are read first' },
    { name: 'offers', known: offers(), expected: { step: 'createPod' }, why: 'one fits' },
    {
      name: 'offers, and the last number in the intent',
      known: {
        ...offers(),
        gpuPod: gpuPod({
          intent: intent({ attempt: 999_999 }),
          status: { attempts: [{ number: 999_999, outcome: 'NotCreated' }] },
        }),
        ...cleanList,
      },
      expected: { step: 'rest', Stalled: 'AttemptsExhausted' },
      why: 'an instance with a higher number would not be recognized, and the operator would rent again',
    },
    {
      name: 'offers 59.999 s old',
      known: offers([offer()], 59_999),
      expected: { step: 'createPod' },
      why: 'that is fresh',
    },
    {
      name: 'offers 60 s old',
      known: offers([offer()], 60_000),
      expected: { step: 'readOffers' },
      why: 'prices and stock move',
    },
    {
      name: 'offers that failed',
      known: { offers: failure({ reason: 'CredentialsMissing' }) },
      expected: { step: 'rest', Ready: 'Pending', Synced: 'CredentialsMissing', Reconciling: 'Retrying' },
      why: 'an error is not an empty market',
    },
    {
      name: 'a GPU type that the provider does not know',
      known: { offers: failure({ reason: 'InvalidRequest', message: 'GPU type H100 is not known.' }) },
      expected: {
        step: 'rest',
        Ready: 'Pending',
        Synced: 'InvalidRequest',
        Reconciling: 'Retrying',
      },
      why: 'only a person can correct it',
    },
    {
      name: 'an empty market',
      known: offers([]),
      expected: {
        step: 'rest',
        Ready: 'NoMatchingOffer',
        OfferSelected: 'NoOffers',
        Reconciling: 'Searching',
      },
      why: 'waiting costs nothing',
    },
    {
      name: 'a create request that waits for its retry',
      known: { ...offers(), localState: { blocked: { ...blocked, untilMs: NOW_MS + 1 } } },
      expected: { step: 'rest', Synced: 'ReferenceNotFound', Ready: 'Pending' },
      why: 'later each time',
    },
    {
      name: 'a create request whose retry is due',
      known: { ...offers(), localState: { blocked: { ...blocked, untilMs: NOW_MS } } },
      expected: { step: 'createPod' },
      why: 'it is sent again',
    },
    {
      name: 'an open circuit breaker',
      known: {
        ...offers(),
        permit: {
          kind: 'held',
          reason: 'PaymentRequired',
          message: 'The wallet is empty.',
          retryInMs: 5_000,
        },
      },
      expected: { step: 'rest', Synced: 'PaymentRequired', Ready: 'Pending', Reconciling: 'Retrying' },
      why: 'the account must wait',
    },
    {
      name: 'a budget with room',
      known: { ...offers(), policy: { maxTotalPricePerHour: 3_000_000 }, countOthers: others(1_100_000) },
      expected: { step: 'createPod' },
      why: 'it fits to the cent',
    },
    {
      name: 'a budget without',
      known: { ...offers(), policy: { maxTotalPricePerHour: 3_000_000 }, countOthers: others(1_100_001) },
      expected: { step: 'rest', Synced: 'BudgetExceeded', Ready: 'Pending' },
      why: 'it would exceed the limit',
    },
    {
      name: 'an offer in cooldown',
      known: { ...offers(), cooldownOf: () => ({ reason: 'NoCapacity' }) },
      expected: { step: 'rest', Ready: 'NoMatchingOffer', OfferSelected: 'AllOffersUnavailable' },
      why: 'it failed a moment ago',
    },
    {
      name: "an offer above the operator's ceiling",
      known: { ...offers(), policy: { maxPriceCeiling: 1_000_000 } },
      expected: { step: 'rest', OfferSelected: 'AboveMaxPrice' },
      why: "the operator's limit applies to everybody",
    },
  ])('with $name: $expected.step, because $why', ({ known, expected }) => {
    expect(outline(rent(observed(known)))).toMatchObject(expected);
  });

  it('queries rarely while the provider does not know a value in the query', () => {
    const refused = { offers: failure({ reason: 'InvalidRequest' }) };
    expect(restOf(rent(observed(refused))).requeueAfterMs).toBe(DEFAULT_TIMINGS.sweepMs);
    expect(restOf(rent(observed({ offers: failure() }))).requeueAfterMs).toBe(1_000);
  });
});

describe('the create request', () => {
  it('is recorded with everything that finding the instance and rebuilding the status need', () => {
    const spec = { maxPrice: 3, resources: { diskSize: 200 } };
    const known = observed({
      gpuPod: gpuPod({ spec }),
      ...offers([guideOffer()]),
      policy: { defaultTeamId: 'team-1' },
    });
    const { why: _why, ...recorded } = intentOf(rent(known)).intent.offer;
    expect(intentOf(rent(known)).intent).toMatchObject({
      v: 1,
      attempt: 1,
      name: nameOfAttempt(1),
      uid: 'uid-1',
      installation: 'abc123',
      account: 'user-1',
      teamId: 'team-1',
      capSent: 3_000_000,
      cost: { gpu: 2_690_000, disk: 60_000, vcpus: 0, memory: 0, total: 2_750_000 },
      sizes: { diskSize: 200, vcpus: 16, memory: 180 },
      startedAt: WALL_TEXT,
      writtenBy: PROCESS,
    });
    expect(recorded).toEqual({
      provider: 'hyperstack',
      cloudId: 'n3-H100x1',
      gpuType: 'H100_80GB',
      socket: 'PCIe',
      gpuCount: 1,
      region: 'canada',
      dataCenter: 'CANADA-1',
      country: 'CA',
      security: 'secure_cloud',
      isSpot: false,
      stockStatus: 'Available',
      image: 'ubuntu_22_cuda_12',
    });
  });

  it('can be read back from the annotation, whatever the offer contains', () => {
    for (const chosen of [
      offer(),
      guideOffer(),
      offerWithout('region', 'country', 'dataCenter'),
      offer({ gpuMemory: 79.5 }),
    ]) {
      const { intent: written } = intentOf(rent(observed(offers([chosen]))));
      expect(readIntent(gpuPod({ intent: writeIntent(written) }))).toEqual({ kind: 'read', intent: written });
    }
  });

  it('has the name and the cap of the create intent', () => {
    const {
      intent: written,
      request,
      offerKey: key,
      offerSeenAtMs,
    } = intentOf(rent(observed(offers([offer()], 7))));
    expect(request).toMatchObject({ name: written.name, cap: 1_900_000 });
    expect(key).toBe(offerKey(offer()));
    expect(offerSeenAtMs).toBe(NOW_MS - 7);
  });

  it.each<{ name: string; known: ObservationOverrides; attempt: number; why: string }>([
    { name: 'nothing', known: {}, attempt: 1, why: 'the first' },
    {
      name: 'attempts on record',
      known: { gpuPod: gpuPod({ status: { attempts: [{ number: 4, outcome: 'Refused' }] } }) },
      attempt: 5,
      why: 'above all of them',
    },
    {
      name: 'a resolved intent',
      known: {
        gpuPod: gpuPod({
          intent: intent({ attempt: 6 }),
          status: { attempts: [{ number: 6, outcome: 'Refused' }] },
        }),
      },
      attempt: 7,
      why: 'above that',
    },
    {
      name: 'ended instances at the provider',
      known: { inventory: inventory({ beganAtMs: NOW_MS, ended: [historyRow({ name: nameOfAttempt(8) })] }) },
      attempt: 9,
      why: 'the record on the GpuPod was lost',
    },
    {
      name: 'the copy of an intent',
      known: { gpuPod: gpuPod({ intent: intent({ attempt: 6, uid: 'other' }) }) },
      attempt: 1,
      why: 'the number belongs to another GpuPod',
    },
    {
      name: 'a create request that was not sent',
      known: {
        gpuPod: gpuPod({ intent: intent({ attempt: 3 }) }),
        localState: {
          pendingCreate: aPendingCreate({
            podName: nameOfAttempt(3),
            outcome: { kind: 'notSent', reason: 'Withheld', message: '' },
          }),
        },
      },
      attempt: 3,
      why: 'the same attempt again, because no byte left',
    },
  ])('is attempt $attempt after $name: $why', ({ known, attempt }) => {
    const { intent: written } = intentOf(rent(observed({ ...offers(), ...cleanList, ...known })));
    expect(written).toMatchObject({ attempt, name: nameOfAttempt(attempt) });
  });

  it('reports how much is missing if the budget is exceeded', () => {
    const known = observed({ ...offers(), policy: { maxTotalPricePerHour: 1_000_000 } });
    expect(messageOf(restOf(rent(known)).status, 'Synced')).toMatch(
      /1\.90 USD\/h.*1\.00 USD\/h.*--max-total-price-per-hour.*whoever runs the operator raises the limit/,
    );
  });
});
