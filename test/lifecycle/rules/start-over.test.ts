import { describe, expect, it } from '@jest/globals';
import { ANNOTATIONS } from '../../../src/api/common/names.ts';
import { startOver, stayStalled } from '../../../src/lifecycle/rules/start-over.ts';
import { condition } from '../../support/builders/conditions.ts';
import { gpuPod, rentedGpuPod } from '../../support/builders/gpu-pod.ts';
import { observed, WALL_TEXT } from '../../support/builders/observation.ts';
import { outline, statusOf } from '../support/outline.ts';
import type { Outline } from '../support/outline.ts';
import type { GpuPodOverrides } from '../../support/builders/gpu-pod.ts';
import type { Reason } from '../../../src/api/gpupod/conditions.ts';

const REQUESTED: GpuPodOverrides = { annotations: { [ANNOTATIONS.reconcileRequestedAt]: 'now' } };

function stalled(reason: Reason<'Stalled'>) {
  return { observedGeneration: 1, conditions: [condition('Ready', 'Pending'), condition('Stalled', reason)] };
}

const LIVED_AN_HOUR = { createdAt: '2026-11-23T09:00:00Z', expiresAt: '2026-11-23T10:00:00Z' };

/** The cut is within a surrogate pair, which the API server stores as another character. */
const CUT_IN_TWO = `${'x'.repeat(255)}🚀`;

describe('startOver', () => {
  it.each([
    { name: 'a request that is cut within a character', value: CUT_IN_TWO },
    { name: 'a request with invisible characters', value: '\u001B[2Jnow\u202E' },
  ])('handles $name once, because each request lifts the limit of failed attempts', ({ value }) => {
    const annotations = { [ANNOTATIONS.reconcileRequestedAt]: value };
    const status = statusOf(startOver(observed({ gpuPod: gpuPod({ annotations }) })));
    const stored = { ...status, lastHandledReconcileAt: status.lastHandledReconcileAt?.toWellFormed() ?? '' };

    expect(startOver(observed({ gpuPod: gpuPod({ annotations, status: stored }) }))).toBeUndefined();
  });

  const anew = { step: 'writeStatus', Ready: 'Pending', Reconciling: 'Searching', Stalled: null } as const;
  it.each<{ name: string; object: GpuPodOverrides; expected: Outline; why: string }>([
    {
      name: 'nothing new',
      object: { status: { observedGeneration: 1, failedAttempts: 2 } },
      expected: { step: '-' },
      why: 'the counters stay',
    },
    {
      name: 'a request',
      object: { ...REQUESTED, status: stalled('AttemptsExhausted') },
      expected: anew,
      why: 'a person wants another attempt',
    },
    {
      name: 'a request that was handled',
      object: { ...REQUESTED, status: { ...stalled('AttemptsExhausted'), lastHandledReconcileAt: 'now' } },
      expected: { step: '-' },
      why: 'once is enough',
    },
    {
      name: 'a request after a loss',
      object: { ...REQUESTED, status: stalled('Interrupted') },
      expected: anew,
      why: 'that is the way out',
    },
    {
      name: 'a new spec after failures',
      object: { generation: 2, status: { observedGeneration: 1, failedAttempts: 3 } },
      expected: anew,
      why: 'maxAttempts is per generation',
    },
    {
      name: 'a new spec in a search',
      object: { generation: 2, status: { observedGeneration: 1, searchStartedAt: WALL_TEXT } },
      expected: anew,
      why: 'offerTimeout counts from the new spec',
    },
    {
      name: 'a new spec after invalid requests',
      object: { generation: 2, status: stalled('InvalidRequest') },
      expected: anew,
      why: 'the message says: change the spec',
    },
    {
      name: 'a new spec after OfferTimeout',
      object: { generation: 2, status: stalled('OfferTimeout') },
      expected: anew,
      why: 'the message says: change the spec',
    },
    {
      name: 'a new spec after an interruption',
      object: { generation: 2, status: { ...stalled('Interrupted'), failedAttempts: 1 } },
      expected: { step: '-' },
      why: 'a new spec does not mean: rent again',
    },
    {
      name: 'a new spec after a loss',
      object: { generation: 2, status: { ...stalled('Lost'), searchStartedAt: WALL_TEXT } },
      expected: { step: '-' },
      why: 'a new spec does not mean: rent again',
    },
    {
      name: 'another new spec after the lifetime',
      object: {
        generation: 2,
        spec: { maxLifetime: '1h' },
        status: { ...stalled('Expired'), ...LIVED_AN_HOUR },
      },
      expected: { step: '-' },
      why: 'the limit was not raised',
    },
    {
      name: 'a longer lifetime',
      object: {
        generation: 2,
        spec: { maxLifetime: '1h1s' },
        status: { ...stalled('Expired'), ...LIVED_AN_HOUR },
      },
      expected: anew,
      why: 'the message says: raise it',
    },
    {
      name: 'no lifetime any more',
      object: { generation: 2, status: { ...stalled('Expired'), ...LIVED_AN_HOUR } },
      expected: anew,
      why: 'nothing limits it',
    },
    {
      name: 'a longer lifetime, without a record of the last one',
      object: { generation: 2, spec: { maxLifetime: '2h' }, status: stalled('Expired') },
      expected: { step: '-' },
      why: 'nobody can tell that it is longer',
    },
    {
      name: 'a request after the lifetime',
      object: {
        ...REQUESTED,
        spec: { maxLifetime: '1h' },
        status: { ...stalled('Expired'), ...LIVED_AN_HOUR },
      },
      expected: anew,
      why: 'that is a way out',
    },
    {
      name: 'a total cost that is still reached',
      object: {
        generation: 2,
        spec: { maxTotalCost: 5 },
        status: { ...stalled('CostLimitReached'), attemptsCost: 5 },
      },
      expected: { step: '-' },
      why: 'nothing is left to spend',
    },
    {
      name: 'a higher total cost',
      object: {
        generation: 2,
        spec: { maxTotalCost: 6 },
        status: { ...stalled('CostLimitReached'), attemptsCost: 5 },
      },
      expected: anew,
      why: 'the message says: raise it',
    },
    {
      name: 'a new spec without a past',
      object: { generation: 2, status: { observedGeneration: 1 } },
      expected: { step: '-' },
      why: 'there is nothing to reset, and so no write',
    },
    {
      name: 'a new spec of a rented GpuPod',
      object: {
        generation: 2,
        status: { observedGeneration: 1, failedAttempts: 1, podId: 'pod-1' },
      },
      expected: { step: '-' },
      why: 'its search is over; the failures count until it is ready',
    },
    {
      name: 'no request, and one that was handled',
      object: { status: { observedGeneration: 1, lastHandledReconcileAt: 'now' } },
      expected: { step: '-' },
      why: 'a person removed it',
    },
    {
      name: 'a fresh GpuPod',
      object: { generation: 2, status: { searchStartedAt: WALL_TEXT } },
      expected: { step: '-' },
      why: 'it was never reconciled',
    },
  ])('$name: $expected.step, because $why', ({ object, expected }) => {
    expect(outline(startOver(observed({ gpuPod: gpuPod(object) })))).toMatchObject(expected);
  });

  it('resets failures and refusals, and starts the search now', () => {
    const object = gpuPod({
      ...REQUESTED,
      generation: 3,
      status: { observedGeneration: 2, failedAttempts: 3 },
    });
    const step = startOver(observed({ gpuPod: object }));
    expect(statusOf(step)).toMatchObject({
      searchStartedAt: WALL_TEXT,
      lastHandledReconcileAt: 'now',
      observedGeneration: 3,
    });
    expect(Object.keys(statusOf(step))).not.toContain('failedAttempts');
    expect(step?.remember?.invalidRefusals).toEqual({ generation: 3, count: 0, message: '' });
  });

  it('records the request of a rented GpuPod, and changes nothing else', () => {
    const status = { conditions: [condition('Ready', 'Available')] };
    const step = startOver(observed({ gpuPod: rentedGpuPod({ ...REQUESTED, status }) }));
    expect(outline(step)).toMatchObject({ step: 'writeStatus', Ready: 'Available', Reconciling: null });
    expect(statusOf(step)).toMatchObject({ podId: 'pod-1', lastHandledReconcileAt: 'now' });
  });

  it('records a long request as the schema can hold it, so that it is handled once', () => {
    const annotations = { [ANNOTATIONS.reconcileRequestedAt]: 'x'.repeat(300) };
    const status = { observedGeneration: 1, lastHandledReconcileAt: 'x'.repeat(256) };
    expect(startOver(observed({ gpuPod: gpuPod({ annotations, status }) }))).toBeUndefined();
  });
});

