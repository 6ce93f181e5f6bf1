import { describe, expect, it } from '@jest/globals';
import { ANNOTATIONS } from '../../../src/api/common/names.ts';
import { finishDeletion, forceRelease, restoreFinalizer } from '../../../src/lifecycle/rules/deletion.ts';
import { gpuPod, POD_ID, rentedGpuPod } from '../../support/builders/gpu-pod.ts';
import type { GpuPodOverrides } from '../../support/builders/gpu-pod.ts';
import { intent, nameOfAttempt } from '../../support/builders/intent.ts';
import { NOW_MS, observed, aPendingCreate, anInstanceState } from '../../support/builders/observation.ts';
import type { ObservationOverrides } from '../../support/builders/observation.ts';
import { inventory, historyRow, aSnapshot } from '../../support/builders/snapshots.ts';
import { outline, restOf } from '../support/outline.ts';
import type { Outline } from '../support/outline.ts';

interface Row {
  readonly name: string;
  readonly known: ObservationOverrides;
  readonly expected: Outline;
  readonly why: string;
}

function forced(value: string, overrides: GpuPodOverrides = {}): GpuPodOverrides {
  return { isDeleting: true, annotations: { [ANNOTATIONS.forceRelease]: value }, ...overrides };
}

const ofAnother = { of: () => undefined, ofIntent: () => undefined, isProvenElsewhere: () => true };

describe('forceRelease', () => {
  it.each<Row>([
    {
      name: 'the exact instance ID',
      known: { gpuPod: rentedGpuPod(forced(POD_ID)) },
      expected: { step: 'release' },
      why: 'a person took the responsibility',
    },
    {
      name: 'the ID of another instance',
      known: { gpuPod: rentedGpuPod(forced('pod-2')) },
      expected: { step: '-' },
      why: 'a template or script must not release all GpuPods',
    },
    {
      name: 'the ID in the status, which another GpuPod has rented',
      known: { gpuPod: rentedGpuPod(forced(POD_ID)), proofs: ofAnother },
      expected: { step: '-' },
      why: 'a forged status must not orphan the instance of this GpuPod',
    },
    {
      name: 'its own name, while the status names the instance of another GpuPod',
      known: { gpuPod: rentedGpuPod(forced(nameOfAttempt(1))), proofs: ofAnother },
      expected: { step: 'release' },
      why: 'the create intent says what is its own',
    },
    {
      name: 'the word true',
      known: { gpuPod: rentedGpuPod(forced('true')) },
      expected: { step: '-' },
      why: 'only somebody who knows the instance may release the GpuPod',
    },
    {
      name: 'the name of a rented instance',
      known: { gpuPod: rentedGpuPod(forced(nameOfAttempt(1))) },
      expected: { step: '-' },
      why: 'the name counts only while the create intent is unresolved',
    },
    {
      name: 'the name in an unresolved create intent',
      known: { gpuPod: gpuPod(forced(nameOfAttempt(1), { intent: intent() })) },
      expected: { step: 'release' },
      why: 'there is no ID yet',
    },
    {
      name: "the name in another installation's create intent",
      known: {
        gpuPod: gpuPod(
          forced(intent({ installation: 'zzz999' }).name, { intent: intent({ installation: 'zzz999' }) }),
        ),
      },
      expected: { step: 'release' },
      why: 'it is the way out of ForeignIntent',
    },
    {
      name: 'a living GpuPod',
      known: { gpuPod: rentedGpuPod(forced(POD_ID, { isDeleting: false })) },
      expected: { step: '-' },
      why: 'nobody deleted it',
    },
    {
      name: 'a GpuPod without our finalizer',
      known: { gpuPod: rentedGpuPod(forced(POD_ID, { finalizers: ['example.com/other'] })) },
      expected: { step: '-' },
      why: 'the operator does not hold it',
    },
    {
      name: 'no annotation',
      known: { gpuPod: rentedGpuPod({ isDeleting: true }) },
      expected: { step: '-' },
      why: 'nobody requested it',
    },
    {
      name: 'an empty annotation on a GpuPod without an instance',
      known: { gpuPod: gpuPod(forced('')) },
      expected: { step: '-' },
      why: 'it names nothing',
    },
  ])('with $name: $expected.step, because $why', ({ known, expected }) => {
    expect(outline(forceRelease(observed(known)))).toMatchObject(expected);
  });
});

describe('restoreFinalizer', () => {
  const stripped = { finalizers: [] };
  it.each<Row>([
    {
      name: 'a rented GpuPod without it',
      known: { gpuPod: rentedGpuPod(stripped) },
      expected: { step: 'addFinalizer' },
      why: 'its instance bills',
    },
    {
      name: 'an open create intent without it',
      known: { gpuPod: gpuPod({ ...stripped, intent: intent() }) },
      expected: { step: 'addFinalizer' },
      why: 'its instance may bill',
    },
    {
      name: 'a rented GpuPod with it',
      known: { gpuPod: rentedGpuPod() },
      expected: { step: '-' },
      why: 'nothing is missing',
    },
    {
      name: 'a GpuPod without an instance',
      known: { gpuPod: gpuPod(stripped) },
      expected: { step: '-' },
      why: 'it may be deleted',
    },
    {
      name: 'a GpuPod that is being deleted',
      known: { gpuPod: rentedGpuPod({ ...stripped, isDeleting: true }) },
      expected: { step: '-' },
      why: 'the API server accepts no new finalizers then',
    },
  ])('$name: $expected.step, because $why', ({ known, expected }) => {
    expect(outline(restoreFinalizer(observed(known)))).toMatchObject(expected);
  });
});

