import { nextStep } from '../../../src/lifecycle/next-step.ts';
import type { InstanceSnapshot } from '../../../src/lifecycle/provider.ts';
import { condition } from '../../support/builders/conditions.ts';
import { rentedGpuPod } from '../../support/builders/gpu-pod.ts';
import { anInstanceState, NOW_MS, observed, WALL_TEXT } from '../../support/builders/observation.ts';
import type { ObservationOverrides } from '../../support/builders/observation.ts';
import { aReadySnapshot, aSnapshot, lastSeen, SSH } from '../../support/builders/snapshots.ts';
import { CURRENT, FAILED, IN_PROGRESS } from './row.ts';
import type { StatusRow } from './row.ts';

const READY = { readyAt: WALL_TEXT, conditions: [condition('Ready', 'Available')] };
const ready = rentedGpuPod({ status: READY });
const { priceUsdPerHour: _price, ...WITHOUT_PRICE } = aReadySnapshot();
const beganAtMs = NOW_MS - 1_000;

function seeing(snapshot: InstanceSnapshot, gpuPod = rentedGpuPod()): ObservationOverrides {
  return { gpuPod, lastSeen: lastSeen(snapshot, { beganAtMs }) };
}

/** A ready instance whose connection Secret is written. */
export function usable(gpuPod = ready): ObservationOverrides {
  const known = seeing(aReadySnapshot(), gpuPod);
  const step = nextStep(observed(known));
  if (step.kind !== 'act' || step.effect.type !== 'ensureSecret') throw new Error('expected a Secret');
  const { fingerprint } = step.effect;
  return { ...known, localState: { secret: { fingerprint, outcome: 'written', atMs: NOW_MS } } };
}

/** GpuPods with an instance that nobody terminates. */
export const RUNNING_ROWS: readonly StatusRow[] = [
  {
    name: 'a usable instance',
    ready: 'Available',
    progress: undefined,
    known: usable(),
    verdict: CURRENT,
    why: 'it is what the spec asks for',
  },
  {
    name: 'a starting instance',
    ready: 'Provisioning',
    progress: 'Progressing',
    known: seeing(aSnapshot()),
    verdict: IN_PROGRESS,
    why: 'it becomes ready by itself',
  },
  {
    name: 'an instance that is being installed',
    ready: 'Installing',
    progress: 'Progressing',
    known: seeing(aReadySnapshot({ installationStatus: 'PENDING' })),
    verdict: IN_PROGRESS,
    why: 'it becomes ready by itself',
  },
  {
    name: 'an instance that is installed again',
    ready: 'Installing',
    progress: undefined,
    known: seeing(aReadySnapshot({ installationStatus: 'PENDING' }), ready),
    verdict: IN_PROGRESS,
    why: 'it cannot be used at the moment',
  },
  {
    name: 'an instance without a price',
    ready: 'PriceUnknown',
    progress: 'Progressing',
    known: seeing(WITHOUT_PRICE),
    verdict: IN_PROGRESS,
    why: 'provisioningTimeout limits the wait',
  },
  {
    name: 'an instance whose SSH server does not answer',
    ready: 'Unreachable',
    progress: 'Progressing',
    known: {
      ...seeing(aReadySnapshot(), rentedGpuPod({ spec: { readiness: 'Reachable' } })),
      probe: {
        host: SSH.host,
        port: SSH.port,
        latest: { beganAtMs, answer: { kind: 'failed', reason: 'Unreachable' }, failures: 1 },
      },
    },
    verdict: IN_PROGRESS,
    why: 'provisioningTimeout limits the wait',
  },
  {
    name: 'a ready instance that reports an error',
    ready: 'Failed',
    progress: 'Failed',
    known: seeing(aSnapshot({ status: 'ERROR' }), ready),
    verdict: FAILED,
    why: 'the operator keeps it, and a person decides',
  },
  {
    name: 'a ready instance whose installation fails later',
    ready: 'Failed',
    progress: 'Failed',
    known: seeing(aReadySnapshot({ installationStatus: 'ERROR' }), ready),
    verdict: FAILED,
    why: 'the operator keeps it, and a person decides',
  },
  {
    name: 'a ready instance that was stopped',
    ready: 'Stopped',
    progress: 'Stopped',
    known: seeing(aSnapshot({ status: 'STOPPED' }), ready),
    verdict: FAILED,
    why: 'it bills, and a person decides',
  },
  {
    name: 'a starting instance that was stopped',
    ready: 'Stopped',
    progress: 'Progressing',
    known: seeing(aSnapshot({ status: 'STOPPED' })),
    verdict: IN_PROGRESS,
    why: 'provisioningTimeout terminates it',
  },
  {
    name: 'a failed instance of which the provider says no more',
    ready: 'Failed',
    progress: 'Failed',
    known: seeing(
      aSnapshot({ status: 'UNKNOWN' }),
      rentedGpuPod({ status: { ...READY, conditions: [condition('Ready', 'Failed')] } }),
    ),
    verdict: FAILED,
    why: 'no news is no change',
  },
  {
    name: 'an instance without a recent snapshot',
    ready: 'Stale',
    progress: 'Retrying',
    known: { gpuPod: ready, localState: { instance: anInstanceState({ sinceMs: 1 }) } },
    verdict: IN_PROGRESS,
    why: 'the operator asks the provider again',
  },
];
