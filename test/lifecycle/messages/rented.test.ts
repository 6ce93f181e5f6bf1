import { describe, expect, it } from '@jest/globals';
import { nextStep } from '../../../src/lifecycle/next-step.ts';
import { rentedGpuPod } from '../../support/builders/gpu-pod.ts';
import { NOW_MS, observed, anInstanceState, WALL_TEXT } from '../../support/builders/observation.ts';
import type { ObservationOverrides } from '../../support/builders/observation.ts';
import {
  inventory,
  failure,
  historyRow,
  aSnapshot,
  aReadySnapshot,
  lastSeen,
} from '../../support/builders/snapshots.ts';
import { missingParts } from '../support/message-row.ts';
import type { MessageRow } from '../support/message-row.ts';

const beganAtMs = NOW_MS - 1_000;
const seenTerminated = { inventory: inventory({ ended: [historyRow()] }) };
const ready = rentedGpuPod({ status: { readyAt: WALL_TEXT } });
const deleted = { instance: anInstanceState({ deletedAtMs: NOW_MS - 1 }) };

function seeing(snapshot: ReturnType<typeof aSnapshot>, instance = rentedGpuPod()): ObservationOverrides {
  return { gpuPod: instance, lastSeen: lastSeen(snapshot, { beganAtMs }) };
}

describe('the message about an instance that is being terminated', () => {
  it.each<MessageRow>([
    {
      name: 'of a living GpuPod: the instance, the reason, and that it may bill',
      known: { gpuPod: rentedGpuPod({}, { ending: 'AboveMaxPrice' }), localState: deleted },
      type: 'Ready',
      says: ['pod-1', 'AboveMaxPrice', 'bill'],
    },
    {
      name: 'of a deleted GpuPod: the instance, what it waits for, and that it may bill',
      known: {
        gpuPod: rentedGpuPod({ isDeleting: true }),
        localState: deleted,
        timings: { busyPollMs: 0 },
      },
      type: 'Ready',
      says: ['pod-1', 'Terminating', 'bill'],
    },
    {
      name: 'that cannot be terminated, because the key was revoked: that it bills, and what to do',
      known: {
        gpuPod: rentedGpuPod({ isDeleting: true }),
        lastSeen: lastSeen(aSnapshot()),
        localState: {
          instance: anInstanceState({
            deleteFailure: {
              reason: 'Unauthorized',
              message: 'DELETE /a: the provider answered 401: bad',
              retryAtMs: NOW_MS + 1_000,
              count: 1,
            },
          }),
        },
      },
      type: 'Synced',
      says: ['pod-1', 'keeps billing', 'the provider answered 401: bad', 'Replace the API key'],
    },
    {
      name: 'that has another name: both names, and what to do',
      known: {
        gpuPod: rentedGpuPod({ isDeleting: true }),
        lastSeen: lastSeen(aSnapshot({ name: 'My first GPU' })),
        timings: { quietFailureMs: 0 },
      },
      type: 'Synced',
      says: ['pod-1', 'My first GPU', 'gpupod.dev/force-release'],
    },
    {
      name: 'whose name could not be read: that it bills, and is terminated later',
      known: {
        gpuPod: rentedGpuPod({ isDeleting: true }),
        localState: {
          instance: {
            podId: 'pod-1',
            sinceMs: 0,
            wasRead: false,
            missing: 0,
            read: { beganAtMs, result: 'failed' },
          },
        },
        timings: { quietFailureMs: 0 },
      },
      type: 'Synced',
      says: ['pod-1', 'keeps billing'],
    },
    {
      name: 'because it was too slow: its time limit',
      known: {
        gpuPod: rentedGpuPod({ spec: { provisioningTimeout: '90s' } }),
        lastSeen: lastSeen(aSnapshot(), { beganAtMs }),
        localState: { instance: anInstanceState() },
      },
      type: 'Provisioned',
      says: ['1m30s'],
    },
    {
      name: 'because the provider reports an error: that it was not ready',
      known: seeing(aSnapshot({ status: 'ERROR' })),
      type: 'Provisioned',
      says: ['error', 'ready'],
    },
    {
      name: 'because of suspend: the field',
      known: seeing(aSnapshot(), rentedGpuPod({ spec: { suspend: true } })),
      type: 'Ready',
      says: ['pod-1', 'spec.suspend'],
    },
    {
      name: 'because of suspend, in Provisioned: the field',
      known: seeing(aSnapshot(), rentedGpuPod({ spec: { suspend: true } })),
      type: 'Provisioned',
      says: ['spec.suspend'],
    },
    {
      name: 'and has ended: the field that prevents the next one',
      known: {
        gpuPod: rentedGpuPod({ spec: { suspend: true } }, { ending: 'Suspended' }),
        ...seenTerminated,
      },
      type: 'Ready',
      says: ['spec.suspend'],
    },
  ])('$name', (row) => {
    expect(missingParts(row)).toEqual([]);
  });
});

