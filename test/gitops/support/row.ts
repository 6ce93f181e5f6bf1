import type { ConditionType, Reason } from '../../../src/api/gpupod/conditions.ts';
import { API_VERSION, KIND } from '../../../src/api/common/names.ts';
import type { RawObject } from '../../../src/kubernetes/objects.ts';
import { nextStep } from '../../../src/lifecycle/next-step.ts';
import { observed } from '../../support/builders/observation.ts';
import type { ObservationOverrides } from '../../support/builders/observation.ts';
import { statusOf } from '../../lifecycle/support/outline.ts';
import type { ArgoHealth } from './argo-lua.ts';
import type { FluxStatus } from './flux.ts';
import type { Kstatus } from './kstatus.ts';

/** What each tool must make of a GpuPod. */
export interface Verdict {
  readonly kstatus: Kstatus;
  readonly flux: FluxStatus;
  readonly argo: ArgoHealth['status'];
  /** The condition whose message Argo CD shows. */
  readonly says: ConditionType;
}

export interface StatusRow {
  readonly name: string;
  readonly ready: Reason<'Ready'>;
  readonly progress: Reason<'Reconciling'> | Reason<'Stalled'> | undefined;
  readonly known: ObservationOverrides;
  readonly verdict: Verdict;
  readonly why: string;
}

export const IN_PROGRESS: Verdict = {
  kstatus: 'InProgress',
  flux: 'InProgress',
  argo: 'Progressing',
  says: 'Ready',
};
export const CURRENT: Verdict = { kstatus: 'Current', flux: 'Current', argo: 'Healthy', says: 'Ready' };
export const FAILED: Verdict = { kstatus: 'Failed', flux: 'Failed', argo: 'Degraded', says: 'Stalled' };
export const DELETING: Verdict = {
  kstatus: 'Terminating',
  flux: 'InProgress',
  argo: 'Progressing',
  says: 'Ready',
};
/** The rules of kstatus have no word for it: Ready is False, and nothing is to come. */
export const SUSPENDED: Verdict = {
  kstatus: 'InProgress',
  flux: 'Current',
  argo: 'Suspended',
  says: 'Ready',
};
export const PAUSED: Verdict = { ...SUSPENDED, says: 'Synced' };

/** The GpuPod as the API server has it once the operator has written the status of its next step. */
export function gpuPodAfter(known: ObservationOverrides): RawObject {
  const observation = observed(known);
  const { metadata, spec } = observation.gpuPod;
  const { creationTimestamp, deletionTimestamp, ...meta } = metadata;
  return {
    apiVersion: API_VERSION,
    kind: KIND,
    metadata: {
      ...meta,
      ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    },
    spec,
    status: statusOf(nextStep(observation)),
  };
}
