import { describe, expect, it } from '@jest/globals';
import { ANNOTATIONS } from '../../../src/api/common/names.ts';
import { resolvePendingCreate } from '../../../src/lifecycle/rules/look-up.ts';
import type { CreateOutcome } from '../../../src/lifecycle/provider.ts';
import type { PendingCreate } from '../../../src/lifecycle/local-state.ts';
import { gpuPod, POD_ID, rentedGpuPod } from '../../support/builders/gpu-pod.ts';
import { intent, nameOfAttempt } from '../../support/builders/intent.ts';
import { NOW_MS, observed, aPendingCreate, WALL_TEXT } from '../../support/builders/observation.ts';
import { inventory, historyRow, aSnapshot, refusal } from '../../support/builders/snapshots.ts';
import type { Row } from '../support/instances.ts';
import { messageOf, outline, restOf, statusOf } from '../support/outline.ts';

const intended = gpuPod({ intent: intent() });
const endedAtMs = NOW_MS - 90_000;
/** Two proofs; the list of the table is the third. */
const almostAbsent = { absences: 2, lastAbsenceAtMs: NOW_MS - 30_000, requestEndedAtMs: endedAtMs };
const cleanNow = inventory({ beganAtMs: NOW_MS });

function after(outcome: CreateOutcome | undefined, more: Partial<PendingCreate> = {}) {
  return {
    localState: { pendingCreate: aPendingCreate({ ...more, ...(outcome === undefined ? {} : { outcome }) }) },
  };
}

const unknown: CreateOutcome = { kind: 'unknown', message: 'POST /pods/: socket hang up' };

describe('resolvePendingCreate', () => {
  it.each<Row>([
    {
      name: 'no create intent',
      known: { gpuPod: gpuPod() },
      expected: { step: '-' },
      why: 'there is nothing to resolve',
    },
    {
      name: 'a rented instance',
      known: { gpuPod: rentedGpuPod() },
      expected: { step: '-' },
      why: 'it is resolved',
    },
    {
      name: 'an instance ID in the response',
      known: after({ kind: 'created', instance: aSnapshot() }),
      expected: {
        step: 'writeStatus',
        Ready: 'Provisioning',
        OfferSelected: 'Selected',
        Provisioned: 'CreatePending',
      },
      why: 'it is bound at once',
    },
    {
      name: 'a refusal about the offer',
      known: after(refusal()),
      expected: { step: 'writeStatus', Provisioned: 'CreateFailed', Reconciling: 'Searching' },
      why: 'it created nothing: the next offer is tried',
    },
    {
      name: 'a refusal about the account',
      known: after(refusal({ reason: 'PaymentRequired' })),
      expected: { step: '-' },
      why: 'the same request is sent again later',
    },
    {
      name: 'a create request that was not sent',
      known: after({ kind: 'notSent', reason: 'Withheld', message: '' }),
      expected: { step: '-' },
      why: 'the same request is sent again',
    },
    {
      name: 'an unknown outcome',
      known: after(unknown),
      expected: {
        step: 'rest',
        Ready: 'CreateUncertain',
        Synced: 'CreateUncertain',
        Provisioned: 'CreateUncertain',
        Reconciling: 'Retrying',
      },
      why: 'an unknown outcome is not a failure',
    },
    {
      name: 'a create request of another process',
      known: {},
      expected: { step: 'rest', Ready: 'CreateUncertain' },
      why: 'this process does not know its outcome',
    },
    {
      name: 'an unknown outcome, and an instance of that name',
      known: { ...after(unknown), inventory: inventory({ live: [aSnapshot()] }) },
      expected: { step: 'writeStatus', OfferSelected: 'Adopted', Ready: 'Provisioning' },
      why: 'it is adopted',
    },
    {
      name: 'an unknown outcome, and an instance of that name in capitals',
      known: {
        ...after(unknown),
        inventory: inventory({ live: [aSnapshot({ name: nameOfAttempt(1).toUpperCase() })] }),
      },
      expected: { step: 'writeStatus', OfferSelected: 'Adopted' },
      why: 'upstream providers change case',
    },
    {
      name: 'an unknown outcome, and an instance of another attempt',
      known: { ...after(unknown), inventory: inventory({ live: [aSnapshot({ name: nameOfAttempt(2) })] }) },
      expected: { step: 'rest', Ready: 'CreateUncertain' },
      why: 'that is a duplicate',
    },
    {
      name: 'an unknown outcome, and an instance that is being terminated',
      known: { ...after(unknown), inventory: inventory({ live: [aSnapshot({ status: 'DELETING' })] }) },
      expected: { step: 'rest', Ready: 'CreateUncertain' },
      why: 'it is neither absent nor usable',
    },
    {
      name: 'an unknown outcome, and an ended instance of that name',
      known: { ...after(unknown), inventory: inventory({ ended: [historyRow()] }) },
      expected: { step: 'writeStatus', Provisioned: 'CreateFailed', Reconciling: 'Searching' },
      why: 'it existed and ended',
    },
    {
      name: 'two proofs of absence',
      known: after(unknown, almostAbsent),
      expected: { step: 'rest', Ready: 'CreateUncertain' },
      why: 'three are needed',
    },
    {
      name: 'the third proof, 90 s after the request',
      known: { ...after(unknown, almostAbsent), inventory: cleanNow },
      expected: { step: 'writeStatus', Provisioned: 'CreateFailed' },
      why: 'the absence is proven',
    },
    {
      name: 'the third proof, 89.999 s after the request',
      known: { ...after(unknown, { ...almostAbsent, requestEndedAtMs: endedAtMs + 1 }), inventory: cleanNow },
      expected: { step: 'rest', Ready: 'CreateUncertain' },
      why: 'a provider may show an instance late',
    },
    {
      name: 'a person who confirmed the absence',
      known: {
        gpuPod: gpuPod({ intent: intent(), annotations: { [ANNOTATIONS.confirmAbsent]: nameOfAttempt(1) } }),
      },
      expected: { step: 'writeStatus', Provisioned: 'CreateFailed' },
      why: 'a person takes the responsibility',
    },
    {
      name: 'a person who confirmed the absence of another attempt',
      known: {
        gpuPod: gpuPod({ intent: intent(), annotations: { [ANNOTATIONS.confirmAbsent]: nameOfAttempt(2) } }),
      },
      expected: { step: 'rest', Ready: 'CreateUncertain' },
      why: 'an older confirmation says nothing about this attempt',
    },
  ])('$name: $expected.step, because $why', ({ known, expected }) => {
    expect(outline(resolvePendingCreate(observed({ gpuPod: intended, ...known })))).toMatchObject(expected);
  });
});