describe('finishDeletion', () => {
  const deleting = { isDeleting: true } as const;
  const rented = rentedGpuPod(deleting);
  const sent = anInstanceState({ deletedAtMs: NOW_MS - 50_000 });
  const ended = { ended: [historyRow()] };
  it.each<Row>([
    {
      name: 'a living GpuPod',
      known: { gpuPod: rentedGpuPod() },
      expected: { step: '-' },
      why: 'nobody deleted it',
    },
    {
      name: 'a rented instance',
      known: { gpuPod: rented },
      expected: { step: 'deletePod' },
      why: 'the instance is terminated first',
    },
    {
      name: 'an instance proven terminated, and no list since the DELETE',
      known: {
        gpuPod: rented,
        localState: { instance: sent },
        inventory: inventory({ ...ended, beganAtMs: NOW_MS - 50_001 }),
      },
      expected: { step: 'rest', Ready: 'Deleting', Reconciling: 'Progressing' },
      why: 'another instance may exist',
    },
    {
      name: 'an instance proven terminated, and a clean list since the DELETE',
      known: {
        gpuPod: rented,
        localState: { instance: sent },
        inventory: inventory({ ...ended, beganAtMs: NOW_MS - 50_000 }),
      },
      expected: { step: 'release' },
      why: 'the end is proven, and nothing is left',
    },
    {
      name: 'an instance proven terminated, and a list that shows another one of ours',
      known: {
        gpuPod: rented,
        localState: { instance: sent },
        inventory: inventory({
          ...ended,
          beganAtMs: NOW_MS,
          live: [aSnapshot({ podId: 'pod-2', name: nameOfAttempt(2) })],
        }),
      },
      expected: { step: 'rest', Ready: 'Deleting' },
      why: 'that one bills',
    },
    {
      name: 'nothing rented, and a clean list from before the deletion',
      known: {
        gpuPod: gpuPod(deleting),
        localState: { deletingSinceMs: NOW_MS - 10_000 },
        inventory: inventory({ beganAtMs: NOW_MS - 10_001 }),
      },
      expected: { step: 'rest', Ready: 'Deleting' },
      why: 'a create request may have been sent after it',
    },
    {
      name: 'nothing rented, deleted a moment ago, and no list since',
      known: { gpuPod: gpuPod(deleting), localState: { deletingSinceMs: NOW_MS - 9_999 } },
      expected: { step: 'rest', Ready: null },
      why: 'the list takes seconds, and waiting for it is not worth a write',
    },
    {
      name: 'nothing rented, and a clean list since the deletion',
      known: {
        gpuPod: gpuPod(deleting),
        localState: { deletingSinceMs: NOW_MS - 1_000 },
        inventory: inventory({ beganAtMs: NOW_MS - 1_000 }),
      },
      expected: { step: 'release' },
      why: 'nothing is left to terminate',
    },
    {
      name: 'a create request that was surely not sent',
      known: {
        gpuPod: gpuPod({ ...deleting, intent: intent() }),
        localState: {
          deletingSinceMs: NOW_MS - 1_000,
          pendingCreate: aPendingCreate({
            outcome: { kind: 'notSent', reason: 'Withheld', message: 'fence' },
          }),
        },
        inventory: inventory({ beganAtMs: NOW_MS }),
      },
      expected: { step: 'release' },
      why: 'it created nothing',
    },
    {
      name: 'no finalizer of ours',
      known: {
        gpuPod: gpuPod({ ...deleting, finalizers: ['example.com/other'] }),
        inventory: inventory({ beganAtMs: NOW_MS }),
      },
      expected: { step: 'writeStatus', Ready: 'Terminated' },
      why: 'another finalizer holds it, and nobody writes its status afterwards',
    },
    {
      name: 'a GpuPod that was just released',
      known: {
        gpuPod: gpuPod(deleting),
        localState: { deletingSinceMs: NOW_MS - 1_000, isReleased: true },
        inventory: inventory({ beganAtMs: NOW_MS }),
      },
      expected: { step: 'rest' },
      why: 'the watch has not shown its end yet',
    },
  ])('$name: $expected.step, because $why', ({ known, expected }) => {
    const localState = { instance: anInstanceState() };
    expect(outline(finishDeletion(observed({ localState, ...known })))).toMatchObject(expected);
  });

  it('asks for the missing list, and for the next one after a list that was not clean', () => {
    const localState = { deletingSinceMs: NOW_MS - 1_000 };
    const known = { gpuPod: gpuPod(deleting), localState };
    const unclean = inventory({ beganAtMs: NOW_MS - 500, live: [aSnapshot()] });
    expect(restOf(finishDeletion(observed(known))).wantsInventoryAfterMs).toBe(NOW_MS - 1_000);
    expect(restOf(finishDeletion(observed({ ...known, inventory: unclean }))).wantsInventoryAfterMs).toBe(
      NOW_MS + 4_500,
    );
  });
});
