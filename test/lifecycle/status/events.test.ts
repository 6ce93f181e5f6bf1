import { describe, expect, it } from '@jest/globals';
import type { Attempt, GpuPodStatus } from '../../../src/api/gpupod/status.ts';
import { eventsBetween } from '../../../src/lifecycle/status/events.ts';
import { condition } from '../../support/builders/conditions.ts';
import { rentedStatus } from '../../support/builders/gpu-pod.ts';
import { WALL_TEXT } from '../../support/builders/observation.ts';

const FRESH: GpuPodStatus = { observedGeneration: 1 };
const SELECTED = condition('OfferSelected', 'Selected', { message: 'Only offer that fits.' });
const rented = rentedStatus({ conditions: [SELECTED] });
const ready = rentedStatus({ readyAt: WALL_TEXT, conditions: [condition('Ready', 'Available'), SELECTED] });

function withAttempt(attempt: Partial<Attempt>): GpuPodStatus {
  return rentedStatus({ conditions: [SELECTED] }, attempt);
}

function withConditions(...conditions: NonNullable<GpuPodStatus['conditions']>): GpuPodStatus {
  return { ...FRESH, conditions };
}

describe('eventsBetween', () => {
  it.each<{
    name: string;
    before: GpuPodStatus;
    after: GpuPodStatus;
    events: readonly string[];
    why: string;
  }>([
    { name: 'nothing new', before: ready, after: ready, events: [], why: 'at rest there are no events' },
    {
      name: 'a first observation',
      before: { observedGeneration: -1 },
      after: withConditions(condition('Ready', 'Pending'), condition('OfferSelected', 'NotEvaluated')),
      events: [],
      why: 'nobody needs to read that',
    },
    {
      name: 'a rented instance',
      before: FRESH,
      after: rented,
      events: ['Normal Rented'],
      why: 'from here it bills',
    },
    {
      name: 'an adopted instance',
      before: FRESH,
      after: rentedStatus({ conditions: [condition('OfferSelected', 'Adopted')] }),
      events: ['Normal Adopted'],
      why: 'somebody may wonder where it comes from',
    },
    {
      name: 'a ready instance',
      before: rented,
      after: ready,
      events: ['Normal Ready'],
      why: 'here is how to reach it',
    },
    {
      name: 'a termination for a reason',
      before: rented,
      after: withAttempt({ ending: 'AboveMaxPrice', message: 'm' }),
      events: ['Warning AboveMaxPrice'],
      why: 'something went wrong',
    },
    {
      name: 'a requested termination',
      before: rented,
      after: withAttempt({ ending: 'Suspended' }),
      events: ['Normal Suspended'],
      why: 'that is no warning',
    },
    {
      name: 'a known termination',
      before: withAttempt({ ending: 'Suspended' }),
      after: withAttempt({ ending: 'Suspended' }),
      events: [],
      why: 'once is enough',
    },
    {
      name: 'a failed instance that has ended',
      before: withAttempt({ ending: 'InstallFailed' }),
      after: withAttempt({ ending: 'InstallFailed', outcome: 'Failed' }),
      events: ['Warning RentalEnded'],
      why: 'it cost something',
    },
    {
      name: 'a suspended instance that has ended',
      before: withAttempt({ ending: 'Suspended' }),
      after: withAttempt({ ending: 'Suspended', outcome: 'Ended' }),
      events: ['Normal RentalEnded'],
      why: 'as requested',
    },
    {
      name: 'a refusal',
      before: FRESH,
      after: { ...FRESH, attempts: [{ number: 1, outcome: 'Refused', message: 'm' }] },
      events: ['Warning OfferRefused'],
      why: 'the next offer is another one',
    },
    {
      name: 'a create request that created nothing',
      before: FRESH,
      after: { ...FRESH, attempts: [{ number: 1, outcome: 'NotCreated' }] },
      events: ['Warning NotCreated'],
      why: 'the next one is another request',
    },
    {
      name: 'no offer',
      before: FRESH,
      after: withConditions(condition('OfferSelected', 'AboveMaxPrice')),
      events: ['Warning AboveMaxPrice'],
      why: 'a person may want to relax it',
    },
    {
      name: 'another reason for none',
      before: withConditions(condition('OfferSelected', 'AboveMaxPrice')),
      after: withConditions(condition('OfferSelected', 'NoOffers')),
      events: ['Warning NoOffers'],
      why: 'that is news',
    },
    {
      name: 'a deadline that comes near',
      before: rentedStatus({ conditions: [SELECTED, condition('Expiring', 'Scheduled')] }),
      after: rentedStatus({ conditions: [SELECTED, condition('Expiring', 'LifetimeEnding')] }),
      events: ['Warning ExpiresSoon'],
      why: 'whoever needs it longer must act now',
    },
    {
      name: 'a deadline that is near for another limit',
      before: rentedStatus({ conditions: [SELECTED, condition('Expiring', 'CostLimitNear')] }),
      after: rentedStatus({ conditions: [SELECTED, condition('Expiring', 'LifetimeEnding')] }),
      events: [],
      why: 'once is enough',
    },
    {
      name: 'a deadline that was extended',
      before: rentedStatus({ conditions: [SELECTED, condition('Expiring', 'LifetimeEnding')] }),
      after: rentedStatus({ conditions: [SELECTED, condition('Expiring', 'Scheduled')] }),
      events: [],
      why: 'nobody must act',
    },
    {
      name: 'the same reason',
      before: withConditions(condition('OfferSelected', 'NoOffers')),
      after: withConditions(condition('OfferSelected', 'NoOffers', { message: 'x' })),
      events: [],
      why: 'once is enough',
    },
    {
      name: 'a stall',
      before: FRESH,
      after: withConditions(condition('Stalled', 'OfferTimeout')),
      events: ['Warning OfferTimeout'],
      why: 'a person must act',
    },
    {
      name: 'one reason in two conditions',
      before: FRESH,
      after: withConditions(condition('Stalled', 'CreateUncertain'), condition('Synced', 'CreateUncertain')),
      events: ['Warning CreateUncertain'],
      why: 'once is enough',
    },
    {
      name: 'an obstacle',
      before: FRESH,
      after: withConditions(condition('Synced', 'Unauthorized')),
      events: ['Warning Unauthorized'],
      why: 'a person must act',
    },
    {
      name: 'its end',
      before: withConditions(condition('Synced', 'Unauthorized')),
      after: withConditions(condition('Synced', 'ReconcileSuccess')),
      events: [],
      why: 'everything is in order',
    },
  ])('reports $name: $events, because $why', ({ before, after, events }) => {
    expect(eventsBetween(before, after).map(({ type, reason }) => `${type} ${reason}`)).toEqual(events);
  });

  it('reports what was rented, for how much, and why', () => {
    expect(eventsBetween(FRESH, rented)[0]?.message).toBe(
      'Rented instance pod-1 at 1.90 USD/h: Only offer that fits.',
    );
  });

  it('reports what an ended attempt cost', () => {
    const after = withAttempt({ outcome: 'Ended', reason: 'Suspended', cost: 12.5, podId: 'pod-1' });
    expect(eventsBetween(rented, after)[0]?.message).toBe(
      'The attempt with instance pod-1 is over (Suspended); it cost about 12.50 USD.',
    );
    expect(eventsBetween(rented, withAttempt({ outcome: 'Ended' }))[0]?.message).toContain(
      'about unknown USD',
    );
  });

  it('is a warning if the price of a ready instance rises above the cap', () => {
    const dear = { ...ready, cost: { maxPrice: 1.9, billedPerHour: 2.5 } };
    expect(eventsBetween(ready, dear)[0]).toMatchObject({
      type: 'Warning',
      reason: 'PriceAboveCap',
      message: expect.stringMatching(
        /2\.50 USD\/h, above the cap of 1\.90 USD\/h.* suspend or delete the GpuPod/,
      ),
    });
    const { cost: _cost, ...free } = ready;
    expect(eventsBetween(free, free)).toEqual([]);
  });

  it('reports nothing about a known instance, nor for a status that lost it', () => {
    const { podId: _podId, ...lost } = rented;
    expect(eventsBetween(rented, lost)).toEqual([]);
  });

  it('reports one reason once, with the text of Stalled, which says what to do, and without a hint about offers', () => {
    const both = withConditions(
      condition('Stalled', 'CreateUncertain', { message: 'Look there.' }),
      condition('Synced', 'CreateUncertain', { message: 'Unknown.' }),
    );
    const reported = eventsBetween(FRESH, { ...both, hint: 'Raise maxPrice.' });
    expect(reported.map(({ message }) => message)).toEqual(['Look there.']);
  });

  it('reports offers without a hint if there is none', () => {
    const [reported] = eventsBetween(FRESH, withConditions(condition('OfferSelected', 'NoOffers')));
    expect(reported?.message).toBe('NoOffers.');
  });

  it('adds the hint to the reason for which no offer fits', () => {
    const after = { ...withConditions(condition('OfferSelected', 'AboveMaxPrice')), hint: 'Raise maxPrice.' };
    expect(eventsBetween(FRESH, after)[0]?.message).toBe('AboveMaxPrice. Raise maxPrice.');
  });

  it.each([
    { name: 'a ready instance exceeds its cap', before: 1.9, after: 2, was: true, isReported: true },
    { name: 'it still exceeds its cap', before: 2, after: 2.1, was: true, isReported: false },
    { name: 'it exceeds its cap before it is ready', before: 1.9, after: 2, was: false, isReported: false },
  ])('reports a price above the cap once: $name', ({ before, after, was, isReported }) => {
    const at = (billedPerHour: number): GpuPodStatus => ({
      ...ready,
      cost: { pricePerHour: 1.9, maxPrice: 1.9, billedPerHour },
    });
    const { readyAt: _readyAt, ...unready } = at(before);
    const reasons = eventsBetween(was ? at(before) : unready, at(after)).map(({ reason }) => reason);
    expect(reasons.includes('PriceAboveCap')).toBe(isReported);
  });

  it('needs at most six for a normal life, including the release', () => {
    const life = [
      { observedGeneration: -1 },
      withConditions(condition('Ready', 'NoMatchingOffer'), condition('OfferSelected', 'AboveMaxPrice')),
      rented,
      ready,
      withAttempt({ ending: 'Suspended' }),
      withAttempt({ ending: 'Suspended', outcome: 'Ended' }),
    ];
    const reported = life.slice(1).flatMap((after, index) => eventsBetween(life[index] ?? FRESH, after));
    expect(reported.map(({ reason }) => reason)).toEqual([
      'AboveMaxPrice',
      'Rented',
      'Ready',
      'Suspended',
      'RentalEnded',
    ]);
  });
});
