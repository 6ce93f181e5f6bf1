import { describe, expect, it } from '@jest/globals';
import { offer } from '../../offers/support/builders.ts';
import { gpuPod } from '../../support/builders/gpu-pod.ts';
import { intent, nameOfAttempt } from '../../support/builders/intent.ts';
import { NOW_MS, aPendingCreate } from '../../support/builders/observation.ts';
import { inventory, failure, historyRow, aSnapshot, refusal } from '../../support/builders/snapshots.ts';
import { missingParts } from '../support/message-row.ts';
import type { MessageRow } from '../support/message-row.ts';

const seenTerminated = { inventory: inventory({ ended: [historyRow()] }) };
const unknown = { kind: 'unknown', message: 'POST /pods/: socket hang up' } as const;

describe('the message about a create request', () => {
  const intended = gpuPod({ intent: intent() });
  it.each<MessageRow>([
    {
      name: 'with an unknown outcome: its instance, what it may cost, and that nothing else is rented',
      known: { gpuPod: intended, localState: { pendingCreate: aPendingCreate({ outcome: unknown }) } },
      type: 'Ready',
      says: [nameOfAttempt(1), 'may bill', 'nothing else is rented'],
    },
    {
      name: 'that cannot be read: the same, without a name',
      known: { gpuPod: gpuPod({ intent: '{' }) },
      type: 'Ready',
      says: ['gpupod.dev/intent cannot be read', 'may bill', 'nothing else is rented'],
    },
    {
      name: 'with an unknown outcome: the offer that was chosen',
      known: { gpuPod: intended },
      type: 'OfferSelected',
      says: ['hyperstack n3-H100x1', '1.90 USD/h'],
    },
    {
      name: 'for a team that the key cannot see: its instance, and what to do',
      known: {
        gpuPod: gpuPod({ intent: intent({ teamId: 'team-1' }) }),
        localState: {
          pendingCreate: aPendingCreate({ requestEndedAtMs: 1, absences: 3, lastAbsenceAtMs: NOW_MS - 5 }),
        },
      },
      type: 'Stalled',
      says: [nameOfAttempt(1), 'team', 'gpupod.dev/confirm-absent'],
    },
    {
      name: 'whose instance has ended: that instance',
      known: { gpuPod: intended, ...seenTerminated },
      type: 'Provisioned',
      says: ['pod-1', 'history'],
    },
    {
      name: 'that created nothing: the proof',
      known: {
        gpuPod: intended,
        localState: {
          pendingCreate: aPendingCreate({ requestEndedAtMs: 1, absences: 3, lastAbsenceAtMs: NOW_MS - 5 }),
        },
      },
      type: 'Provisioned',
      says: ['lists now show'],
    },
    {
      name: "that was refused: the offer, and the provider's answer",
      known: { gpuPod: intended, localState: { pendingCreate: aPendingCreate({ outcome: refusal() }) } },
      type: 'Provisioned',
      says: ['hyperstack n3-H100x1', 'CANADA-1', 'no longer available'],
    },
    {
      name: 'whose spec changed meanwhile: why its instance is terminated',
      known: {
        gpuPod: gpuPod({ intent: intent({ spec: { image: 'flux' } }) }),
        localState: {
          pendingCreate: aPendingCreate({ outcome: { kind: 'created', instance: aSnapshot() } }),
        },
      },
      type: 'Provisioned',
      says: ['spec changed', 'terminates'],
    },
    {
      name: 'that created an instance: that instance',
      known: {
        gpuPod: intended,
        localState: {
          pendingCreate: aPendingCreate({ outcome: { kind: 'created', instance: aSnapshot() } }),
        },
      },
      type: 'Provisioned',
      says: ['pod-1', 'created'],
    },
    {
      name: 'of another installation, while the GpuPod is deleted: what to do',
      known: { gpuPod: gpuPod({ isDeleting: true, intent: intent({ installation: 'zzz999' }) }) },
      type: 'Stalled',
      says: ['zzz999', 'may bill', 'gpupod.dev/intent', 'gpupod.dev/force-release'],
    },
    {
      name: 'of another installation, in Ready: that an instance may bill, and where to look',
      known: { gpuPod: gpuPod({ intent: intent({ installation: 'zzz999' }) }) },
      type: 'Ready',
      says: ['may bill', 'Stalled'],
    },
    {
      name: 'of another installation, with the longest name: the whole way out',
      known: { gpuPod: gpuPod({ intent: intent({ installation: 'zzz999', name: 'n'.repeat(63) }) }) },
      type: 'Stalled',
      says: ['n'.repeat(63), 'force-release to that name).'],
    },
    {
      name: 'whose attempt numbers are used up: what to do',
      known: {
        gpuPod: gpuPod({
          intent: intent({ attempt: 999_999 }),
          status: { attempts: [{ number: 999_999, outcome: 'NotCreated' }] },
        }),
        offers: { kind: 'ok', offers: [offer()], beganAtMs: NOW_MS },
        inventory: inventory({ beganAtMs: NOW_MS }),
      },
      type: 'Stalled',
      says: ['new GpuPod'],
    },
  ])('$name', (row) => {
    expect(missingParts(row)).toEqual([]);
  });
});

