import { describe, expect, it } from '@jest/globals';
import type { GpuPodStatus } from '../../../src/api/gpupod/status.ts';
import { settleRefusal } from '../../../src/lifecycle/rules/refused.ts';
import { isKnownNotCreated } from '../../../src/lifecycle/open-intent.ts';
import type { CreateOutcome, RefusalReason } from '../../../src/lifecycle/provider.ts';
import { refusalCounts } from '../../../src/lifecycle/status/attempts.ts';
import { offerKey } from '../../../src/offers/offer-key.ts';
import { gpuPod } from '../../support/builders/gpu-pod.ts';
import { intent, nameOfAttempt } from '../../support/builders/intent.ts';
import { observed, aPendingCreate, WALL_TEXT } from '../../support/builders/observation.ts';
import { aSnapshot, refusal } from '../../support/builders/snapshots.ts';
import { statusOf, writeOf } from '../support/outline.ts';

const intended = gpuPod({ intent: intent() });

describe('settleRefusal', () => {
  it.each<{ reason: RefusalReason; cooldown: string }>([
    { reason: 'NoCapacity', cooldown: 'NoCapacity' },
    { reason: 'AboveMaxPrice', cooldown: 'AboveMaxPrice' },
    { reason: 'InvalidRequest', cooldown: 'InvalidRequest' },
    { reason: 'TemplateIncompatible', cooldown: 'TemplateIncompatible' },
    { reason: 'OtherRefusal', cooldown: 'OtherRefusal' },
    { reason: 'Unauthorized', cooldown: 'OtherRefusal' },
    { reason: 'PaymentRequired', cooldown: 'OtherRefusal' },
    { reason: 'RateLimited', cooldown: 'OtherRefusal' },
  ])('starts a cooldown for the offer that refused with $reason', ({ reason, cooldown }) => {
    const step = settleRefusal(observed({ gpuPod: intended }), intent(), refusal({ reason }));
    expect(writeOf(step).cooldown).toEqual({ reason: cooldown, offerKey: offerKey(intent().offer) });
  });

  it('records the attempt, which counts no instance because nothing was rented', () => {
    const status = statusOf(
      settleRefusal(observed({ gpuPod: intended }), intent(), refusal({ message: 'm'.repeat(400) })),
    );
    expect(status.attempts).toEqual([
      {
        number: 1,
        podName: nameOfAttempt(1),
        offer: 'hyperstack n3-H100x1 1x H100_80GB CANADA-1',
        pricePerHour: 1.9,
        startedAt: '2026-11-23T09:59:50Z',
        endedAt: WALL_TEXT,
        outcome: 'Refused',
        reason: 'NoCapacity',
        message: `${'m'.repeat(299)}…`,
      },
    ]);
    expect(status.failedAttempts).toBeUndefined();
  });

  it.each([
    { reason: 'NoCapacity', scope: 'offer', counts: { refusedAttempts: 2, noCapacityAttempts: 4 } },
    { reason: 'OtherRefusal', scope: 'request', counts: { refusedAttempts: 3, noCapacityAttempts: 3 } },
    { reason: 'PaymentRequired', scope: 'request', counts: { refusedAttempts: 3, noCapacityAttempts: 3 } },
    { reason: 'RateLimited', scope: 'offer', counts: { refusedAttempts: 3, noCapacityAttempts: 3 } },
    { reason: 'Forbidden', scope: 'team', counts: { refusedAttempts: 2, noCapacityAttempts: 3 } },
  ] as const)('counts refusals: $reason of the $scope', ({ reason, scope, counts }) => {
    const status = { observedGeneration: 1, refusedAttempts: 2, noCapacityAttempts: 3 };
    const known = observed({ gpuPod: gpuPod({ intent: intent(), status }) });
    expect(statusOf(settleRefusal(known, intent(), refusal({ reason, scope })))).toMatchObject(counts);
  });

  it('counts no refusal about the account, however often it comes', () => {
    let status: GpuPodStatus = { observedGeneration: 1 };
    for (let attempt = 1; attempt <= 12; attempt += 1) {
      const known = observed({ gpuPod: gpuPod({ intent: intent({ attempt }), status }) });
      status = statusOf(
        settleRefusal(known, intent({ attempt }), refusal({ reason: 'Forbidden', scope: 'team' })),
      );
    }
    expect(status.attempts).toHaveLength(10);
    expect(refusalCounts(status)).toEqual({ refused: 0, noCapacity: 0 });
  });

  it.each([
    {
      name: 'the first',
      known: { generation: 0, count: 0, message: '' },
      reason: 'InvalidRequest',
      count: 1,
    },
    { name: 'the next', known: { generation: 1, count: 1, message: '' }, reason: 'InvalidRequest', count: 2 },
    {
      name: 'the first of a new spec',
      known: { generation: 0, count: 3, message: '' },
      reason: 'InvalidRequest',
      count: 1,
    },
    {
      name: 'another refusal between',
      known: { generation: 1, count: 2, message: '' },
      reason: 'NoCapacity',
      count: 2,
    },
  ] as const)('counts invalid requests: $name gives $count', ({ known, reason, count }) => {
    const step = settleRefusal(
      observed({ gpuPod: intended, localState: { invalidRefusals: known } }),
      intent(),
      refusal({ reason }),
    );
    expect(step.remember?.invalidRefusals).toMatchObject({ generation: 1, count });
  });
});

describe('isKnownNotCreated', () => {
  it.each<{ name: string; outcome: CreateOutcome | undefined; known: boolean; why: string }>([
    {
      name: 'not sent',
      outcome: { kind: 'notSent', reason: 'ApiUnavailable', message: '' },
      known: true,
      why: 'no byte left',
    },
    {
      name: 'refused for the account',
      outcome: refusal({ reason: 'Unauthorized' }),
      known: true,
      why: 'the same request is sent again',
    },
    {
      name: 'refused for the offer',
      outcome: refusal(),
      known: false,
      why: 'that attempt is over and recorded',
    },
    {
      name: 'unknown',
      outcome: { kind: 'unknown', message: '' },
      known: false,
      why: 'an instance may exist',
    },
    {
      name: 'created',
      outcome: { kind: 'created', instance: aSnapshot() },
      known: false,
      why: 'an instance exists',
    },
    {
      name: 'of another process',
      outcome: undefined,
      known: false,
      why: 'this process does not know its outcome',
    },
  ])('is $known ($name), because $why', ({ outcome, known }) => {
    expect(isKnownNotCreated(aPendingCreate(outcome === undefined ? {} : { outcome }))).toBe(known);
  });
});
