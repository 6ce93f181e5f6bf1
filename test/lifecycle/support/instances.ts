import type { PodRead, InstanceState } from '../../../src/lifecycle/local-state.ts';
import { rentedGpuPod } from '../../support/builders/gpu-pod.ts';
import { NOW_MS, anInstanceState } from '../../support/builders/observation.ts';
import type { ObservationOverrides } from '../../support/builders/observation.ts';
import type { Outline } from './outline.ts';

/** The start of the tests for rules that follow an instance. */

export const unready = rentedGpuPod();
export const ready = rentedGpuPod({ status: { readyAt: '2026-11-23T10:05:00Z' } });
export const justNow = NOW_MS - 1_000;

/** A GET of the instance, 40 s ago. */
export function read(result: PodRead['result'], beganAtMs = NOW_MS - 40_000): PodRead {
  return { result, beganAtMs };
}

export function instance(overrides: Partial<InstanceState> = {}): Pick<ObservationOverrides, 'localState'> {
  return { localState: { instance: anInstanceState(overrides) } };
}

/** An observation, and the step that follows from it. */
export interface Row {
  readonly name: string;
  readonly known: ObservationOverrides;
  readonly expected: Outline;
  readonly why: string;
}
