import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Arbitrary } from 'fast-check';
import { hasFinalizer, isDeleting, isPaused } from '../../src/api/gpu-pod.ts';
import type { GpuPod } from '../../src/api/gpu-pod.ts';
import { ANNOTATIONS } from '../../src/api/names.ts';
import { GpuPodStatus } from '../../src/api/status.ts';
import type { Observation } from '../../src/lifecycle/observation.ts';
import { nextStep } from '../../src/lifecycle/next-step.ts';
import { isKnownNotCreated, openIntentOf } from '../../src/lifecycle/open-intent.ts';
import { objectHash, parsePodName, sameName } from '../../src/lifecycle/pod-name.ts';
import type { Effect, Step } from '../../src/lifecycle/step.ts';
import { aboutToEnd, aboutToGo, aboutToRent, aboutToRentAgain, anything } from './support/arbitraries.ts';

const RUNS = { numRuns: 1_500 };

type EffectOf<T extends Effect['type']> = Extract<Effect, { type: T }>;
type Expectations<T extends Effect['type']> = Readonly<
  Record<string, (known: Observation, effect: EffectOf<T>) => boolean>
>;

/** Holds each claim against every effect of one type that comes of the knowledge. */
function expectOf<T extends Effect['type']>(
  type: T,
  arbitrary: Arbitrary<Observation>,
  drafts: Expectations<T>,
): void {
  let seen = 0;
  fc.assert(
    fc.property(arbitrary, (known) => {
      const step = nextStep(known);
      if (step.kind === 'act' && isOfType(step.effect, type)) {
        const { effect } = step;
        seen += 1;
        expect(Object.keys(drafts).filter((name) => drafts[name]?.(known, effect) !== true)).toEqual([]);
      }
    }),
    RUNS,
  );
  // A property that nothing was held against says nothing.
  expect(seen).toBeGreaterThan(20);
}

function isOfType<T extends Effect['type']>(effect: Effect, type: T): effect is EffectOf<T> {
  return effect.type === type;
}

function statusOf(step: Step): GpuPodStatus | undefined {
  if (step.kind === 'rest') {
    return step.status;
  }
  return step.effect.type === 'writeStatus' ? step.effect.status : undefined;
}

/** Whether a pod may come of the order that stands on the object. */
function mayCome(known: Observation): boolean {
  const { pendingCreate } = known.localState;
  return (
    openIntentOf(known).kind === 'open' && (pendingCreate === undefined || !isKnownNotCreated(pendingCreate))
  );
}

describe('for whatever is known', () => {
  it('there is one next step, the same each time, with a status that the schema takes', () => {
    fc.assert(
      fc.property(anything, (known) => {
        const step = nextStep(known);
        const status = statusOf(step);
        const types = (status?.conditions ?? []).map(({ type }) => type);
        expect(nextStep(known)).toEqual(step);
        expect(status === undefined ? undefined : GpuPodStatus.safeParse(status).error).toBeUndefined();
        expect(types.includes('Reconciling') && types.includes('Stalled')).toBe(false);
        expect(step.kind === 'rest' ? (step.requeueAfterMs ?? 0) : 0).toBeGreaterThanOrEqual(0);
      }),
      RUNS,
    );
  });
});

/** Of the vanished object whose order this one may take over: not its own to end, nor to wait for. */
function isOfAdopted({ intent, gpuPod }: Observation, name: string | undefined): boolean {
  const adopted = parsePodName(
    intent.kind === 'read' ? intent.intent.name : gpuPod.status.podName,
  )?.objectHash;
  return adopted !== undefined && parsePodName(name)?.objectHash === adopted;
}

