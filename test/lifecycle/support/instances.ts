import type { PodRead, InstanceState } from '../../../src/lifecycle/local-state.ts';
import { rentedGpuPod } from '../../support/builders/gpu-pod.ts';
import { NOW_MS, anInstanceState } from '../../support/builders/observation.ts';
import type { ObservationOverrides } from '../../support/builders/observation.ts';
import type { Outline } from './outline.ts';

/** What the tests of a rule that follows a rented pod begin with. */

export const unready = rentedGpuPod();
export const ready = rentedGpuPod({ status: { readyAt: '2026-11-23T10:05:00Z' } });
export const justNow = NOW_MS - 1_000;

/** A GET of the pod, 40 s ago. */
export function read(result: PodRead['result'], beganAtMs = NOW_MS - 40_000): PodRead {
  return { result, beganAtMs };
}

export function instance(overrides: Partial<InstanceState> = {}): Pick<ObservationOverrides, 'localState'> {
  return { localState: { instance: anInstanceState(overrides) } };
}

/** What is known, and what follows from it. */
export interface Row {
  readonly name: string;
  readonly known: ObservationOverrides;
  readonly expected: Outline;
  readonly why: string;
}
