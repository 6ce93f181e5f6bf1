import { gpuPod, rentedGpuPod } from '../../support/builders/gpu-pod.ts';
import { intent, nameOfAttempt } from '../../support/builders/intent.ts';
import { NOW_MS, WALL_TEXT } from '../../support/builders/observation.ts';
import { condition } from '../../support/builders/conditions.ts';
import { aReadySnapshot, failure, inventory } from '../../support/builders/snapshots.ts';
import { FAILED, IN_PROGRESS, PAUSED } from './row.ts';
import type { StatusRow } from './row.ts';

const READY = { readyAt: WALL_TEXT, conditions: [condition('Ready', 'Available')] };
const paused = { annotations: { 'gpupod.dev/paused': 'true' } };
const newer = { ...aReadySnapshot({ status: 'ERROR' }), podId: 'pod-2', name: nameOfAttempt(2) };
const unconfirmed = {
  kind: 'fits',
  origin: 'https://api.test',
  sinceMs: NOW_MS - 60_000,
  keyFingerprint: 'b',
  unconfirmed: { origin: 'https://api.test', userId: 'user-1' },
} as const;
const changed = { kind: 'changed', message: 'The API key belongs to another account.' } as const;

/** GpuPods that the operator leaves alone until a person acts. */
export const HELD_ROWS: readonly StatusRow[] = [
  {
    name: 'a paused GpuPod',
    ready: 'Pending',
    progress: undefined,
    known: { gpuPod: gpuPod({ ...paused, status: { observedGeneration: 1 } }) },
    verdict: PAUSED,
    why: 'somebody wants it so',
  },
  {
    name: 'a paused GpuPod with an instance',
    ready: 'Available',
    progress: undefined,
    known: {
      gpuPod: rentedGpuPod({ ...paused, status: READY }),
    },
    verdict: { ...PAUSED, kstatus: 'Current' },
    why: 'the instance was usable, and nobody follows it',
  },
  {
    name: 'a paused GpuPod that had lost its instance',
    ready: 'Lost',
    progress: 'Lost',
    known: {
      gpuPod: gpuPod({
        ...paused,
        status: {
          observedGeneration: 1,
          conditions: [condition('Ready', 'Lost'), condition('Stalled', 'Lost')],
        },
      }),
    },
    verdict: FAILED,
    why: 'a person must act in any case',
  },
  {
    name: 'a key of another account, with a usable instance',
    ready: 'Available',
    progress: 'AccountChanged',
    known: {
      gpuPod: rentedGpuPod({ status: READY }),
      account: changed,
    },
    verdict: FAILED,
    why: 'nobody follows the instance, and it bills',
  },
  {
    name: 'a usable instance, while the provider does not say whose key it is',
    ready: 'Available',
    progress: 'Retrying',
    known: {
      gpuPod: rentedGpuPod({ status: READY }),
      account: { kind: 'unknown', failure: failure() },
      timings: { quietFailureMs: 0 },
    },
    verdict: { ...IN_PROGRESS, says: 'Reconciling' },
    why: 'nobody follows the instance until the provider answers',
  },
  {
    name: 'a key of an unknown user',
    ready: 'Pending',
    progress: 'AccountUnconfirmed',
    known: { gpuPod: gpuPod(), account: unconfirmed, inventory: inventory({ beganAtMs: NOW_MS - 10 }) },
    verdict: FAILED,
    why: 'somebody else might pay',
  },
  {
    name: 'an instance that is newer than the status',
    ready: 'Pending',
    progress: 'NewerInstance',
    known: {
      gpuPod: gpuPod({ intent: intent() }),
      inventory: inventory({ beganAtMs: NOW_MS, live: [newer] }),
      localState: { version: { resourceVersion: '10', seenAtMs: NOW_MS - 1 } },
    },
    verdict: FAILED,
    why: 'a person decides',
  },
  {
    name: "another installation's create intent",
    ready: 'Pending',
    progress: 'ForeignIntent',
    known: { gpuPod: gpuPod({ intent: intent({ installation: 'zzz999' }) }) },
    verdict: FAILED,
    why: 'a person decides',
  },
  {
    name: 'a setting of the operator that forbids the spec',
    ready: 'Pending',
    progress: 'NotAllowed',
    known: { policy: { requireMaxPrice: true } },
    verdict: FAILED,
    why: 'a person must change one of them',
  },
  {
    name: 'a CRD of an earlier version',
    ready: 'Pending',
    progress: 'CrdOutdated',
    known: { crdProblem: 'The CRD drops status.cost.' },
    verdict: FAILED,
    why: 'a person must apply the CRD',
  },
  {
    name: 'a public key that nobody can use',
    ready: 'Pending',
    progress: 'InvalidSshKey',
    known: { gpuPod: gpuPod({ spec: { ssh: { publicKey: 'ssh-dss AAAA' } } }) },
    verdict: FAILED,
    why: 'a person must correct the spec',
  },
  {
    name: 'too many failed attempts',
    ready: 'Pending',
    progress: 'AttemptsExhausted',
    known: { gpuPod: gpuPod({ status: { observedGeneration: 1, failedAttempts: 3 } }) },
    verdict: FAILED,
    why: 'a person decides',
  },
  {
    name: 'create requests that are refused as invalid',
    ready: 'Pending',
    progress: 'InvalidRequest',
    known: { localState: { invalidRefusals: { generation: 1, count: 3, message: '' } } },
    verdict: FAILED,
    why: 'a person must change the spec',
  },
  ...(['AccountNotFound', 'AmbiguousAccount', 'AccountSuspended'] as const).map((reason) => ({
    name: `no account that may pay (${reason})`,
    ready: 'Pending' as const,
    progress: reason,
    known: { payerProblem: { reason, message: 'spec.accountRef: no account may pay.' } },
    verdict: FAILED,
    why: 'a person must change the spec or an account',
  })),
  {
    name: 'a usable instance whose account does not exist',
    ready: 'Available',
    progress: 'AccountNotFound',
    known: {
      gpuPod: rentedGpuPod({ status: READY }),
      payerProblem: { reason: 'AccountNotFound', message: 'GpuAccount team-a/gone does not exist.' },
    },
    verdict: FAILED,
    why: 'nobody follows the instance, and it bills',
  },
];
