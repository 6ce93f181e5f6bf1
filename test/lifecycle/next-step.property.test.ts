import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Arbitrary } from 'fast-check';
import { hasFinalizer, isDeleting, isPaused } from '../../src/api/gpupod/gpu-pod.ts';
import type { GpuPod } from '../../src/api/gpupod/gpu-pod.ts';
import { ANNOTATIONS } from '../../src/api/common/names.ts';
import { GpuPodStatus } from '../../src/api/gpupod/status.ts';
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

/** Checks each property against every effect of one type, in many random observations. */
function expectOf<T extends Effect['type']>(
  type: T,
  arbitrary: Arbitrary<Observation>,
  expectations: Expectations<T>,
): void {
  let seen = 0;
  fc.assert(
    fc.property(arbitrary, (known) => {
      const step = nextStep(known);
      if (step.kind === 'act' && isOfType(step.effect, type)) {
        const { effect } = step;
        seen += 1;
        expect(
          Object.keys(expectations).filter((name) => expectations[name]?.(known, effect) !== true),
        ).toEqual([]);
      }
    }),
    RUNS,
  );
  // A property that was hardly ever checked proves nothing.
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

/** Whether the create intent on the GpuPod may still become an instance. */
function mayBecomeInstance(known: Observation): boolean {
  const { pendingCreate } = known.localState;
  return (
    openIntentOf(known).kind === 'open' && (pendingCreate === undefined || !isKnownNotCreated(pendingCreate))
  );
}

describe('for any observation', () => {
  it('there is one next step, always the same, with a status that the schema accepts', () => {
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

/** Of the vanished GpuPod whose create intent this one may adopt: not its own to terminate, nor to wait for. */
function isOfAdopted({ intent, gpuPod }: Observation, name: string | undefined): boolean {
  const adopted = parsePodName(
    intent.kind === 'read' ? intent.intent.name : gpuPod.status.podName,
  )?.objectHash;
  return adopted !== undefined && parsePodName(name)?.objectHash === adopted;
}

describe('a create request', () => {
  const drafts: Expectations<'createPod'> = {
    'is never sent while an instance is rented': ({ gpuPod }) => gpuPod.status.podId === undefined,
    'is never sent for a deleted GpuPod': ({ gpuPod }) => !isDeleting(gpuPod),
    'is never sent for a paused GpuPod': ({ gpuPod }) => !isPaused(gpuPod),
    'is never sent for a suspended GpuPod': ({ gpuPod }) => !gpuPod.spec.suspend,
    'is never sent unless the account fits': ({ account }) => account.kind === 'fits',
    'is never sent while a circuit breaker is open': ({ permit }) => permit.kind === 'granted',
    'is never sent for a team that is not allowed': ({ gpuPod }) => gpuPod.spec.teamId === undefined,
    'is never sent while it is blocked': ({ localState, now }) =>
      (localState.blocked?.untilMs ?? 0) <= now.monotonicMs,
    'is never sent while a list shows an instance of the GpuPod': (known) =>
      (known.inventory?.live ?? []).every(({ name }) => known.mayAdopt && isOfAdopted(known, name)),
    'never replaces the create intent of another installation': (known) =>
      openIntentOf(known).kind !== 'foreign',
    'never replaces a create intent that may still become an instance': (known) => !mayBecomeInstance(known),
    'is never sent after too many failures': ({ gpuPod }) =>
      (gpuPod.status.failedAttempts ?? 0) < gpuPod.spec.maxAttempts,
    'is never sent after a loss': ({ gpuPod }) =>
      (gpuPod.status.conditions ?? []).every(({ reason }) => reason !== 'Interrupted'),
    'always has a cap': (_known, { request }) => request.cap >= 10_000,
    'never has a cap above that of the spec': ({ gpuPod }, { request }) =>
      request.cap <= (gpuPod.spec.maxPrice ?? Infinity) * 1_000_000,
    'has the name of the create intent': (_known, { intent, request }) => request.name === intent.name,
    'keeps its number if it was not sent': (known, { intent }) => {
      const pendingCreate = openIntentOf(known);
      return pendingCreate.kind !== 'open' || intent.attempt === pendingCreate.intent.attempt;
    },
    'never has a number that was used': ({ gpuPod }, { intent }) =>
      (gpuPod.status.attempts ?? []).every(
        ({ number, outcome }) => number !== intent.attempt || outcome === undefined,
      ),
    'never has the name of a create intent that was removed from the GpuPod': (
      { localState, intent },
      pendingCreate,
    ) => intent.kind !== 'none' || !sameName(localState.pendingCreate?.podName, pendingCreate.intent.name),
  };

  it.each([
    { name: 'for any observation', arbitrary: anything, isRare: true },
    { name: 'for a GpuPod that is about to rent', arbitrary: aboutToRent, isRare: false },
    { name: 'for a create request that was not sent', arbitrary: aboutToRentAgain, isRare: false },
  ])('$name keeps all rules', ({ arbitrary, isRare }) => {
    expectOf('createPod', isRare ? fc.oneof(arbitrary, aboutToRent) : arbitrary, drafts);
  });
});

describe('a DELETE', () => {
  const orderly: Expectations<'deletePod' | 'deleteDuplicate'> = {
    'is never sent while paused': ({ gpuPod }) => !isPaused(gpuPod),
    'is never sent with the key of another account': ({ account }) => account.kind === 'fits',
  };

  it('concerns only the instance that the status names, under the requested name', () => {
    expectOf('deletePod', fc.oneof(anything, aboutToEnd), {
      ...orderly,
      'is for the rented instance': ({ gpuPod }, { podId }) => podId === gpuPod.status.podId,
      'is for an instance with the requested name, or without a name': ({
        gpuPod,
        localState: { instance },
      }) => instance?.read?.result === 'notFound' || sameName(instance?.name, gpuPod.status.podName),
      'is recorded before, or the GpuPod is deleted': ({ gpuPod }) =>
        isDeleting(gpuPod) ||
        (gpuPod.status.attempts ?? []).some(
          ({ ending, outcome }) => ending !== undefined && outcome === undefined,
        ),
    });
  });

  it('never terminates as a duplicate what is rented or in an open create intent', () => {
    expectOf('deleteDuplicate', anything, {
      ...orderly,
      'is not for the rented instance': ({ gpuPod }, { podId }) => podId !== gpuPod.status.podId,
      'is not for the instance of the open create intent': (known, { podName }) => {
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

  it('needs a clean complete list since the last DELETE, Retain, or a person who named the instance', () => {
    expectOf('release', aboutToGo, {
      'is for a deleted GpuPod': ({ gpuPod }) => isDeleting(gpuPod),
      'removes an existing finalizer': ({ gpuPod }) => hasFinalizer(gpuPod),
      'has a proof, or a person who takes the responsibility': (known, { retain }) =>
        retain !== undefined || isForced(known) || isClean(known),
      'retains only the rented instance, and only if the spec says so': ({ gpuPod }, { retain }) =>
        retain === undefined ||
        (gpuPod.spec.deletionPolicy === 'Retain' &&
          retain.every(({ podId, podName }) => podId === gpuPod.status.podId || isOfUid(gpuPod, podName))),
      'never gives up a create intent that may still become an instance': (known) =>
        isForced(known) || !mayBecomeInstance(known),
    });
  });
});
