import { describe, expect, it } from '@jest/globals';
import type { Attempt, GpuPodStatus } from '../../../src/api/gpupod/status.ts';
import { eventsBetween } from '../../../src/lifecycle/status/events.ts';
import { condition } from '../../support/builders/conditions.ts';
import { rentedStatus } from '../../support/builders/gpu-pod.ts';
import { WALL_TEXT } from '../../support/builders/observation.ts';

const FRESH: GpuPodStatus = { observedGeneration: 1 };
const SELECTED = condition('OfferSelected', 'Selected');
const rented = rentedStatus({ conditions: [SELECTED] });
const ready = rentedStatus({ readyAt: WALL_TEXT, conditions: [SELECTED] });

function withAttempt(attempt: Partial<Attempt>): GpuPodStatus {
  return rentedStatus({ conditions: [SELECTED] }, attempt);
}

function bare(): GpuPodStatus {
  return { ...FRESH, podId: 'pod-1' };
}

/** Checks what a person must find in the message, not its words. */
describe('the message of an event', () => {
  it.each<{ name: string; before: GpuPodStatus; after: GpuPodStatus; says: readonly string[] }>([
    {
      name: 'an adopted instance: that it was adopted, and its ID',
      before: FRESH,
      after: rentedStatus({ conditions: [condition('OfferSelected', 'Adopted')] }),
      says: ['Adopted', 'pod-1', '1.90 USD/h'],
    },
    {
      name: 'a status without conditions and price: the instance',
      before: FRESH,
      after: bare(),
      says: ['pod-1', 'unknown USD/h'],
    },
    {
      name: 'a termination: the instance, and why',
      before: rented,
      after: withAttempt({ ending: 'AboveMaxPrice', message: 'It bills 2.00 USD/h.' }),
      says: ['pod-1', 'It bills 2.00 USD/h.'],
    },
    {
      name: 'a termination without a message: the instance, and the reason',
      before: rented,
      after: withAttempt({ ending: 'Suspended' }),
      says: ['pod-1', 'Suspended'],
    },
    {
      name: 'a termination of the second attempt: only that',
      before: { ...rented, attempts: [{ number: 1, ending: 'PodFailed', outcome: 'Failed' }, { number: 2 }] },
      after: {
        ...rented,
        attempts: [
          { number: 1, ending: 'PodFailed', outcome: 'Failed' },
          { number: 2, ending: 'Suspended' },
        ],
      },
      says: ['pod-1', 'Suspended'],
    },
    {
      name: "a refusal: its number, the offer, and the provider's answer",
      before: FRESH,
      after: { ...FRESH, attempts: [{ number: 7, offer: 'o 1', outcome: 'Refused', message: 'No stock.' }] },
      says: ['7', 'o 1', 'No stock.'],
    },
    {
      name: 'a refusal without an offer and a message: its number, and the reason',
      before: FRESH,
      after: { ...FRESH, attempts: [{ number: 7, outcome: 'Refused', reason: 'NoCapacity' }] },
      says: ['7', 'offer', 'NoCapacity'],
    },
    {
      name: 'a create request with no other facts: its number',
      before: FRESH,
      after: { ...FRESH, attempts: [{ number: 7, outcome: 'NotCreated' }] },
      says: ['7', 'Ended'],
    },
    {
      name: 'a price above the cap: both, and that the operator keeps the instance',
      before: ready,
      after: { ...ready, cost: { maxPrice: 1.9, billedPerHour: 2.5 } },
      says: ['2.50 USD/h', '1.90 USD/h', 'keeps the instance'],
    },
  ])('has for $name', ({ before, after, says }) => {
    const events = eventsBetween(before, after);
    expect(events).toHaveLength(1);
    for (const part of says) expect(events[0]?.message).toContain(part);
  });
});
