import { describe, expect, it } from '@jest/globals';
import { ANNOTATIONS } from '../../src/api/common/names.ts';
import { nextStep } from '../../src/lifecycle/next-step.ts';
import { offer } from '../offers/support/builders.ts';
import { condition } from '../support/builders/conditions.ts';
import { gpuPod, POD_ID, rentedGpuPod } from '../support/builders/gpu-pod.ts';
import { intent, nameOfAttempt } from '../support/builders/intent.ts';
import { NOW_MS, observed, aPendingCreate, anInstanceState } from '../support/builders/observation.ts';
import type { ObservationOverrides } from '../support/builders/observation.ts';
import { inventory, historyRow, aSnapshot, aReadySnapshot, lastSeen } from '../support/builders/snapshots.ts';
import { outline } from './support/outline.ts';
import type { Outline } from './support/outline.ts';

const PAUSED = { [ANNOTATIONS.paused]: 'true' };
const CHANGED = { account: { kind: 'changed', message: 'Another account.' } } as const;
const offers = { offers: { kind: 'ok', offers: [offer()], beganAtMs: NOW_MS } } as const;
const surplus = aSnapshot({ podId: 'pod-9', name: nameOfAttempt(9) });
const withDuplicate = {
  inventory: inventory({ beganAtMs: NOW_MS, live: [surplus] }),
  localState: { duplicates: { 'pod-9': 1 } },
};
const suspended = { spec: { suspend: true } };

/** In each row two rules apply; the expected step shows which one comes first. */
describe('the sequence of the rules', () => {
  it.each<{ name: string; known: ObservationOverrides; expected: Outline; why: string }>([
    {
      name: 'force-release before paused',
      known: {
        gpuPod: rentedGpuPod({
          isDeleting: true,
          annotations: { ...PAUSED, [ANNOTATIONS.forceRelease]: POD_ID },
        }),
      },
      expected: { step: 'release' },
      why: 'a person takes the responsibility',
    },
    {
      name: 'force-release before a doubtful account',
      known: {
        ...CHANGED,
        gpuPod: rentedGpuPod({ isDeleting: true, annotations: { [ANNOTATIONS.forceRelease]: POD_ID } }),
      },
      expected: { step: 'release' },
      why: 'it is the way out',
    },
    {
      name: 'paused before a doubtful account',
      known: { ...CHANGED, gpuPod: gpuPod({ annotations: PAUSED }) },
      expected: { step: 'rest', Synced: 'Paused' },
      why: 'a paused GpuPod raises no alarm',
    },
    {
      name: 'paused before deletion',
      known: { gpuPod: rentedGpuPod({ isDeleting: true, annotations: PAUSED }) },
      expected: { step: 'rest', Synced: 'Paused' },
      why: 'paused includes deletion',
    },
    {
      name: 'a doubtful account before deletion',
      known: { ...CHANGED, gpuPod: rentedGpuPod({ isDeleting: true }) },
      expected: { step: 'rest', Synced: 'AccountChanged' },
      why: 'its empty list would release everything',
    },
    {
      name: 'a doubtful account before duplicates',
      known: { ...CHANGED, ...withDuplicate },
      expected: { step: 'rest' },
      why: 'they are not ours to terminate',
    },
    {
      name: 'the finalizer before everything that costs money',
      known: { gpuPod: rentedGpuPod({ finalizers: [] }), lastSeen: lastSeen(aReadySnapshot()) },
      expected: { step: 'addFinalizer' },
      why: 'the GpuPod must not vanish unseen',
    },
    {
      name: 'duplicates before the open create intent',
      known: { gpuPod: gpuPod({ intent: intent({ attempt: 10 }) }), ...withDuplicate },
      expected: { step: 'deleteDuplicate' },
      why: 'they bill meanwhile',
    },
    {
      name: 'a newer instance before the open create intent',
      known: { gpuPod: gpuPod({ intent: intent() }), inventory: withDuplicate.inventory },
      expected: { step: 'rest', Synced: 'NewerInstance' },
      why: 'its attempt began after that intent was settled',
    },
    {
      name: 'a newer instance before suspend',
      known: { gpuPod: gpuPod(suspended), inventory: withDuplicate.inventory },
      expected: { step: 'rest', Synced: 'NewerInstance' },
      why: 'the spec is older too',
    },
    {
      name: 'the open create intent before deletion',
      known: { gpuPod: gpuPod({ intent: intent(), isDeleting: true }) },
      expected: { step: 'rest', Ready: 'CreateUncertain' },
      why: 'an instance may be on its way',
    },
    {
      name: 'the open create intent before suspend',
      known: { gpuPod: gpuPod({ intent: intent(), ...suspended }) },
      expected: { step: 'rest', Ready: 'CreateUncertain' },
      why: 'an instance may be on its way',
    },
    {
      name: "another installation's create intent before deletion",
      known: { gpuPod: gpuPod({ intent: intent({ installation: 'zzz999' }), isDeleting: true }) },
      expected: { step: 'rest', Stalled: 'ForeignIntent' },
      why: 'only a person can decide',
    },
    {
      name: 'a termination before a new start',
      known: {
        gpuPod: rentedGpuPod(
          { annotations: { [ANNOTATIONS.reconcileRequestedAt]: 'now' } },
          { ending: 'PodFailed' },
        ),
      },
      expected: { step: 'deletePod' },
      why: 'what was begun is finished',
    },
    {
      name: 'deletion before a new start',
      known: {
        gpuPod: rentedGpuPod({
          isDeleting: true,
          annotations: { [ANNOTATIONS.reconcileRequestedAt]: 'now' },
        }),
      },
      expected: { step: 'deletePod' },
      why: 'it will not start again',
    },
    {
      name: 'suspend before following',
      known: { gpuPod: rentedGpuPod(suspended), lastSeen: lastSeen(aReadySnapshot(), { beganAtMs: NOW_MS }) },
      expected: { step: 'writeStatus', Ready: 'Terminating' },
      why: 'even if the instance is ready',
    },
    {
      name: 'suspend before a stall',
      known: {
        gpuPod: gpuPod({ ...suspended, status: { conditions: [condition('Stalled', 'Interrupted')] } }),
      },
      expected: { step: 'rest', Ready: 'Suspended', Stalled: null },
      why: 'it is a way out of the stall',
    },
    {
      name: 'a stall before renting',
      known: { ...offers, gpuPod: gpuPod({ status: { conditions: [condition('Stalled', 'Lost')] } }) },
      expected: { step: 'rest', Stalled: 'Lost' },
      why: 'the operator rents nothing by itself after a loss',
    },
    {
      name: 'forbidden settings before renting',
      known: { ...offers, policy: { requireMaxPrice: true } },
      expected: { step: 'rest', Synced: 'NotAllowed' },
      why: 'they are checked before any money is spent',
    },
    {
      name: 'failures before renting',
      known: { ...offers, gpuPod: gpuPod({ status: { failedAttempts: 3 } }) },
      expected: { step: 'rest', Stalled: 'AttemptsExhausted' },
      why: 'a person decides',
    },
    {
      name: 'invalid requests before renting',
      known: { ...offers, localState: { invalidRefusals: { generation: 1, count: 3, message: '' } } },
      expected: { step: 'rest', Stalled: 'InvalidRequest' },
      why: 'the next offer would refuse it too',
    },
    { name: 'renting last', known: offers, expected: { step: 'createPod' }, why: 'nothing prevents it' },
  ])('has $name: $why', ({ known, expected }) => {
    const localState = { instance: anInstanceState() };
    expect(outline(nextStep(observed({ localState, ...known })))).toMatchObject(expected);
  });
});

