import { describe, expect, it } from '@jest/globals';
import { ANNOTATIONS } from '../../src/api/names.ts';
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

/** Each row: two rules apply, and which one goes first. */
describe('the order of the rules', () => {
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
      why: 'nobody is to worry about what is paused',
    },
    {
      name: 'paused before deletion',
      known: { gpuPod: rentedGpuPod({ isDeleting: true, annotations: PAUSED }) },
      expected: { step: 'rest', Synced: 'Paused' },
      why: 'deletion included',
    },
    {
      name: 'a doubtful account before deletion',
      known: { ...CHANGED, gpuPod: rentedGpuPod({ isDeleting: true }) },
      expected: { step: 'rest', Synced: 'AccountChanged' },
      why: 'its empty list would let everything go',
    },
    {
      name: 'a doubtful account before strays',
      known: { ...CHANGED, ...withDuplicate },
      expected: { step: 'rest' },
      why: 'they are not ours to end',
    },
    {
      name: 'the finalizer before all that pays',
      known: { gpuPod: rentedGpuPod({ finalizers: [] }), lastSeen: lastSeen(aReadySnapshot()) },
      expected: { step: 'addFinalizer' },
      why: 'it must not vanish unseen',
    },
    {
      name: 'strays before the look-up',
      known: { gpuPod: gpuPod({ intent: intent({ attempt: 10 }) }), ...withDuplicate },
      expected: { step: 'deleteDuplicate' },
      why: 'they bill meanwhile',
    },
    {
      name: 'what is newer than the object before the look-up',
      known: { gpuPod: gpuPod({ intent: intent() }), inventory: withDuplicate.inventory },
      expected: { step: 'rest', Synced: 'NewerInstance' },
      why: 'its attempt was begun once that order was settled',
    },
    {
      name: 'what is newer than the object before suspend',
      known: { gpuPod: gpuPod(suspended), inventory: withDuplicate.inventory },
      expected: { step: 'rest', Synced: 'NewerInstance' },
      why: 'the wish is from an older moment, too',
    },
    {
      name: 'the look-up before deletion',
      known: { gpuPod: gpuPod({ intent: intent(), isDeleting: true }) },
      expected: { step: 'rest', Ready: 'CreateUncertain' },
      why: 'a pod may be on its way',
    },
    {
      name: 'the look-up before suspend',
      known: { gpuPod: gpuPod({ intent: intent(), ...suspended }) },
      expected: { step: 'rest', Ready: 'CreateUncertain' },
      why: 'the same',
    },
    {
      name: 'a foreign order before deletion',
      known: { gpuPod: gpuPod({ intent: intent({ installation: 'zzz999' }), isDeleting: true }) },
      expected: { step: 'rest', Stalled: 'ForeignIntent' },
      why: 'only a person can say',
    },
    {
      name: 'an ending before a new start',
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
      why: 'however well it runs',
    },
    {
      name: 'suspend before a stall',
      known: {
        gpuPod: gpuPod({ ...suspended, status: { conditions: [condition('Stalled', 'Interrupted')] } }),
      },
      expected: { step: 'rest', Ready: 'Suspended', Stalled: null },
      why: 'it is a way out of it',
    },
    {
      name: 'a stall before renting',
      known: { ...offers, gpuPod: gpuPod({ status: { conditions: [condition('Stalled', 'Lost')] } }) },
      expected: { step: 'rest', Stalled: 'Lost' },
      why: 'nothing is rented by itself after a loss',
    },
    {
      name: 'what is forbidden before renting',
      known: { ...offers, policy: { requireMaxPrice: true } },
      expected: { step: 'rest', Synced: 'NotAllowed' },
      why: 'before any money is spent',
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
      why: 'the next would refuse it, too',
    },
    { name: 'renting last', known: offers, expected: { step: 'createPod' }, why: 'nothing hinders it' },
  ])('$name: $why', ({ known, expected }) => {
    const localState = { instance: anInstanceState() };
    expect(outline(nextStep(observed({ localState, ...known })))).toMatchObject(expected);
  });
});

/** A life as a chain of what is known, each with the step that it leads to. */
describe('a normal life', () => {
  const deleting = rentedGpuPod({ isDeleting: true });
  const sent = { instance: anInstanceState({ deletedAtMs: NOW_MS - 10_000 }) };
  it.each<{ name: string; known: ObservationOverrides; step: Outline['step'] }>([
    { name: 'applied', known: {}, step: 'readOffers' },
    { name: 'offers read', known: offers, step: 'createPod' },
    {
      name: 'ordered',
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
    { name: 'end asked for', known: { gpuPod: deleting, localState: sent }, step: 'rest' },
    {
      name: 'end seen',
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