describe('a create request for a team', () => {
  const forTeam = gpuPod({ intent: intent({ teamId: 'team-1' }) });
  const absent = after(unknown, { ...almostAbsent, requestEndedAtMs: endedAtMs - 1 });
  it('cannot be proven absent while this key has never shown an instance of that team', () => {
    const step = resolvePendingCreate(observed({ gpuPod: forTeam, ...absent, inventory: cleanNow }));
    expect(outline(step)).toMatchObject({ step: 'rest', Stalled: 'CreateUncertain', Reconciling: null });
    expect(messageOf(statusOf(step), 'Stalled')).toContain(`gpupod.dev/confirm-absent to its name`);
  });

  it('can be once it has', () => {
    const seen = inventory({ beganAtMs: NOW_MS, teamsSeen: new Set(['team-1']) });
    expect(
      outline(resolvePendingCreate(observed({ gpuPod: forTeam, ...absent, inventory: seen }))).step,
    ).toBe('writeStatus');
  });
});

describe('a create intent that is not readable', () => {
  const garbled = gpuPod({ intent: '{' });
  it('holds back everything else until lists prove that it created nothing', () => {
    expect(outline(resolvePendingCreate(observed({ gpuPod: garbled })))).toMatchObject({
      step: 'rest',
      Ready: 'CreateUncertain',
    });
  });

  it('is settled once they do', () => {
    const pendingCreate = aPendingCreate({ ...almostAbsent, podName: '' });
    expect(
      resolvePendingCreate(observed({ gpuPod: garbled, localState: { pendingCreate }, inventory: cleanNow })),
    ).toBeUndefined();
  });

  it('counts as present while any instance of the GpuPod exists', () => {
    const pendingCreate = aPendingCreate({ ...almostAbsent, podName: '' });
    const list = inventory({ beganAtMs: NOW_MS, live: [aSnapshot({ name: nameOfAttempt(9) })] });
    const known = observed({ gpuPod: garbled, localState: { pendingCreate }, inventory: list });
    expect(outline(resolvePendingCreate(known))).toMatchObject({ Ready: 'CreateUncertain' });
  });

  it('includes one whose annotation was removed while the request was in flight', () => {
    expect(outline(resolvePendingCreate(observed({ gpuPod: gpuPod(), ...after(unknown) })))).toMatchObject({
      step: 'rest',
      Ready: 'CreateUncertain',
    });
  });
});

