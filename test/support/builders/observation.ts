import { readIntent, writingOf } from '../../../src/lifecycle/intent.ts';
import type { Observation } from '../../../src/lifecycle/observation.ts';
import { freshLocalState } from '../../../src/lifecycle/local-state.ts';
import type { LocalState, PendingCreate, InstanceState } from '../../../src/lifecycle/local-state.ts';
import { observe } from '../../../src/lifecycle/observe.ts';
import { DEFAULT_TIMINGS } from '../../../src/lifecycle/settings.ts';
import type { Policy, ProtocolTimings } from '../../../src/lifecycle/settings.ts';
import { gpuPod as aGpuPod, POD_ID } from './gpu-pod.ts';
import { INSTALLATION, intent, nameOfAttempt, PROCESS } from './intent.ts';
import { OPEN_POLICY } from './policy.ts';

/** Monotonic time of the builders: late enough that no timing reaches back before zero. */
export const NOW_MS = 10_000_000;
export const WALL_MS = Date.UTC(2026, 10, 23, 10, 10);
export const WALL_TEXT = '2026-11-23T10:10:00Z';

/** The key with which the operator of the builders signs an id. */
export function proofOf(podId: string): string {
  return `proof of ${podId.slice(0, 20)}`;
}

export interface ObservationOverrides extends Partial<
  Omit<Observation, 'now' | 'timings' | 'policy' | 'localState'>
> {
  readonly atMs?: number;
  readonly timings?: Partial<ProtocolTimings>;
  readonly policy?: Partial<Policy>;
  readonly localState?: Partial<LocalState>;
}

/** The observation of a GpuPod that was first observed one second ago, with a healthy provider and account. */
export function observation(overrides: ObservationOverrides = {}): Observation {
  const { atMs = NOW_MS, timings, policy, localState: remembered, ...rest } = overrides;
  const gpuPod = rest.gpuPod ?? aGpuPod();
  const seenAtMs = remembered?.firstSeenAtMs ?? atMs - 1_000;
  return {
    gpuPod,
    now: { wallMs: WALL_MS + atMs - NOW_MS, monotonicMs: atMs },
    timings: { ...DEFAULT_TIMINGS, ...timings },
    policy: { ...OPEN_POLICY, ...policy },
    installation: INSTALLATION,
    identity: PROCESS,
    account: { kind: 'fits', userId: 'user-1' },
    intent: readIntent(gpuPod),
    mayAdopt: false,
    localState: localState({
      firstSeenAtMs: seenAtMs,
      version: { resourceVersion: gpuPod.metadata.resourceVersion, seenAtMs },
      ...remembered,
    }),
    permit: { kind: 'granted' },
    proofs: { of: proofOf, ofIntent: () => undefined, isProvenElsewhere: () => false },
    massAbsence: false,
    cooldownOf: () => undefined,
    countOthers: () => ({ kind: 'counted', micros: 0, accountSums: [] }),
    ...rest,
  };
}

/** The same after the reconciler has merged the gathered facts, as the rules get it. */
export function observed(overrides: ObservationOverrides = {}): Observation {
  const known = observation(overrides);
  return { ...known, localState: observe(known) };
}

export function localState(overrides: Partial<LocalState> = {}): LocalState {
  return { ...freshLocalState(NOW_MS - 1_000, false), ...overrides };
}

/** A create request that completed one second ago, of attempt 1 by default. */
export function aPendingCreate(
  overrides: Partial<PendingCreate> = {},
  createIntent = intent(),
): PendingCreate {
  return {
    podName: createIntent.name,
    writing: writingOf(createIntent),
    firstSeenAtMs: NOW_MS - 1_000,
    requestEndedAtMs: NOW_MS - 1_000,
    absences: 0,
    ...overrides,
  };
}

/** The instance of attempt 1, created ten minutes ago and read since, including its name. */
export function anInstanceState(overrides: Partial<InstanceState> = {}): InstanceState {
  return {
    podId: POD_ID,
    sinceMs: NOW_MS - 600_000,
    wasRead: true,
    name: nameOfAttempt(1),
    missing: 0,
    ...overrides,
  };
}
