import { describe, expect, it } from '@jest/globals';
import { resolvePendingCreate } from '../../../src/lifecycle/rules/look-up.ts';
import { gpuPod } from '../../support/builders/gpu-pod.ts';
import { intent } from '../../support/builders/intent.ts';
import { NOW_MS, observed, aPendingCreate } from '../../support/builders/observation.ts';
import { inventory, aSnapshot } from '../../support/builders/snapshots.ts';
import { messageOf, outline, restOf, statusOf } from '../support/outline.ts';

it.each([
  { requestEndedAtMs: 1_000, absences: 3, stalled: 'CreateUncertain', why: 'only a person can decide' },
  { requestEndedAtMs: 1_000, absences: 2, stalled: null, why: 'the next list may still show it' },
  { requestEndedAtMs: NOW_MS - 90_000, absences: 3, stalled: null, why: 'a list may show it this late' },
])(
  'for a team that the key cannot see, $absences lists after its end at $requestEndedAtMs: Stalled is $stalled, because $why',
  ({ requestEndedAtMs, absences, stalled }) => {
    const pendingCreate = aPendingCreate({ requestEndedAtMs, absences, lastAbsenceAtMs: NOW_MS - 5 });
    const known = { gpuPod: gpuPod({ intent: intent({ teamId: 'team-1' }) }), localState: { pendingCreate } };
    expect(outline(resolvePendingCreate(observed(known)))).toMatchObject({
      Ready: 'CreateUncertain',
      Stalled: stalled,
    });
  },
);

it.each([
  { name: 'two proofs, long after the request', pendingCreate: { absences: 2 }, atMs: NOW_MS + 10_000 },
  {
    name: 'two proofs, and the third is due in a moment',
    pendingCreate: { absences: 2, lastAbsenceAtMs: NOW_MS - 25_000, requestEndedAtMs: NOW_MS - 200_000 },
    atMs: NOW_MS + 5_000,
  },
  {
    name: 'two proofs, and the third counts 90 s after the request at the earliest',
    pendingCreate: { absences: 2, lastAbsenceAtMs: NOW_MS - 29_000, requestEndedAtMs: NOW_MS - 83_000 },
    atMs: NOW_MS + 7_000,
  },
  {
    name: 'one proof, which may be earlier',
    pendingCreate: { absences: 1, lastAbsenceAtMs: NOW_MS - 27_000, requestEndedAtMs: NOW_MS - 83_000 },
    atMs: NOW_MS + 3_000,
  },
  {
    name: 'three proofs, and no instance of the team seen, which a person must check',
    pendingCreate: { absences: 3, lastAbsenceAtMs: NOW_MS - 60_000, requestEndedAtMs: NOW_MS - 500_000 },
    atMs: NOW_MS + 300_000,
  },
])('asks for the next list with $name', ({ pendingCreate, atMs }) => {
  const known = {
    gpuPod: gpuPod({ intent: intent({ teamId: 'team-1' }) }),
    localState: {
      pendingCreate: aPendingCreate({
        firstSeenAtMs: 1,
        requestEndedAtMs: 1,
        lastAbsenceAtMs: NOW_MS,
        ...pendingCreate,
      }),
    },
    inventory: inventory({ beganAtMs: NOW_MS, live: [], teamsSeen: new Set() }),
  };
  expect(restOf(resolvePendingCreate(observed(known))).wantsInventoryAfterMs).toBe(atMs);
});

it('does not wait for a list from before this process saw the create intent', () => {
  const pendingCreate = aPendingCreate({ firstSeenAtMs: NOW_MS - 500, requestEndedAtMs: NOW_MS - 500 });
  const known = { gpuPod: gpuPod({ intent: intent() }), localState: { pendingCreate } };
  const early = observed({ ...known, inventory: inventory({ beganAtMs: NOW_MS - 501 }) });
  expect(restOf(resolvePendingCreate(early)).wantsInventoryAfterMs).toBe(NOW_MS - 500);
});

const OLDEST = aSnapshot({ podId: 'b', createdAt: '2026-11-23T10:00:00Z' });
const SAME_AGE = aSnapshot({ podId: 'c', createdAt: '2026-11-23T10:00:00Z' });
const YOUNGER = aSnapshot({ podId: 'a', createdAt: '2026-11-23T10:00:01Z' });
const { createdAt: _createdAt, ...UNDATED } = aSnapshot({ podId: 'd' });

it.each([
  { live: [OLDEST, SAME_AGE, YOUNGER], kept: 'b' },
  { live: [YOUNGER, SAME_AGE, OLDEST], kept: 'b' },
  { live: [SAME_AGE, OLDEST, YOUNGER], kept: 'b' },
  { live: [YOUNGER, OLDEST, SAME_AGE], kept: 'b' },
  { live: [OLDEST, UNDATED, YOUNGER], kept: 'd' },
  { live: [UNDATED, OLDEST], kept: 'd' },
])(
  'adopts $kept of several instances of one create request, in whatever sequence a list has them',
  ({ live, kept }) => {
    const known = observed({ gpuPod: gpuPod({ intent: intent() }), inventory: inventory({ live }) });
    expect(statusOf(resolvePendingCreate(known)).podId).toBe(kept);
  },
);

it.each([
  { before: 0, step: 'rest', why: 'time alone proves nothing' },
  { before: 1, step: 'rest', why: 'two lists may have been wrong' },
  { before: 2, step: 'writeStatus', why: 'three lists, long after the request, are a proof' },
])(
  'a list without the instance, hours after the request and after $before others: $step, because $why',
  ({ before, step }) => {
    const pendingCreate = aPendingCreate({
      outcome: { kind: 'unknown', message: 'POST /pods/: socket hang up' },
      requestEndedAtMs: 1_000,
      absences: before,
      lastAbsenceAtMs: NOW_MS - 30_000,
    });
    const known = {
      gpuPod: gpuPod({ intent: intent() }),
      localState: { pendingCreate },
      inventory: inventory({ beganAtMs: NOW_MS }),
    };
    expect(outline(resolvePendingCreate(observed(known))).step).toBe(step);
  },
);

describe('a row of the list that may be the instance', () => {
  const NAMELESS = { podId: 'pod-0123456789abcdef0123456789abcdef', firstListedAtMs: NOW_MS };

  function lookedUp(row: Partial<ReturnType<typeof inventory>>, requestEndedAtMs = 1_000) {
    const pendingCreate = aPendingCreate({ requestEndedAtMs, absences: 0 });
    const list = inventory({ beganAtMs: NOW_MS, live: [], ...row });
    return resolvePendingCreate(
      observed({ gpuPod: gpuPod({ intent: intent() }), localState: { pendingCreate }, inventory: list }),
    );
  }

  it.each([
    { row: { unidentified: 1 }, says: 'the list has a row without an ID' },
    { row: { nameless: [NAMELESS] }, says: `instance ${NAMELESS.podId} has no readable name` },
  ])('stalls once lists should have proven the absence, and says what to do: $says', ({ row, says }) => {
    const step = lookedUp(row);
    expect(outline(step)).toMatchObject({ Ready: 'CreateUncertain', Stalled: 'CreateUncertain' });
    const message = messageOf(statusOf(step), 'Stalled');
    expect(message).toContain(says);
    expect(message).toMatch(
      /^Instance gp-.* may bill; .* set annotation gpupod\.dev\/confirm-absent to its name\.$/,
    );
    expect(message.length).toBeLessThanOrEqual(300);
  });

  it('is awaited while a list may still show the instance', () => {
    expect(outline(lookedUp({ unidentified: 1 }, NOW_MS - 80_000))).toMatchObject({ Stalled: null });
  });
});
