import { describe, expect, it } from '@jest/globals';
import type { CreateOutcome } from '../../../src/lifecycle/provider.ts';
import type { PendingCreate } from '../../../src/lifecycle/local-state.ts';
import { resolvePendingCreate } from '../../../src/lifecycle/rules/look-up.ts';
import { offerKey } from '../../../src/offers/offer-key.ts';
import { gpuPod, POD_ID } from '../../support/builders/gpu-pod.ts';
import { intent, nameOfAttempt } from '../../support/builders/intent.ts';
import { NOW_MS, observed, aPendingCreate } from '../../support/builders/observation.ts';
import { inventory, historyRow, aSnapshot } from '../../support/builders/snapshots.ts';
import { statusOf, writeOf } from '../support/outline.ts';

const intended = gpuPod({ intent: intent() });
const almostAbsent = { absences: 2, lastAbsenceAtMs: NOW_MS - 30_000, requestEndedAtMs: NOW_MS - 90_000 };
const cleanNow = inventory({ beganAtMs: NOW_MS });
const unknown: CreateOutcome = { kind: 'unknown', message: 'POST /pods/: socket hang up' };

function after(outcome: CreateOutcome, more: Partial<PendingCreate> = {}) {
  return { localState: { pendingCreate: aPendingCreate({ ...more, outcome }) } };
}

describe('an attempt without an instance', () => {
  const absent = { ...after(unknown, almostAbsent), inventory: cleanNow };
  const avoided = { reason: 'NotCreated', offerKey: offerKey(intent().offer) };

  it('counts, and starts the cooldown of its offer', () => {
    const write = writeOf(resolvePendingCreate(observed({ gpuPod: intended, ...absent })));
    expect(write.cooldown).toEqual(avoided);
    expect(write.status.notCreatedAttempts).toBe(1);
    expect(write.status.failedAttempts).toBe(0);
  });

  it('of another process counts, and says nothing about its offer', () => {
    const pendingCreate = aPendingCreate({ ...almostAbsent });
    const write = writeOf(
      resolvePendingCreate(
        observed({ gpuPod: intended, localState: { pendingCreate }, inventory: cleanNow }),
      ),
    );
    expect(write.cooldown).toBeUndefined();
    expect(write.status.notCreatedAttempts).toBe(1);
  });

  it('continues the recorded count', () => {
    const second = gpuPod({ intent: intent(), status: { observedGeneration: 1, notCreatedAttempts: 4 } });
    expect(statusOf(resolvePendingCreate(observed({ gpuPod: second, ...absent }))).notCreatedAttempts).toBe(
      5,
    );
  });

  it('starts the cooldown of its offer too if only the history shows its instance', () => {
    const known = { ...after(unknown), inventory: inventory({ ended: [historyRow()] }) };
    const write = writeOf(resolvePendingCreate(observed({ gpuPod: intended, ...known })));
    expect(write.cooldown).toEqual(avoided);
    expect(write.status.failedAttempts).toBe(1);
  });

  it('counts once if its intent was removed', () => {
    const pendingCreate = aPendingCreate({ ...almostAbsent, outcome: unknown });
    const known = { gpuPod: gpuPod(), localState: { pendingCreate }, inventory: cleanNow };
    const status = statusOf(resolvePendingCreate(observed(known)));
    expect(status.attempts).toMatchObject([{ number: 1, outcome: 'NotCreated' }]);
    expect(status.notCreatedAttempts).toBe(1);
    expect(resolvePendingCreate(observed({ ...known, gpuPod: gpuPod({ status }) }))).toBeUndefined();
  });
});

describe('the instance of an attempt whose create response was lost', () => {
  const whole = nameOfAttempt(1);
  const shown = [whole.toUpperCase(), `user-7:${whole}`, whole.slice(0, 43), whole.replaceAll('-', '_')];
  it.each(shown)('is found although it is shown as %s', (name) => {
    const live = { ...after(unknown), inventory: inventory({ live: [aSnapshot({ name })] }) };
    expect(statusOf(resolvePendingCreate(observed({ gpuPod: intended, ...live }))).podId).toBe(POD_ID);
    const ended = { ...after(unknown), inventory: inventory({ ended: [historyRow({ name })] }) };
    expect(statusOf(resolvePendingCreate(observed({ gpuPod: intended, ...ended }))).attempts).toMatchObject([
      { podId: POD_ID, outcome: 'Failed' },
    ]);
  });
});
