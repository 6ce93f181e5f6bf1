import { describe, expect, it } from '@jest/globals';
import { ANNOTATIONS } from '../../../src/api/names.ts';
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

const ofAnother = { of: () => undefined, isProvenElsewhere: () => true };

describe('forceRelease', () => {
  it.each<Row>([
    {
      name: 'the exact pod id',
      known: { gpuPod: rentedGpuPod(forced(POD_ID)) },
      expected: { step: 'release' },
      why: 'a person took the responsibility',
    },
    {
      name: 'the pod id of another pod',
      known: { gpuPod: rentedGpuPod(forced('pod-2')) },
      expected: { step: '-' },
      why: 'a template or a script must not release them all',
    },
    {
      name: 'the pod id that the status names, which another GpuPod has rented',
      known: { gpuPod: rentedGpuPod(forced(POD_ID)), proofs: ofAnother },
      expected: { step: '-' },
      why: 'whoever forged the status must not orphan what this one has',
    },
    {
      name: 'its own name, where the status names what another GpuPod has rented',
      known: { gpuPod: rentedGpuPod(forced(nameOfAttempt(1))), proofs: ofAnother },
      expected: { step: 'release' },
      why: 'the intent says what is its own',
    },
    {
      name: 'the word true',
      known: { gpuPod: rentedGpuPod(forced('true')) },
      expected: { step: '-' },
      why: 'only who knows the pod may let it go',
    },
    {
      name: 'the name of a pod that is rented',
      known: { gpuPod: rentedGpuPod(forced(nameOfAttempt(1))) },
      expected: { step: '-' },
      why: 'the name counts only while the order is unresolved',
    },
    {
      name: 'the name of the order, while it is unresolved',
      known: { gpuPod: gpuPod(forced(nameOfAttempt(1), { intent: intent() })) },
      expected: { step: 'release' },
      why: 'there is no id yet',
    },
    {
      name: "the name of another installation's order",
      known: {
        gpuPod: gpuPod(
          forced(intent({ installation: 'zzz999' }).name, { intent: intent({ installation: 'zzz999' }) }),
        ),
      },
      expected: { step: 'release' },
      why: 'it is the way out of ForeignIntent',
    },
    {
      name: 'an object that lives',
      known: { gpuPod: rentedGpuPod(forced(POD_ID, { isDeleting: false })) },
      expected: { step: '-' },
      why: 'it is not going anywhere',
    },
    {
      name: 'an object without our finalizer',
      known: { gpuPod: rentedGpuPod(forced(POD_ID, { finalizers: ['example.com/other'] })) },
      expected: { step: '-' },
      why: 'we do not hold it',
    },
    {
      name: 'no annotation',
      known: { gpuPod: rentedGpuPod({ isDeleting: true }) },
      expected: { step: '-' },
      why: 'nobody asked',
    },
    {
      name: 'an empty annotation on an object without a pod',
      known: { gpuPod: gpuPod(forced('')) },
      expected: { step: '-' },
      why: 'nothing is named',
    },
  ])('with $name: $expected.step, because $why', ({ known, expected }) => {
    expect(outline(forceRelease(observed(known)))).toMatchObject(expected);
  });
});

describe('restoreFinalizer', () => {
  const stripped = { finalizers: [] };
  it.each<Row>([
    {
      name: 'a rented object without it',
      known: { gpuPod: rentedGpuPod(stripped) },
      expected: { step: 'addFinalizer' },
      why: 'it pays',
    },
    {
      name: 'an open order without it',
      known: { gpuPod: gpuPod({ ...stripped, intent: intent() }) },
      expected: { step: 'addFinalizer' },
      why: 'it may pay',
    },
    {
      name: 'a rented object with it',
      known: { gpuPod: rentedGpuPod() },
      expected: { step: '-' },
      why: 'it is there',
    },
    {
      name: 'an object that pays for nothing',
      known: { gpuPod: gpuPod(stripped) },
      expected: { step: '-' },
      why: 'it may go',
    },
    {
      name: 'a deleting object',
      known: { gpuPod: rentedGpuPod({ ...stripped, isDeleting: true }) },
      expected: { step: '-' },
      why: 'the API server takes no new finalizers then',
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
      name: 'an object that lives',
      known: { gpuPod: rentedGpuPod() },
      expected: { step: '-' },
      why: 'nobody deleted it',
    },
    {
      name: 'a rented pod',
      known: { gpuPod: rented },
      expected: { step: 'deletePod' },
      why: 'the rental is ended first',
    },
    {
      name: 'a pod seen gone, and no list since the DELETE',
      known: {
        gpuPod: rented,
        localState: { instance: sent },
        inventory: inventory({ ...ended, beganAtMs: NOW_MS - 50_001 }),
      },
      expected: { step: 'rest', Ready: 'Deleting', Reconciling: 'Progressing' },
      why: 'a second pod of ours may be there',
    },
    {
      name: 'a pod seen gone, and a clean list since the DELETE',
      known: {
        gpuPod: rented,
        localState: { instance: sent },
        inventory: inventory({ ...ended, beganAtMs: NOW_MS - 50_000 }),
      },
      expected: { step: 'release' },
      why: 'the end was seen, and nothing is left',
    },
    {
      name: 'a pod seen gone, and a list that shows another one of ours',
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
      why: 'an order may have left after it',
    },
    {
      name: 'nothing rented, deleted a moment ago, and no list since',
      known: { gpuPod: gpuPod(deleting), localState: { deletingSinceMs: NOW_MS - 9_999 } },
      expected: { step: 'rest', Ready: null },
      why: 'the list is there within seconds, and to say so until then is not worth a write',
    },
    {
      name: 'nothing rented, and a clean list since the deletion',
      known: {
        gpuPod: gpuPod(deleting),
        localState: { deletingSinceMs: NOW_MS - 1_000 },
        inventory: inventory({ beganAtMs: NOW_MS - 1_000 }),
      },
      expected: { step: 'release' },
      why: 'there is nothing to end',
    },
    {
      name: 'an order that was surely not sent',
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
      why: 'nothing came of it',
    },
    {
      name: 'no finalizer of ours',
      known: {
        gpuPod: gpuPod({ ...deleting, finalizers: ['example.com/other'] }),
        inventory: inventory({ beganAtMs: NOW_MS }),
      },
      expected: { step: 'writeStatus', Ready: 'Terminated' },
      why: 'somebody else holds it, and nobody writes its status afterwards',
    },
    {
      name: 'an object that was let go a moment ago',
      known: {
        gpuPod: gpuPod(deleting),
        localState: { deletingSinceMs: NOW_MS - 1_000, isReleased: true },
        inventory: inventory({ beganAtMs: NOW_MS }),
      },
      expected: { step: 'rest' },
      why: 'the watch has not told of its end yet',
    },
  ])('$name: $expected.step, because $why', ({ known, expected }) => {
    const localState = { instance: anInstanceState() };
    expect(outline(finishDeletion(observed({ localState, ...known })))).toMatchObject(expected);
  });

  it('wants the list that is missing, and after one that was not clean the next', () => {
    const localState = { deletingSinceMs: NOW_MS - 1_000 };
    const known = { gpuPod: gpuPod(deleting), localState };
    const unclean = inventory({ beganAtMs: NOW_MS - 500, live: [aSnapshot()] });
    expect(restOf(finishDeletion(observed(known))).wantsInventoryAfterMs).toBe(NOW_MS - 1_000);
    expect(restOf(finishDeletion(observed({ ...known, inventory: unclean }))).wantsInventoryAfterMs).toBe(
      NOW_MS + 4_500,
    );
  });
});
