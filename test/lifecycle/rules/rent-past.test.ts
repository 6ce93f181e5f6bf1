import { describe, expect, it } from '@jest/globals';
import { rent } from '../support/rules.ts';
import { condition } from '../../support/builders/conditions.ts';
import { gpuPod } from '../../support/builders/gpu-pod.ts';
import { offer } from '../../offers/support/builders.ts';
import { nameOfAttempt } from '../../support/builders/intent.ts';
import { NOW_MS, observed } from '../../support/builders/observation.ts';
import type { ObservationOverrides } from '../../support/builders/observation.ts';
import { inventory, failure, aSnapshot } from '../../support/builders/snapshots.ts';
import { outline, restOf } from '../support/outline.ts';
import type { Outline } from '../support/outline.ts';

const offers = { offers: { kind: 'ok', offers: [offer()], beganAtMs: NOW_MS } } as const;

interface Row {
  readonly name: string;
  readonly known: ObservationOverrides;
  readonly expected: Outline;
  readonly why: string;
}

describe('rent of an object that may have a past', () => {
  const old = { firstSeenAtMs: NOW_MS - 61_000 };
  const duplicate = { live: [aSnapshot({ name: nameOfAttempt(4) })] };
  it.each<Row>([
    { name: 'a young object', known: {}, expected: { step: 'createPod' }, why: 'it was seen being made' },
    {
      name: 'an object of the first list',
      known: { localState: { inFirstList: true } },
      expected: { step: 'rest', Ready: 'Pending' },
      why: 'its annotation may have been stripped',
    },
    {
      name: 'a young object with a status',
      known: { gpuPod: gpuPod({ status: { observedGeneration: 1 } }) },
      expected: { step: 'rest' },
      why: 'who wrote it may have ordered, and the order may have been stripped',
    },
    {
      name: 'a young object with a status and a clean list',
      known: {
        gpuPod: gpuPod({ status: { observedGeneration: 1 } }),
        inventory: inventory({ beganAtMs: NOW_MS }),
      },
      expected: { step: 'createPod' },
      why: 'nothing of it is left',
    },
    {
      name: 'an object that is known for ten seconds',
      known: { localState: { firstSeenAtMs: NOW_MS - 10_000 } },
      expected: { step: 'rest' },
      why: 'the same',
    },
    {
      name: 'an object that is new to this process, and was made ten seconds ago',
      known: { gpuPod: gpuPod({ creationTimestamp: '2026-11-23T10:09:50Z' }) },
      expected: { step: 'rest' },
      why: 'this process stood still: another one may have ordered',
    },
    {
      name: 'an object that is made an hour from now',
      known: { gpuPod: gpuPod({ creationTimestamp: '2026-11-23T11:10:00Z' }) },
      expected: { step: 'createPod' },
      why: 'this clock is behind; what this process saw counts',
    },
    {
      name: 'an old object and a clean list',
      known: { localState: old, inventory: inventory({ beganAtMs: NOW_MS - 60_000 }) },
      expected: { step: 'createPod' },
      why: 'nothing of it is left',
    },
    {
      name: 'an old object and a list from over a minute ago',
      known: { localState: old, inventory: inventory({ beganAtMs: NOW_MS - 60_001 }) },
      expected: { step: 'rest' },
      why: 'much can happen in a minute',
    },
    {
      name: 'an old object and a list that shows a pod of it',
      known: { localState: old, inventory: inventory({ beganAtMs: NOW_MS, ...duplicate }) },
      expected: { step: 'rest' },
      why: 'one at a time',
    },
    {
      name: 'a young object and a list that shows a pod of it',
      known: { inventory: inventory({ beganAtMs: NOW_MS - 900, ...duplicate }) },
      expected: { step: 'rest' },
      why: 'one at a time',
    },
    {
      name: 'a list from before it was seen as it stands now',
      known: {
        localState: { ...old, version: { resourceVersion: '1', seenAtMs: NOW_MS - 100 } },
        gpuPod: gpuPod({ resourceVersion: '1' }),
        inventory: inventory({ beganAtMs: NOW_MS - 101 }),
      },
      expected: { step: 'rest' },
      why: 'another process may have ordered since',
    },
    {
      name: 'a list from before it was changed',
      known: {
        localState: { ...old, version: { resourceVersion: '1', seenAtMs: NOW_MS - 50_000 } },
        gpuPod: gpuPod({ resourceVersion: '2' }),
        inventory: inventory({ beganAtMs: NOW_MS - 1 }),
      },
      expected: { step: 'rest' },
      why: 'the same',
    },
    {
      name: 'a list from before it was seen',
      known: { localState: { inFirstList: true }, inventory: inventory({ beganAtMs: NOW_MS - 1_001 }) },
      expected: { step: 'rest' },
      why: 'it may have ordered since',
    },
  ])('$name: $expected.step, because $why', ({ known, expected }) => {
    expect(outline(rent(observed({ ...offers, ...known })))).toMatchObject(expected);
  });

  describe('while a list is awaited', () => {
    const waiting = gpuPod({
      status: { observedGeneration: 1, conditions: [condition('Ready', 'NoMatchingOffer')] },
    });
    it.each([
      {
        name: 'a fresh object',
        known: {},
        expected: { Ready: 'Pending', Reconciling: 'Searching' },
        why: 'it says nothing yet',
      },
      {
        name: 'one that waits for an offer',
        known: { gpuPod: waiting },
        expected: { Ready: 'NoMatchingOffer', Reconciling: null },
        why: 'it needs a list each minute, and must not write each time',
      },
      {
        name: 'one that waits for an offer, while the provider is away',
        known: { gpuPod: waiting, providerFailure: failure() },
        expected: { Ready: 'Pending', Synced: 'ApiUnavailable' },
        why: 'the list does not come in a moment',
      },
    ])('$name says $expected.Ready: $why', ({ known, expected }) => {
      const step = rent(observed({ localState: old, ...known }));
      expect(outline(step)).toMatchObject({ step: 'rest', ...expected });
      expect(restOf(step).wantsInventoryAfterMs).toBe(NOW_MS);
    });
  });

  it('wants a list now, or after one that was not clean the next', () => {
    const unclean = inventory({ beganAtMs: NOW_MS - 10, ...duplicate });
    expect(restOf(rent(observed({ localState: old }))).wantsInventoryAfterMs).toBe(NOW_MS);
    expect(restOf(rent(observed({ localState: old, inventory: unclean }))).wantsInventoryAfterMs).toBe(
      NOW_MS + 4_990,
    );
  });
});
