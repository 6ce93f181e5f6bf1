import { describe, expect, it } from '@jest/globals';
import { writingOf } from '../../src/lifecycle/intent.ts';
import { observe, requestSurelyEndedAtMs } from '../../src/lifecycle/observe.ts';
import type { PendingCreate } from '../../src/lifecycle/local-state.ts';
import { DEFAULT_TIMINGS } from '../../src/lifecycle/settings.ts';
import { gpuPod, POD_ID, rentedGpuPod } from '../support/builders/gpu-pod.ts';
import { intent, nameOfAttempt } from '../support/builders/intent.ts';
import { observation, NOW_MS, aPendingCreate } from '../support/builders/observation.ts';
import { inventory, historyRow, aSnapshot, aReadySnapshot, lastSeen } from '../support/builders/snapshots.ts';

const intended = gpuPod({ intent: intent() });
const rented = rentedGpuPod();
const notSent = { kind: 'notSent', reason: 'ApiUnavailable', message: 'm' } as const;

describe('a create intent without an outcome', () => {
  it('is first seen now if this process knows nothing about it', () => {
    expect(observe(observation({ gpuPod: intended })).pendingCreate).toEqual({
      podName: nameOfAttempt(1),
      writing: writingOf(intent()),
      account: { userId: 'user-1' },
      firstSeenAtMs: NOW_MS,
      absences: 0,
    });
  });

  it('by a writer with slow writes is awaited that much longer', () => {
    const late = intent({ sendWithinMs: 55_000 });
    const { pendingCreate } = observe(observation({ gpuPod: gpuPod({ intent: late }) }));
    expect(pendingCreate).toMatchObject({ lateMs: 45_000 });
    const seen = pendingCreate === undefined ? [] : [requestSurelyEndedAtMs(pendingCreate, DEFAULT_TIMINGS)];
    expect(seen).toEqual([NOW_MS + 70_000 + 45_000]);
  });

  it('keeps what this process knows about it', () => {
    const pendingCreate = aPendingCreate({ absences: 2, outcome: { kind: 'unknown', message: 'reset' } });
    expect(observe(observation({ gpuPod: intended, localState: { pendingCreate } })).pendingCreate).toEqual(
      pendingCreate,
    );
  });

  it('is a new one after the next intent, and older proofs of absence do not count', () => {
    const next = gpuPod({ intent: intent({ attempt: 2 }) });
    const pendingCreate = aPendingCreate({ absences: 3, lastAbsenceAtMs: NOW_MS - 10 });
    expect(observe(observation({ gpuPod: next, localState: { pendingCreate } })).pendingCreate).toMatchObject(
      {
        podName: nameOfAttempt(2),
        absences: 0,
      },
    );
  });

  it.each([
    { name: 'another process', written: { writtenBy: 'operator-2' } },
    { name: 'an earlier version that did not name its process', written: { writtenBy: undefined } },
    {
      name: 'the same process, when it sent the request again',
      written: { startedAt: '2026-11-23T09:59:51Z' },
    },
  ])('is a new one if $name wrote it under the same name', ({ written }) => {
    const pendingCreate = aPendingCreate({ absences: 3, outcome: notSent });
    const rewritten = gpuPod({ intent: { ...intent(), ...written } });
    const observed = observe(observation({ gpuPod: rewritten, localState: { pendingCreate } })).pendingCreate;
    expect(observed).toMatchObject({ podName: nameOfAttempt(1), firstSeenAtMs: NOW_MS, absences: 0 });
    expect(observed).not.toHaveProperty('outcome');
  });

  it.each([
    { name: 'that time, because the standby received what the leader wrote', ago: 17_000 },
    { name: 'now, because this process never received it before', ago: undefined },
  ])('counts from $name', ({ ago }) => {
    const received = ago === undefined ? {} : { receivedAtMs: NOW_MS - ago };
    const localState = { version: { resourceVersion: 'an older one', seenAtMs: 0 } };
    const facts = observation({ gpuPod: gpuPod({ intent: intent() }), localState });
    const observed = observe({ ...facts, ...received });
    expect(observed.pendingCreate?.firstSeenAtMs).toBe(NOW_MS - (ago ?? 0));
    expect(observed.version?.seenAtMs).toBe(NOW_MS - (ago ?? 0));
  });

  it.each([
    { name: 'no intent', instance: gpuPod() },
    { name: 'a rented instance', instance: rented },
    {
      name: 'the intent of another installation',
      instance: gpuPod({ intent: intent({ installation: 'zzz999' }) }),
    },
    { name: 'a copied intent', instance: gpuPod({ intent: intent({ uid: 'somebody-else' }) }) },
    {
      name: 'an outcome in the attempts',
      instance: gpuPod({ intent: intent(), status: { attempts: [{ number: 1, outcome: 'Refused' }] } }),
    },
  ])('does not exist with $name', ({ instance }) => {
    expect(observe(observation({ gpuPod: instance })).pendingCreate).toBeUndefined();
  });

  it('is remembered although it is not readable', () => {
    expect(observe(observation({ gpuPod: gpuPod({ intent: 'garbled' }) })).pendingCreate).toMatchObject({
      absences: 0,
    });
  });

  it('is remembered although the annotation was removed, because a request may be in flight', () => {
    const localState = { pendingCreate: aPendingCreate({ outcome: { kind: 'unknown', message: 'reset' } }) };
    expect(observe(observation({ gpuPod: gpuPod(), localState })).pendingCreate).toEqual(
      localState.pendingCreate,
    );
  });
});