describe('stayStalled', () => {
  it.each<{ reason: Reason<'Stalled'>; stays: boolean; why: string }>([
    { reason: 'Interrupted', stays: true, why: 'only a person lifts it' },
    { reason: 'Lost', stays: true, why: 'only a person lifts it' },
    { reason: 'OfferTimeout', stays: true, why: 'the search is over' },
    { reason: 'InvalidRequest', stays: true, why: 'the spec must change, also after a restart' },
    { reason: 'NotAllowed', stays: false, why: 'the settings may have changed' },
    { reason: 'AttemptsExhausted', stays: false, why: 'it is counted again each time' },
    { reason: 'AccountChanged', stays: false, why: 'the account may fit by now' },
    { reason: 'ForeignIntent', stays: false, why: 'the create intent may have been removed' },
  ])('stays with $reason: $stays, because $why', ({ reason, stays }) => {
    const step = stayStalled(observed({ gpuPod: gpuPod({ status: stalled(reason) }) }));
    expect(outline(step)).toMatchObject(
      stays ? { step: 'rest', Stalled: reason, Reconciling: null } : { step: '-' },
    );
  });

  it('does not apply without a stall, nor with a rented instance', () => {
    expect(stayStalled(observed())).toBeUndefined();
    expect(stayStalled(observed({ gpuPod: rentedGpuPod({ status: stalled('Lost') }) }))).toBeUndefined();
  });

  it.each([
    { synced: 'Paused', reason: 'Interrupted', expected: 'ReconcileSuccess', why: 'the pause is over' },
    {
      synced: 'ApiUnavailable',
      reason: 'Lost',
      expected: 'ReconcileSuccess',
      why: 'the provider answers again',
    },
    {
      synced: 'InvalidRequest',
      reason: 'InvalidRequest',
      expected: 'InvalidRequest',
      why: 'the spec is still refused',
    },
  ] as const)('reports Synced=$expected after $synced: $why', ({ synced, reason, expected }) => {
    const { conditions } = stalled(reason);
    const status = { observedGeneration: 1, conditions: [...conditions, condition('Synced', synced)] };
    expect(outline(stayStalled(observed({ gpuPod: gpuPod({ status }) }))).Synced).toBe(expected);
  });
});
