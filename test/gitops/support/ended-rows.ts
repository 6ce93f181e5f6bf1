import { FINALIZER } from '../../../src/api/common/names.ts';
import { condition } from '../../support/builders/conditions.ts';
import { POD_ID, rentedGpuPod } from '../../support/builders/gpu-pod.ts';
import { anInstanceState, NOW_MS, WALL_TEXT } from '../../support/builders/observation.ts';
import { historyRow, inventory } from '../../support/builders/snapshots.ts';
import { DELETING, FAILED, IN_PROGRESS, SUSPENDED } from './row.ts';
import type { StatusRow } from './row.ts';

const READY = { readyAt: WALL_TEXT, conditions: [condition('Ready', 'Available')] };
const ready = rentedGpuPod({ status: READY });
const beganAtMs = NOW_MS - 1_000;
const ended = {
  inventory: inventory({ ended: [historyRow()] }),
  localState: { instance: anInstanceState() },
};
const deleted = { instance: anInstanceState({ deletedAtMs: beganAtMs }) };

/** GpuPods whose instance ends or has just ended. */
export const ENDED_ROWS: readonly StatusRow[] = [
  {
    name: 'an instance that is terminated for its price',
    ready: 'Terminating',
    progress: 'Progressing',
    known: { gpuPod: rentedGpuPod({}, { ending: 'AboveMaxPrice' }), localState: deleted },
    verdict: IN_PROGRESS,
    why: 'the next offer follows',
  },
  {
    name: 'an instance that is terminated because of suspend',
    ready: 'Terminating',
    progress: 'Progressing',
    known: {
      gpuPod: rentedGpuPod({ spec: { suspend: true } }, { ending: 'Suspended' }),
      localState: deleted,
    },
    verdict: IN_PROGRESS,
    why: 'it may still bill',
  },
  {
    name: 'the end of a suspended instance',
    ready: 'Suspended',
    progress: undefined,
    known: { ...ended, gpuPod: rentedGpuPod({ spec: { suspend: true } }, { ending: 'Suspended' }) },
    verdict: SUSPENDED,
    why: 'nothing more is to come',
  },
  {
    name: 'the end of a failed attempt',
    ready: 'Terminated',
    progress: 'Searching',
    known: { ...ended, gpuPod: rentedGpuPod({}, { ending: 'InstallFailed', message: 'It failed.' }) },
    verdict: IN_PROGRESS,
    why: 'the next offer follows',
  },
  {
    name: 'a ready instance that the provider ended',
    ready: 'Interrupted',
    progress: 'Interrupted',
    known: { ...ended, gpuPod: ready },
    verdict: FAILED,
    why: 'the operator rents no other one by itself',
  },
  {
    name: 'a ready instance that vanished',
    ready: 'Lost',
    progress: 'Lost',
    known: {
      gpuPod: ready,
      localState: { instance: anInstanceState({ missing: 2, read: { beganAtMs, result: 'notFound' } }) },
    },
    verdict: FAILED,
    why: 'the operator rents no other one by itself',
  },
  {
    name: 'an instance that reached its lifetime',
    ready: 'Expired',
    progress: 'Expired',
    known: {
      ...ended,
      gpuPod: rentedGpuPod(
        { spec: { maxLifetime: '5m' }, status: { ...READY, expiresAt: '2026-11-23T10:05:00Z' } },
        { ending: 'Expired', message: 'It is over.' },
      ),
    },
    verdict: FAILED,
    why: 'nothing runs until a person acts',
  },
  {
    name: 'an instance that used up its money',
    ready: 'CostLimitReached',
    progress: 'CostLimitReached',
    known: {
      ...ended,
      gpuPod: rentedGpuPod(
        { spec: { maxTotalCost: 0.3 }, status: { ...READY, expiresAt: '2026-11-23T10:09:28Z' } },
        { ending: 'CostLimitReached', message: 'It is over.' },
      ),
    },
    verdict: FAILED,
    why: 'nothing runs until a person acts',
  },
  {
    name: 'a deletion that waits for the end of the instance',
    ready: 'Deleting',
    progress: 'Progressing',
    known: { gpuPod: rentedGpuPod({ isDeleting: true }), localState: deleted, timings: { busyPollMs: 0 } },
    verdict: DELETING,
    why: 'the instance may still bill',
  },
  {
    name: 'a deletion that retained the instance, and that another finalizer holds',
    ready: 'Released',
    progress: undefined,
    known: {
      gpuPod: rentedGpuPod({
        isDeleting: true,
        finalizers: [FINALIZER, 'example.com/backup'],
        annotations: { 'gpupod.dev/force-release': POD_ID },
        status: READY,
      }),
      localState: deleted,
    },
    verdict: DELETING,
    why: 'the other finalizer holds it',
  },
];