/** A life as a chain of observations, each with the step that it leads to. */
describe('a normal life', () => {
  const deleting = rentedGpuPod({ isDeleting: true });
  const sent = { instance: anInstanceState({ deletedAtMs: NOW_MS - 10_000 }) };
  it.each<{ name: string; known: ObservationOverrides; step: Outline['step'] }>([
    { name: 'applied', known: {}, step: 'readOffers' },
    { name: 'offers read', known: offers, step: 'createPod' },
    {
      name: 'create request sent',
      known: {
        gpuPod: gpuPod({ intent: intent() }),
        localState: {
          pendingCreate: aPendingCreate({ outcome: { kind: 'created', instance: aSnapshot() } }),
        },
      },
      step: 'writeStatus',
    },
    { name: 'bound', known: { gpuPod: rentedGpuPod() }, step: 'rest' },
    {
      name: 'ready',
      known: { gpuPod: rentedGpuPod(), lastSeen: lastSeen(aReadySnapshot(), { beganAtMs: NOW_MS }) },
      step: 'ensureSecret',
    },
    {
      name: 'deleted',
      known: { gpuPod: deleting, localState: { instance: anInstanceState() } },
      step: 'deletePod',
    },
    { name: 'termination requested', known: { gpuPod: deleting, localState: sent }, step: 'rest' },
    {
      name: 'termination proven',
      known: {
        gpuPod: deleting,
        localState: sent,
        inventory: inventory({ beganAtMs: NOW_MS, ended: [historyRow()] }),
      },
      step: 'release',
    },
  ])('$name: $step', ({ known, step }) => {
    expect(outline(nextStep(observed(known))).step).toBe(step);
  });
});