describe('an order', () => {
  const drafts: Expectations<'createPod'> = {
    'never leaves while a pod is rented': ({ gpuPod }) => gpuPod.status.podId === undefined,
    'never leaves for an object that goes': ({ gpuPod }) => !isDeleting(gpuPod),
    'never leaves for a paused object': ({ gpuPod }) => !isPaused(gpuPod),
    'never leaves for a suspended object': ({ gpuPod }) => !gpuPod.spec.suspend,
    'never leaves unless the account fits': ({ account }) => account.kind === 'fits',
    'never leaves through a closed gate': ({ permit }) => permit.kind === 'granted',
    'never leaves for a team that is not allowed': ({ gpuPod }) => gpuPod.spec.teamId === undefined,
    'never leaves while it is blocked': ({ localState, now }) =>
      (localState.blocked?.untilMs ?? 0) <= now.monotonicMs,
    'never leaves while a list shows a pod of the object': (known) =>
      (known.inventory?.live ?? []).every(({ name }) => known.mayAdopt && isOfAdopted(known, name)),
    'never leaves over the order of another installation': (known) => openIntentOf(known).kind !== 'foreign',
    'never leaves over an order that a pod may come of': (known) => !mayCome(known),
    'never leaves after failures enough': ({ gpuPod }) =>
      (gpuPod.status.failedAttempts ?? 0) < gpuPod.spec.maxAttempts,
    'never leaves after a loss': ({ gpuPod }) =>
      (gpuPod.status.conditions ?? []).every(({ reason }) => reason !== 'Interrupted'),
    'always has a cap': (_known, { request }) => request.pod.maxPrice >= 0.01,
    'never has a cap above that of the spec': ({ gpuPod }, { request }) =>
      request.pod.maxPrice <= (gpuPod.spec.maxPrice ?? Infinity),
    'goes under the name that is written down': (_known, { intent, request }) =>
      request.pod.name === intent.name,
    'keeps its number while it was not sent': (known, { intent }) => {
      const pendingCreate = openIntentOf(known);
      return pendingCreate.kind !== 'open' || intent.attempt === pendingCreate.intent.attempt;
    },
    'never has a number that was used': ({ gpuPod }, { intent }) =>
      (gpuPod.status.attempts ?? []).every(
        ({ number, outcome }) => number !== intent.attempt || outcome === undefined,
      ),
    'never has the name of an order that was stripped from the object': (
      { localState, intent },
      pendingCreate,
    ) => intent.kind !== 'none' || !sameName(localState.pendingCreate?.podName, pendingCreate.intent.name),
  };

  it.each([
    { name: 'of whatever is known', arbitrary: anything, isRare: true },
    { name: 'of an object that is about to be rented for', arbitrary: aboutToRent, isRare: false },
    { name: 'of an order that was not sent', arbitrary: aboutToRentAgain, isRare: false },
  ])('$name keeps all rules', ({ arbitrary, isRare }) => {
    expectOf('createPod', isRare ? fc.oneof(arbitrary, aboutToRent) : arbitrary, drafts);
  });
});

describe('an end', () => {
  const orderly: Expectations<'deletePod' | 'deleteDuplicate'> = {
    'is never asked for while paused': ({ gpuPod }) => !isPaused(gpuPod),
    'is never asked for with a key of another account': ({ account }) => account.kind === 'fits',
  };

  it('comes to no pod but the one that the status names, under the name that was ordered', () => {
    expectOf('deletePod', fc.oneof(anything, aboutToEnd), {
      ...orderly,
      'is of the rented pod': ({ gpuPod }, { podId }) => podId === gpuPod.status.podId,
      'is of a pod with the name that was ordered, or of none': ({ gpuPod, localState: { instance } }) =>
        instance?.read?.result === 'notFound' || sameName(instance?.name, gpuPod.status.podName),
      'is written down, or the object is deleted': ({ gpuPod }) =>
        isDeleting(gpuPod) ||
        (gpuPod.status.attempts ?? []).some(
          ({ ending, outcome }) => ending !== undefined && outcome === undefined,
        ),
    });
  });

  it('comes to no stray that is rented or on order', () => {
    expectOf('deleteDuplicate', anything, {
      ...orderly,
      'is not of the rented pod': ({ gpuPod }, { podId }) => podId !== gpuPod.status.podId,
      'is not of the pod on order': (known, { podName }) => {
        const pendingCreate = openIntentOf(known);
        return pendingCreate.kind !== 'open' || !sameName(pendingCreate.intent.name, podName);
      },
    });
  });
});

describe('a release', () => {
  const isForced = ({ gpuPod }: Observation): boolean =>
    gpuPod.metadata.annotations[ANNOTATIONS.forceRelease] === gpuPod.status.podId;
  const isClean = (known: Observation): boolean => {
    const { inventory, localState, gpuPod } = known;
    const sinceMs = localState.instance?.deletedAtMs ?? localState.deletingSinceMs ?? Infinity;
    const own = inventory?.live.filter(
      ({ podId, name }) => podId === gpuPod.status.podId || !(known.mayAdopt && isOfAdopted(known, name)),
    );
    return own?.length === 0 && (inventory?.beganAtMs ?? 0) >= sinceMs;
  };
  const isOfUid = ({ metadata }: GpuPod, name = ''): boolean =>
    name.toLowerCase().includes(`-${objectHash(metadata)}-`);

  it('needs a clean complete list since the last DELETE, Retain, or a person who named the pod', () => {
    expectOf('release', aboutToGo, {
      'is of a deleted object': ({ gpuPod }) => isDeleting(gpuPod),
      'takes off a finalizer that is there': ({ gpuPod }) => hasFinalizer(gpuPod),
      'has a proof, or somebody who answers for it': (known, { retain }) =>
        retain !== undefined || isForced(known) || isClean(known),
      'retains the rented pod only, and only as the spec says': ({ gpuPod }, { retain }) =>
        retain === undefined ||
        (gpuPod.spec.deletionPolicy === 'Retain' &&
          retain.every(({ podId, podName }) => podId === gpuPod.status.podId || isOfUid(gpuPod, podName))),
      'never lets an order go that a pod may come of': (known) => isForced(known) || !mayCome(known),
    });
  });
});
