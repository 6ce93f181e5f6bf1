import { describe, expect, it } from '@jest/globals';
import { writingOf } from '../../src/lifecycle/intent.ts';
import {
  learnBlocked,
  learnCreate,
  learnDelete,
  learnRead,
  learnSecret,
  learnDuplicateDeleted,
} from '../../src/lifecycle/learn.ts';
import type { CreateOutcome } from '../../src/lifecycle/provider.ts';
import { POD_ID } from '../support/builders/gpu-pod.ts';
import { intent, nameOfAttempt } from '../support/builders/intent.ts';
import { localState, NOW_MS, anInstanceState } from '../support/builders/observation.ts';
import { failure, aSnapshot, refusal } from '../support/builders/snapshots.ts';

describe('learnCreate', () => {
  it.each<{ name: string; outcome: CreateOutcome; unbound: boolean; blocked: string | undefined }>([
    {
      name: 'created',
      outcome: { kind: 'created', instance: aSnapshot() },
      unbound: true,
      blocked: undefined,
    },
    { name: 'refused', outcome: refusal(), unbound: false, blocked: undefined },
    { name: 'unknown', outcome: { kind: 'unknown', message: 'reset' }, unbound: false, blocked: undefined },
    {
      name: 'a missing API key',
      outcome: { kind: 'notSent', reason: 'CredentialsMissing', message: 'm' },
      unbound: false,
      blocked: 'CredentialsMissing',
    },
    {
      name: 'withheld',
      outcome: { kind: 'notSent', reason: 'Withheld', message: 'm' },
      unbound: false,
      blocked: 'ApiUnavailable',
    },
  ])('remembers $name from the end of the request on', ({ outcome, unbound, blocked }) => {
    const learned = learnCreate(localState(), intent(), outcome, NOW_MS);
    expect(learned.pendingCreate).toEqual({
      podName: nameOfAttempt(1),
      writing: writingOf(intent()),
      sent: intent(),
      account: { userId: 'user-1' },
      firstSeenAtMs: NOW_MS,
      requestEndedAtMs: NOW_MS,
      outcome,
      absences: 0,
    });
    expect(learned.unbound).toEqual(
      unbound ? { podId: POD_ID, podName: nameOfAttempt(1), account: { userId: 'user-1' } } : undefined,
    );
    expect(learned.blocked?.reason).toBe(blocked);
  });
});

describe('learnBlocked', () => {
  it.each([
    { count: 0, waitMs: 1_000 },
    { count: 1, waitMs: 2_000 },
    { count: 4, waitMs: 16_000 },
    { count: 5, waitMs: 30_000 },
    { count: 1_000, waitMs: 30_000 },
  ])('waits $waitMs ms after $count failures', ({ count, waitMs }) => {
    const before = localState(
      count === 0 ? {} : { failure: { reason: 'x', message: '', sinceMs: 0, count } },
    );
    expect(learnBlocked(before, 'ReferenceNotFound', 'm', NOW_MS).blocked).toEqual({
      reason: 'ReferenceNotFound',
      message: 'm',
      untilMs: NOW_MS + waitMs,
    });
  });
});

describe('learnDelete', () => {
  const deleteFailure = { reason: 'RateLimited', message: '', count: 3, retryAtMs: 5 } as const;
  const before = localState({ instance: anInstanceState({ deleteFailure }) });

  it.each([
    { name: 'accepted', outcome: { kind: 'accepted' } as const },
    { name: 'a 404', outcome: { kind: 'notFound', message: '' } as const },
  ])('counts $name as a sent DELETE, and forgets earlier failures', ({ outcome }) => {
    const { instance } = learnDelete(before, POD_ID, outcome, NOW_MS);
    expect(instance).toEqual(anInstanceState({ deletedAtMs: NOW_MS }));
  });

  it.each([
    {
      name: 'the first failure',
      start: localState({ instance: anInstanceState() }),
      retryAfterMs: undefined,
      count: 1,
      waitMs: 1_000,
    },
    { name: 'the fourth', start: before, retryAfterMs: undefined, count: 4, waitMs: 8_000 },
    { name: 'one with a Retry-After', start: before, retryAfterMs: 20_000, count: 4, waitMs: 20_000 },
    {
      name: 'one with a Retry-After longer than the bound',
      start: before,
      retryAfterMs: 600_000,
      count: 4,
      waitMs: 30_000,
    },
    {
      name: 'one with a Retry-After shorter than the backoff',
      start: before,
      retryAfterMs: 5,
      count: 4,
      waitMs: 8_000,
    },
  ])('retries after $name in $waitMs ms', ({ start, retryAfterMs, count, waitMs }) => {
    const outcome = failure({
      reason: 'RateLimited',
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
    const { instance } = learnDelete(start, POD_ID, outcome, NOW_MS);
    expect(instance?.deleteFailure).toMatchObject({ count, retryAtMs: NOW_MS + waitMs });
    expect(instance?.deletedAtMs).toBeUndefined();
  });

  it('ignores another instance, and a GpuPod without one', () => {
    expect(learnDelete(before, 'pod-2', { kind: 'accepted' }, NOW_MS)).toBe(before);
    const none = localState();
    expect(learnDelete(none, POD_ID, { kind: 'accepted' }, NOW_MS)).toBe(none);
    expect(learnRead(none, POD_ID, { beganAtMs: 5, result: 'found' })).toBe(none);
  });
});

describe('learnRead', () => {
  const read = { beganAtMs: 5, result: 'found' } as const;
  it('remembers a GET of the rented instance, and of no other', () => {
    const before = localState({ instance: anInstanceState() });
    expect(learnRead(before, POD_ID, read).instance?.read).toEqual(read);
    expect(learnRead(before, 'pod-2', read)).toBe(before);
  });
});

describe('learnSecret', () => {
  it('remembers content, outcome and time', () => {
    const secret = { fingerprint: 'f', outcome: 'written', atMs: 7 } as const;
    expect(learnSecret(localState(), { fingerprint: 'f', outcome: 'written' }, 7).secret).toEqual(secret);
  });
});

describe('learnDuplicateDeleted', () => {
  const unbound = { podId: 'pod-9', podName: nameOfAttempt(9) };
  it.each([
    { name: 'the unbound instance', podId: 'pod-9', left: undefined, why: 'its DELETE was accepted' },
    { name: 'another duplicate', podId: 'pod-8', left: unbound, why: 'this one still exists' },
  ])('forgets or keeps $name: $why', ({ podId, left }) => {
    expect(learnDuplicateDeleted(localState({ unbound }), podId).unbound).toEqual(left);
  });

  it('changes nothing else', () => {
    expect(learnDuplicateDeleted(localState(), 'pod-8')).toEqual(localState());
  });
});