describe('the proofs that a create request created nothing', () => {
  const endedAtMs = NOW_MS - 100_000;
  interface Row {
    readonly name: string;
    readonly pendingCreate?: Partial<PendingCreate>;
    /** The request was that of another process. */
    readonly isForeign?: boolean;
    readonly listAtMs: number;
    readonly shows?: 'live' | 'ended' | 'another';
    readonly absences: number;
    readonly why: string;
  }
  it.each<Row>([
    {
      name: 'a list that began before the request ended',
      listAtMs: endedAtMs - 1,
      absences: 0,
      why: 'it may have missed the instance',
    },
    {
      name: 'a list that began when it ended',
      listAtMs: endedAtMs,
      absences: 1,
      why: 'the first one that counts',
    },
    {
      name: 'a list 29.999 s after the last proof',
      pendingCreate: { absences: 1, lastAbsenceAtMs: endedAtMs },
      listAtMs: endedAtMs + 29_999,
      absences: 1,
      why: 'lists at one time count once',
    },
    {
      name: 'a list 30 s after the last proof',
      pendingCreate: { absences: 1, lastAbsenceAtMs: endedAtMs },
      listAtMs: endedAtMs + 30_000,
      absences: 2,
      why: 'far enough apart',
    },
    {
      name: 'the same list again',
      pendingCreate: { absences: 1, lastAbsenceAtMs: endedAtMs + 5 },
      listAtMs: endedAtMs + 5,
      absences: 1,
      why: 'each list counts once, however often the GpuPod is reconciled',
    },
    {
      name: 'a list that shows it',
      pendingCreate: { absences: 2, lastAbsenceAtMs: endedAtMs },
      listAtMs: endedAtMs + 40_000,
      shows: 'live',
      absences: 0,
      why: 'the instance exists after all',
    },
    {
      name: 'a history that shows it',
      pendingCreate: { absences: 2, lastAbsenceAtMs: endedAtMs },
      listAtMs: endedAtMs + 40_000,
      shows: 'ended',
      absences: 0,
      why: 'the instance existed',
    },
    {
      name: 'a list that shows another attempt',
      listAtMs: endedAtMs,
      shows: 'another',
      absences: 1,
      why: 'that is another create intent',
    },
    {
      name: 'another process: a list 69.999 s after the intent was first seen',
      pendingCreate: { firstSeenAtMs: endedAtMs },
      isForeign: true,
      listAtMs: endedAtMs + 69_999,
      absences: 0,
      why: 'its request may still be in flight',
    },
    {
      name: 'another process: a list 70 s after the intent was first seen',
      pendingCreate: { firstSeenAtMs: endedAtMs },
      isForeign: true,
      listAtMs: endedAtMs + 70_000,
      absences: 1,
      why: 'its request has surely ended',
    },
  ])(
    'are $absences ($name), because $why',
    ({ pendingCreate = {}, isForeign = false, listAtMs, shows, absences }) => {
      const { requestEndedAtMs: _ended, ...foreign } = aPendingCreate(pendingCreate);
      const standing = isForeign
        ? foreign
        : aPendingCreate({ requestEndedAtMs: endedAtMs, ...pendingCreate });
      const list = inventory({
        beganAtMs: listAtMs,
        live: shows === 'live' ? [aSnapshot({ name: nameOfAttempt(1).toUpperCase() })] : [],
        ended:
          shows === 'ended'
            ? [historyRow()]
            : shows === 'another'
              ? [historyRow({ name: nameOfAttempt(2) })]
              : [],
      });
      const seen = observe(
        observation({ gpuPod: intended, localState: { pendingCreate: standing }, inventory: list }),
      );
      expect(seen.pendingCreate?.absences).toBe(absences);
      expect(seen.pendingCreate?.lastAbsenceAtMs === undefined).toBe(absences === 0);
    },
  );

  it('come only from live instances if the intent is not readable, because an ended one would block it forever', () => {
    const garbled = {
      gpuPod: gpuPod({ intent: '{' }),
      localState: { pendingCreate: aPendingCreate({ podName: '' }) },
    };
    const ended = inventory({ beganAtMs: NOW_MS, ended: [historyRow()] });
    expect(observe(observation({ ...garbled, inventory: ended })).pendingCreate?.absences).toBe(1);
    const live = inventory({ beganAtMs: NOW_MS, live: [aSnapshot()] });
    expect(observe(observation({ ...garbled, inventory: live })).pendingCreate?.absences).toBe(0);
  });

  it('begin at the end of our request, or after the longest possible request of another process', () => {
    const { requestEndedAtMs: _ended, ...foreign } = aPendingCreate({ firstSeenAtMs: 5 });
    expect(requestSurelyEndedAtMs(aPendingCreate({ requestEndedAtMs: 7 }), DEFAULT_TIMINGS)).toBe(7);
    expect(requestSurelyEndedAtMs(foreign, DEFAULT_TIMINGS)).toBe(70_005);
  });
});