describe('the message while nothing is rented', () => {
  const market = { kind: 'ok', offers: [offer({ usd: 5 })], beganAtMs: NOW_MS } as const;
  it.each<MessageRow>([
    {
      name: 'because no offer fits: where to look',
      known: { gpuPod: gpuPod({ spec: { maxPrice: 3 } }), offers: market },
      type: 'Ready',
      says: ['status.rejections', 'status.hint'],
    },
    {
      name: 'because the offers that fit are sold out: where to look, and no hint that does not exist',
      known: {
        gpuPod: gpuPod({ spec: { maxPrice: 3 } }),
        offers: { kind: 'ok', offers: [offer({ stockStatus: 'Unavailable' })], beganAtMs: NOW_MS },
      },
      type: 'Ready',
      says: ['See status.rejections.'],
    },
    {
      name: 'because no offer matched in time: the fields',
      known: { gpuPod: gpuPod({ spec: { maxPrice: 3, offerTimeout: '0s' } }), offers: market },
      type: 'Stalled',
      says: ['spec.offerTimeout', 'gpupod.dev/reconcile-requested-at'],
    },
    {
      name: 'because the provider does not know a value: which field to correct',
      known: { offers: failure({ reason: 'InvalidRequest', message: 'GPU type H100 is not known.' }) },
      type: 'Ready',
      says: ['GPU type H100', 'spec.gpu', 'spec.placement'],
    },
    {
      name: 'because of suspend: the field',
      known: { gpuPod: gpuPod({ spec: { suspend: true } }) },
      type: 'Ready',
      says: ['spec.suspend'],
    },
    {
      name: "because the offers could not be read: the provider's answer",
      known: { offers: failure(), timings: { quietFailureMs: 0 } },
      type: 'Ready',
      says: ['Nothing is rented', 'HTTP status 503'],
    },
    ...(['Ready', 'Synced'] as const).map((type) => ({
      name: `because the provider refuses the API key, in ${type}: its answer, and what to do`,
      known: {
        offers: failure({ reason: 'Unauthorized', message: 'GET /a: the provider answered 401: bad' }),
      },
      type,
      says: ['the provider answered 401: bad', 'Replace the API key'],
    })),
    {
      name: 'because a deleted GpuPod may still have an instance: what the operator checks',
      known: { gpuPod: gpuPod({ isDeleting: true }), timings: { busyPollMs: 0 } },
      type: 'Ready',
      says: ['no instance'],
    },
  ])('$name', (row) => {
    expect(missingParts(row)).toEqual([]);
  });
});
