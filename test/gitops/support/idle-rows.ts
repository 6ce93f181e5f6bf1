import { gpuPod } from '../../support/builders/gpu-pod.ts';
import { intent } from '../../support/builders/intent.ts';
import { aPendingCreate, NOW_MS } from '../../support/builders/observation.ts';
import { condition } from '../../support/builders/conditions.ts';
import { failure } from '../../support/builders/snapshots.ts';
import { offer } from '../../offers/support/builders.ts';
import { FAILED, IN_PROGRESS, SUSPENDED } from './row.ts';
import type { StatusRow } from './row.ts';

const market = { kind: 'ok', offers: [offer({ usd: 5 })], beganAtMs: NOW_MS } as const;
const unknown = { kind: 'unknown', message: 'POST /pods/: socket hang up' } as const;

/** GpuPods without an instance. */
export const IDLE_ROWS: readonly StatusRow[] = [
  {
    name: 'offers that cannot be read',
    ready: 'Pending',
    progress: 'Retrying',
    known: { offers: failure() },
    verdict: IN_PROGRESS,
    why: 'the operator retries',
  },
  {
    name: 'no offer that fits',
    ready: 'NoMatchingOffer',
    progress: 'Searching',
    known: { gpuPod: gpuPod({ spec: { maxPrice: 3 } }), offers: market },
    verdict: IN_PROGRESS,
    why: 'the operator searches until there is one',
  },
  {
    name: 'no offer that fits within offerTimeout',
    ready: 'NoMatchingOffer',
    progress: 'OfferTimeout',
    known: { gpuPod: gpuPod({ spec: { maxPrice: 3, offerTimeout: '0s' } }), offers: market },
    verdict: FAILED,
    why: 'the search is over',
  },
  {
    name: 'a create request with an unknown outcome',
    ready: 'CreateUncertain',
    progress: 'Retrying',
    known: {
      gpuPod: gpuPod({ intent: intent() }),
      localState: { pendingCreate: aPendingCreate({ outcome: unknown }) },
    },
    verdict: IN_PROGRESS,
    why: 'the operator looks for its instance',
  },
  {
    name: 'a create request whose outcome stays unknown',
    ready: 'CreateUncertain',
    progress: 'CreateUncertain',
    known: {
      gpuPod: gpuPod({ intent: intent({ teamId: 'team-1' }) }),
      localState: {
        pendingCreate: aPendingCreate({ requestEndedAtMs: 1, absences: 3, lastAbsenceAtMs: NOW_MS - 5 }),
      },
    },
    verdict: FAILED,
    why: 'a person must look',
  },
  {
    name: 'a suspended GpuPod',
    ready: 'Suspended',
    progress: undefined,
    known: { gpuPod: gpuPod({ spec: { suspend: true } }) },
    verdict: SUSPENDED,
    why: 'somebody wants it so',
  },
  {
    name: 'a GpuPod that is suspended after a loss',
    ready: 'Suspended',
    progress: undefined,
    known: {
      gpuPod: gpuPod({ spec: { suspend: true }, status: { conditions: [condition('Stalled', 'Lost')] } }),
    },
    verdict: SUSPENDED,
    why: 'suspend is a way out of the stall',
  },
];