describe('an instance that a list shows', () => {
  it('is adopted if it is the oldest, by ID for equal ages; the others become duplicates', () => {
    const instances = [
      aSnapshot({ podId: 'c', createdAt: '2026-11-23T10:00:01Z' }),
      aSnapshot({ podId: 'b' }),
      aSnapshot({ podId: 'a' }),
      aSnapshot({ podId: '0', createdAt: '2026-11-23T09:00:00Z', status: 'DELETING' }),
    ];
    const known = observed({ gpuPod: intended, inventory: inventory({ live: instances }) });
    expect(statusOf(resolvePendingCreate(known)).podId).toBe('a');
  });

  it('is bound in order to be terminated if the spec changed meanwhile', () => {
    const changed = gpuPod({ intent: intent({ spec: { image: 'flux' } }) });
    const status = statusOf(
      resolvePendingCreate(
        observed({ gpuPod: changed, ...after({ kind: 'created', instance: aSnapshot() }) }),
      ),
    );
    expect(status).toMatchObject({ podId: POD_ID, attempts: [{ number: 1, ending: 'SpecChanged' }] });
  });

  it.each([
    {
      name: 'in the history',
      known: { inventory: inventory({ ended: [historyRow({ totalBilledUsd: 0.4 })] }) },
      attempt: { outcome: 'Failed', reason: 'Lost', podId: POD_ID, cost: 0.4 },
      failed: 1,
    },
    {
      name: 'nowhere',
      known: { ...after(unknown, almostAbsent), inventory: cleanNow },
      attempt: { outcome: 'NotCreated', reason: 'NotCreated' },
      failed: 0,
    },
  ])('is recorded in the attempts: $name', ({ known, attempt, failed }) => {
    const status = statusOf(resolvePendingCreate(observed({ gpuPod: intended, ...known })));
    expect(status.attempts).toMatchObject([
      { number: 1, podName: nameOfAttempt(1), endedAt: WALL_TEXT, ...attempt },
    ]);
    expect(status).toMatchObject({ failedAttempts: failed, searchStartedAt: WALL_TEXT });
    expect(status.podId).toBeUndefined();
  });
});

describe('the next list for a create request with an unknown outcome', () => {
  it.each([
    {
      name: 'no list yet',
      pendingCreate: {},
      list: undefined,
      atMs: NOW_MS - 1_000,
      why: 'any later list may show the instance',
    },
    {
      name: 'a list, and no proof yet',
      pendingCreate: { requestEndedAtMs: NOW_MS - 500 },
      list: NOW_MS - 600,
      atMs: NOW_MS - 500,
      why: 'the first proof',
    },
    {
      name: 'one proof',
      pendingCreate: { absences: 1, lastAbsenceAtMs: NOW_MS },
      list: NOW_MS,
      atMs: NOW_MS + 10_000,
      why: 'an instance that exists is adopted sooner',
    },
    {
      name: 'one proof, and lists since',
      pendingCreate: { absences: 1, lastAbsenceAtMs: NOW_MS - 25_000 },
      list: NOW_MS,
      atMs: NOW_MS + 5_000,
      why: 'the second proof',
    },
  ])('is due with $name: $why', ({ pendingCreate, list, atMs }) => {
    const known = observed({
      gpuPod: intended,
      localState: { pendingCreate: aPendingCreate({ firstSeenAtMs: NOW_MS - 1_000, ...pendingCreate }) },
      ...(list === undefined ? {} : { inventory: inventory({ beganAtMs: list }) }),
    });
    expect(restOf(resolvePendingCreate(known)).wantsInventoryAfterMs).toBe(atMs);
  });
});