describe('the local state', () => {
  it('remembers when the deletion was first seen', () => {
    const deleting = gpuPod({ isDeleting: true });
    expect(observe(observation({ gpuPod: deleting })).deletingSinceMs).toBe(NOW_MS);
    expect(
      observe(observation({ gpuPod: deleting, localState: { deletingSinceMs: 5 } })).deletingSinceMs,
    ).toBe(5);
    expect(observe(observation({ localState: { deletingSinceMs: 5 } })).deletingSinceMs).toBeUndefined();
  });

  it('remembers an unbound instance until a status names it', () => {
    const unbound = { podId: POD_ID, podName: nameOfAttempt(1) };
    expect(observe(observation({ gpuPod: intended, localState: { unbound } })).unbound).toEqual(unbound);
    expect(observe(observation({ gpuPod: rented, localState: { unbound } })).unbound).toBeUndefined();
  });

  it('does not change when the same is observed twice', () => {
    const known = observation({
      gpuPod: rented,
      lastSeen: lastSeen(aReadySnapshot()),
      inventory: inventory({ beganAtMs: 5, live: [aSnapshot({ podId: 'pod-9', name: nameOfAttempt(2) })] }),
    });
    const once = observe(known);
    expect(observe({ ...known, localState: once })).toEqual(once);
  });
});