describe('the message about an instance that runs', () => {
  it.each<MessageRow>([
    {
      name: 'that is ready: the instance, and how to reach it',
      known: {
        ...seeing(aReadySnapshot(), ready),
        localState: secretAfter('written'),
      },
      type: 'Ready',
      says: ['pod-1', 'ssh root@203.0.113.7 -p 22022'],
    },
    {
      name: 'with a conflicting Secret: its name, and what to do',
      known: { ...seeing(aReadySnapshot(), ready), localState: secretAfter('conflict') },
      type: 'Synced',
      says: ['train-1-connection', 'status.ssh', 'spec.connectionSecretName'],
    },
    {
      name: 'that is starting: that it bills',
      known: seeing(aSnapshot()),
      type: 'Ready',
      says: ['pod-1', 'bills'],
    },
    {
      name: 'that is installing: what is missing, and that it bills',
      known: seeing(aReadySnapshot({ installationStatus: 'PENDING' })),
      type: 'Ready',
      says: ['pod-1', 'installation', 'bills'],
    },
    {
      name: 'that is installing: that it is active',
      known: seeing(aReadySnapshot({ installationStatus: 'PENDING' })),
      type: 'Provisioned',
      says: ['pod-1', 'active'],
    },
    {
      name: 'that is not active yet: that it was created',
      known: seeing(aSnapshot()),
      type: 'Provisioned',
      says: ['pod-1', 'created'],
    },
    {
      name: 'that was stopped: that it bills, and what to do',
      known: seeing(aSnapshot({ status: 'STOPPED' }), ready),
      type: 'Ready',
      says: ['pod-1', 'bills', 'suspend or delete'],
    },
    {
      name: 'with an error after it was ready: that it may bill, and what to do',
      known: seeing(aSnapshot({ status: 'ERROR' }), ready),
      type: 'Ready',
      says: ['pod-1', 'may bill', 'suspend or delete'],
    },
    {
      name: 'that somebody else terminates: that the operator does not',
      known: seeing(aSnapshot({ status: 'DELETING' }), ready),
      type: 'Ready',
      says: ['pod-1', 'not by this operator'],
    },
    {
      name: 'with an unknown status: that it may bill',
      known: seeing(aSnapshot({ status: 'UNKNOWN' })),
      type: 'Ready',
      says: ['pod-1', 'may bill'],
    },
    {
      name: 'without a recent snapshot: that it may bill, and where to look',
      known: { gpuPod: ready, localState: { instance: anInstanceState({ sinceMs: 1 }) } },
      type: 'Ready',
      says: ['pod-1', 'may bill', 'web page'],
    },
    {
      name: 'that ended by itself: which, that it costs nothing, and how to rent again',
      known: { gpuPod: ready, ...seenTerminated },
      type: 'Ready',
      says: ['pod-1', 'terminated', 'no longer bills', 'spec.suspend', 'gpupod.dev/reconcile-requested-at'],
    },
    {
      name: 'that ended by itself, in Stalled: the same',
      known: { gpuPod: ready, ...seenTerminated },
      type: 'Stalled',
      says: ['pod-1', 'terminated', 'spec.suspend', 'gpupod.dev/reconcile-requested-at'],
    },
    {
      name: 'that cannot be read, because the key was revoked: what to do',
      known: {
        ...seeing(aSnapshot({ status: 'UNKNOWN' })),
        instanceFailure: failure({
          reason: 'Unauthorized',
          message: 'GET /a: the provider answered 401: bad',
        }),
      },
      type: 'Synced',
      says: ['the provider answered 401: bad', 'Replace the API key'],
    },
    {
      name: 'that vanished: that the provider does not know it',
      known: {
        gpuPod: ready,
        localState: { instance: anInstanceState({ missing: 2, read: { beganAtMs, result: 'notFound' } }) },
      },
      type: 'Provisioned',
      says: ['pod-1', 'no longer known'],
    },
    {
      name: 'that vanished, before somebody rents again: that it may bill, and where to look',
      known: {
        gpuPod: ready,
        localState: { instance: anInstanceState({ missing: 2, read: { beganAtMs, result: 'notFound' } }) },
      },
      type: 'Stalled',
      says: ['pod-1', 'may still bill', 'web page', 'gpupod.dev/reconcile-requested-at'],
    },
  ])('$name', (row) => {
    expect(missingParts(row)).toEqual([]);
  });
});

function secretAfter(outcome: 'written' | 'conflict') {
  const known = observed(seeing(aReadySnapshot(), ready));
  const step = nextStep(known);
  const fingerprint =
    step.kind === 'act' && step.effect.type === 'ensureSecret' ? step.effect.fingerprint : '';
  return { secret: { fingerprint, outcome, atMs: NOW_MS } };
}
