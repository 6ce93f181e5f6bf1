import type { LocalState } from '../../../src/lifecycle/local-state.ts';
import type { InstanceSnapshot } from '../../../src/lifecycle/provider.ts';
import { POD_ID } from '../../support/builders/gpu-pod.ts';
import { nameOfAttempt } from '../../support/builders/intent.ts';
import { localState, NOW_MS, aPendingCreate, anInstanceState } from '../../support/builders/observation.ts';
import { aSnapshot, refusal } from '../../support/builders/snapshots.ts';
import { pick } from './json-mutations.ts';

/** A possible local state of the object, consistent with the provider. */
export function localStateOf(
  index: number,
  podId: string | undefined,
  seen: InstanceSnapshot | undefined,
): LocalState {
  const instance = podId === undefined ? {} : { instance: instanceStateOf(index, podId, seen) };
  return { ...pick(LOCAL_STATES, index), ...instance };
}

function instanceStateOf(
  index: number,
  podId: string,
  seen: InstanceSnapshot | undefined,
): NonNullable<LocalState['instance']> {
  const { name: _name, ...unread } = anInstanceState({ podId });
  const beganAtMs = NOW_MS - 40_000;
  if (index % 3 === 0) return unread;
  const isDeleted = index % 3 === 1 && seen?.name?.startsWith('gp-abc123') === true;
  return seen?.name === undefined
    ? { ...unread, read: { beganAtMs, result: 'notFound' }, missing: index % 4 }
    : {
        ...unread,
        name: seen.name,
        read: { beganAtMs, result: 'found', name: seen.name },
        ...(isDeleted ? { deletedAtMs: NOW_MS - 30_000 } : {}),
      };
}

export const LONG_AGO_MS = NOW_MS - 400_000;
const LATE = {
  requestEndedAtMs: LONG_AGO_MS,
  firstSeenAtMs: LONG_AGO_MS,
  absences: 3,
  lastAbsenceAtMs: NOW_MS - 5_000,
};
const CREATED = { kind: 'created', instance: aSnapshot() } as const;
const LOCAL_STATES: readonly LocalState[] = [
  localState(),
  localState(),
  localState(),
  localState(),
  localState({ inFirstList: true, firstSeenAtMs: NOW_MS - 300_000 }),
  localState({ pendingCreate: aPendingCreate() }),
  localState({ pendingCreate: aPendingCreate({ ...LATE, outcome: { kind: 'unknown', message: 'reset' } }) }),
  localState({ pendingCreate: aPendingCreate(LATE) }),
  localState({ pendingCreate: aPendingCreate({ ...LATE, podName: '' }) }),
  localState({
    pendingCreate: aPendingCreate({ outcome: CREATED }),
    unbound: { podId: POD_ID, podName: nameOfAttempt(1) },
  }),
  localState({
    pendingCreate: aPendingCreate({
      outcome: refusal({ message: 'x'.repeat(300), reason: 'InvalidRequest' }),
    }),
  }),
  localState({
    pendingCreate: aPendingCreate({ outcome: { kind: 'notSent', reason: 'Withheld', message: '' } }),
  }),
  localState({ duplicates: { 'pod-2': 1, 'foreign-1': 1, 'foreign-2': 1 } }),
  localState({ unbound: { podId: 'pod-2', podName: nameOfAttempt(2) } }),
  localState({ deletingSinceMs: NOW_MS - 60_000 }),
  localState({ blocked: { reason: 'ReferenceNotFound', message: 'y'.repeat(300), untilMs: NOW_MS + 5 } }),
];
