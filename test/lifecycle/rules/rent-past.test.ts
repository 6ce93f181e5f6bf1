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

describe('renting for a GpuPod that may have a past', () => {
  const old = { firstSeenAtMs: NOW_MS - 61_000 };
  const duplicate = { live: [aSnapshot({ name: nameOfAttempt(4) })] };
  it.each<Row>([
    {
      name: 'a young GpuPod',
      known: {},
      expected: { step: 'createPod' },
      why: 'this process saw it being created',
    },
    {
      name: 'a GpuPod of the first list',
      known: { localState: { inFirstList: true } },
      expected: { step: 'rest', Ready: 'Pending' },
      why: 'its annotation may have been removed',
    },
    {
      name: 'a young GpuPod with a status',
      known: { gpuPod: gpuPod({ status: { observedGeneration: 1 } }) },
      expected: { step: 'rest' },
      why: 'whoever wrote it may have sent a create request, and the intent may have been removed',
    },
    {
      name: 'a young GpuPod with a status and a clean list',
      known: {
        gpuPod: gpuPod({ status: { observedGeneration: 1 } }),
        inventory: inventory({ beganAtMs: NOW_MS }),
      },
      expected: { step: 'createPod' },
      why: 'nothing of it is left',
    },
    {
      name: 'a GpuPod that is known for ten seconds',
      known: { localState: { firstSeenAtMs: NOW_MS - 10_000 } },
      expected: { step: 'rest' },
      why: 'its annotation may have been removed',
    },
    {
      name: 'a GpuPod that is new to this process, and was created ten seconds ago',
      known: { gpuPod: gpuPod({ creationTimestamp: '2026-11-23T10:09:50Z' }) },
      expected: { step: 'rest' },
      why: 'this process was suspended, and another one may have sent a create request',
    },
    {
      name: 'a GpuPod with a creation time an hour in the future',
      known: { gpuPod: gpuPod({ creationTimestamp: '2026-11-23T11:10:00Z' }) },
      expected: { step: 'createPod' },
      why: 'this clock is behind, so the local age counts',
    },
    {
      name: 'an old GpuPod and a clean list',
      known: { localState: old, inventory: inventory({ beganAtMs: NOW_MS - 60_000 }) },
      expected: { step: 'createPod' },
      why: 'nothing of it is left',
    },
    {
      name: 'an old GpuPod and a list from over a minute ago',
      known: { localState: old, inventory: inventory({ beganAtMs: NOW_MS - 60_001 }) },
      expected: { step: 'rest' },
      why: 'much can happen in a minute',
    },
    {
      name: 'an old GpuPod and a list that shows an instance of it',
      known: { localState: old, inventory: inventory({ beganAtMs: NOW_MS, ...duplicate }) },
      expected: { step: 'rest' },
      why: 'one at a time',
    },
    {
      name: 'a young GpuPod and a list that shows an instance of it',
      known: { inventory: inventory({ beganAtMs: NOW_MS - 900, ...duplicate }) },
      expected: { step: 'rest' },
      why: 'one at a time',
    },
    {
      name: 'a list from before this version was seen',
      known: {
        localState: { ...old, version: { resourceVersion: '1', seenAtMs: NOW_MS - 100 } },
        gpuPod: gpuPod({ resourceVersion: '1' }),
        inventory: inventory({ beganAtMs: NOW_MS - 101 }),
      },
      expected: { step: 'rest' },
      why: 'another process may have sent a create request since',
    },
    {
      name: 'a list from before the change',
      known: {
        localState: { ...old, version: { resourceVersion: '1', seenAtMs: NOW_MS - 50_000 } },
        gpuPod: gpuPod({ resourceVersion: '2' }),
        inventory: inventory({ beganAtMs: NOW_MS - 1 }),
      },
      expected: { step: 'rest' },
      why: 'another process may have sent a create request since',
    },
    {
      name: 'a list from before it was seen',
      known: { localState: { inFirstList: true }, inventory: inventory({ beganAtMs: NOW_MS - 1_001 }) },
      expected: { step: 'rest' },
      why: 'a create request may have been sent since',
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
        name: 'a fresh GpuPod',
        known: {},
        expected: { Ready: 'Pending', Reconciling: 'Searching' },
        why: 'it has no status yet',
      },
      {
        name: 'one that waits for an offer',
        known: { gpuPod: waiting },
        expected: { Ready: 'NoMatchingOffer', Reconciling: null },
        why: 'it needs a list each minute, which must not cost a write each time',
      },
      {
        name: 'one that waits for an offer, during an outage of the provider',
        known: { gpuPod: waiting, providerFailure: failure() },
        expected: { Ready: 'Pending', Synced: 'ApiUnavailable' },
        why: 'the list takes longer',
      },
    ])('$name reports $expected.Ready: $why', ({ known, expected }) => {
      const step = rent(observed({ localState: old, ...known }));
      expect(outline(step)).toMatchObject({ step: 'rest', ...expected });
      expect(restOf(step).wantsInventoryAfterMs).toBe(NOW_MS);
    });
  });

  it('asks for a list now, and for the next one after a list that was not clean', () => {
    const unclean = inventory({ beganAtMs: NOW_MS - 10, ...duplicate });
    expect(restOf(rent(observed({ localState: old }))).wantsInventoryAfterMs).toBe(NOW_MS);
    expect(restOf(rent(observed({ localState: old, inventory: unclean }))).wantsInventoryAfterMs).toBe(
      NOW_MS + 4_990,
    );
  });
});
