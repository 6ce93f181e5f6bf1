import { describe, expect, it } from '@jest/globals';
import type { LastSeen } from '../../../src/lifecycle/observation.ts';
import type { PodRead, InstanceState } from '../../../src/lifecycle/local-state.ts';
import { terminateInstance } from '../../../src/lifecycle/rules/terminate.ts';
import { rentedGpuPod } from '../../support/builders/gpu-pod.ts';
import { intent } from '../../support/builders/intent.ts';
import { observation, NOW_MS, observed, anInstanceState } from '../../support/builders/observation.ts';
import type { ObservationOverrides } from '../../support/builders/observation.ts';
import { inventory, failure, historyRow, aSnapshot, lastSeen } from '../../support/builders/snapshots.ts';
import type { Row } from '../support/instances.ts';
import { messageOf, outline, restOf, statusOf } from '../support/outline.ts';

const rented = rentedGpuPod();
const deletedAtMs = NOW_MS - 130_000;
const sent = anInstanceState({ deletedAtMs });

function nameless(read: PodRead): InstanceState {
  const { name: _name, ...instance } = anInstanceState({ read });
  return instance;
}

describe('endRental', () => {
  it.each<Row>([
    { name: 'a pod that runs', known: {}, expected: { step: 'deletePod' }, why: 'it bills' },
    {
      name: 'a pod whose end was seen',
      known: { inventory: inventory({ ended: [historyRow()] }) },
      expected: { step: '-' },
      why: 'there is nothing to end',
    },
    {
      name: 'a pod with a name of somebody else',
      known: { lastSeen: lastSeen(aSnapshot({ name: 'My first pod' })) },
      expected: { step: 'rest', Synced: 'UnexpectedResponse', Ready: 'Terminating' },
      why: 'an id that somebody wrote into the status must not end a stranger',
    },
    {
      name: 'a pod whose name changed case',
      known: { lastSeen: lastSeen(aSnapshot({ name: intent().name.toUpperCase() })) },
      expected: { step: 'deletePod' },
      why: 'upstreams do that',
    },
    {
      name: 'a pod name of somebody else in the status',
      known: { gpuPod: rentedGpuPod({ status: { podName: 'My first pod' } }) },
      expected: { step: 'rest', Synced: 'UnexpectedResponse' },
      why: 'the status too may have been written by somebody else',
    },
    {
      name: 'a pod name of somebody else in the status and in the intent',
      known: {
        gpuPod: rentedGpuPod({
          intent: intent({ name: 'My first pod' }),
          status: { podName: 'My first pod' },
        }),
        lastSeen: lastSeen(aSnapshot({ name: 'My first pod' })),
      },
      expected: { step: 'rest', Synced: 'UnexpectedResponse' },
      why: 'whoever can write the one can write the other',
    },
    {
      name: 'a pod name of another installation in the status alone',
      known: {
        gpuPod: rentedGpuPod({ status: { podName: intent({ installation: 'zzz999' }).name } }),
        localState: { instance: anInstanceState({ name: intent({ installation: 'zzz999' }).name }) },
      },
      expected: { step: 'rest', Synced: 'UnexpectedResponse' },
      why: 'this object never ordered it',
    },
    {
      name: 'the same, and no order to be read',
      known: {
        gpuPod: rentedGpuPod({
          intent: '{',
          status: { podName: intent({ installation: 'zzz999' }).name },
        }),
        localState: { instance: anInstanceState({ name: intent({ installation: 'zzz999' }).name }) },
      },
      expected: { step: 'rest', Synced: 'UnexpectedResponse' },
      why: 'nothing says that it was ordered',
    },
    {
      name: 'an order of another object in the status and in the intent',
      known: {
        gpuPod: rentedGpuPod({
          intent: intent({ uid: 'old-uid' }),
          status: { podName: intent({ uid: 'old-uid' }).name },
        }),
        localState: { instance: anInstanceState({ name: intent({ uid: 'old-uid' }).name }) },
      },
      expected: { step: 'rest', Synced: 'UnexpectedResponse' },
      why: 'a copied object must not end the machine of the first one',
    },
    {
      name: 'a pod that was ordered before the installation got another id',
      known: {
        gpuPod: rentedGpuPod({
          intent: intent({ installation: 'zzz999' }),
          status: { podName: intent({ installation: 'zzz999' }).name },
        }),
        localState: { instance: anInstanceState({ name: intent({ installation: 'zzz999' }).name }) },
      },
      expected: { step: 'deletePod' },
      why: 'the name has the hash of this object',
    },
    {
      name: 'a pod and a name of somebody else in the status, which agree',
      known: {
        gpuPod: rentedGpuPod({ status: { podName: 'My first pod' } }),
        localState: { instance: anInstanceState({ name: 'My first pod' }) },
      },
      expected: { step: 'rest', Synced: 'UnexpectedResponse' },
      why: 'neither this object nor its order ever had that name',
    },
    {
      name: 'a DELETE 2 min ago, and a list that shows another pod of ours',
      known: {
        localState: { instance: sent },
        inventory: inventory({ beganAtMs: NOW_MS, live: [aSnapshot({ podId: 'pod-2' })] }),
      },
      expected: { step: 'readPod' },
      why: 'its own DELETE was heard',
    },
    {
      name: 'a pod of a uid that this object claimed',
      known: {
        gpuPod: rentedGpuPod({
          intent: intent({ uid: 'old-uid' }),
          status: { podName: intent({ uid: 'old-uid' }).name },
        }),
        mayAdopt: true,
        localState: { instance: anInstanceState({ name: intent({ uid: 'old-uid' }).name }) },
      },
      expected: { step: 'deletePod' },
      why: 'it was adopted from a backup',
    },
    {
      name: 'a pod whose name nobody has heard',
      known: { localState: {} },
      expected: { step: 'readPod' },
      why: 'only the provider can say whose it is',
    },
    {
      name: 'a pod whose name could not be read just now',
      known: { localState: { instance: nameless({ beganAtMs: NOW_MS - 1, result: 'failed' }) } },
      expected: { step: 'rest', Synced: 'ApiUnavailable', Ready: 'Terminating' },
      why: 'unknown is not ours',
    },
    {
      name: 'an id that nobody signed, and a 404',
      known: { localState: { instance: nameless({ beganAtMs: NOW_MS - 1, result: 'notFound' }) } },
      expected: { step: 'rest', Ready: 'Terminating', Synced: 'ApiUnavailable' },
      why: 'the 404 may be wrong, and the id a stranger’s',
    },
    {
      name: 'a DELETE that failed, and waits for its next try',
      known: {
        localState: {
          instance: anInstanceState({
            deleteFailure: {
              reason: 'RateLimited',
              message: 'HTTP status 429.',
              count: 1,
              retryAtMs: NOW_MS + 700,
            },
          }),
        },
      },
      expected: { step: 'rest', Ready: 'Terminating', Synced: 'RateLimited' },
      why: 'the provider asked for patience',
    },
    {
      name: 'a DELETE that failed, and whose time has come',
      known: {
        localState: {
          instance: anInstanceState({
            deleteFailure: {
              reason: 'RateLimited',
              message: 'HTTP status 429.',
              count: 1,
              retryAtMs: NOW_MS,
            },
          }),
        },
      },
      expected: { step: 'deletePod' },
      why: 'it is tried again',
    },
  ])('$name: $expected.step, because $why', ({ known, expected }) => {
    const timings = { quietFailureMs: 0 };
    expect(
      outline(
        terminateInstance(
          observed({ gpuPod: rented, timings, localState: { instance: anInstanceState() }, ...known }),
          'x',
        ),
      ),
    ).toMatchObject(expected);
  });

  it('says that a failing DELETE leaves the pod billing, once that has lasted', () => {
    const instance = anInstanceState({
      deleteFailure: {
        reason: 'ApiUnavailable',
        message: 'HTTP status 503.',
        count: 9,
        retryAtMs: NOW_MS + 500,
      },
    });
    const failure = { reason: 'ApiUnavailable', message: '', sinceMs: NOW_MS - 60_000, count: 9 };
    const step = restOf(
      terminateInstance(observed({ gpuPod: rented, localState: { instance, failure } }), 'Suspended'),
    );
    expect(messageOf(step.status, 'Synced')).toContain('keeps billing; retrying. HTTP status 503.');
    expect(step.requeueAfterMs).toBe(500);
  });

  it('holds for running what was not taken in: nothing says that it ended', () => {
    const step = terminateInstance(observation({ gpuPod: rented, localState: {} }), 'x');
    expect(restOf(step)).toEqual({ kind: 'rest', status: rented.status, pollOften: true });
  });

  it('wants a list once a poll leaves the instance out or calls it terminated, and now and then before', () => {
    const after = (snapshot: LastSeen, beganAtMs = 5): number | undefined => {
      const known = {
        gpuPod: rented,
        localState: { instance: sent },
        inventory: inventory({ beganAtMs }),
        lastSeen: snapshot,
      };
      return restOf(terminateInstance(observed(known), '')).wantsInventoryAfterMs;
    };
    const omittedSinceMs = deletedAtMs + 700;
    const omitted = lastSeen(aSnapshot({ status: 'DELETING' }), { omitted: true, omittedSinceMs });
    const terminated = lastSeen(aSnapshot({ status: 'TERMINATED' }), { beganAtMs: omittedSinceMs });

    expect(after(lastSeen(aSnapshot({ status: 'DELETING' })))).toBe(deletedAtMs + 5_000);
    expect(after(omitted)).toBe(omittedSinceMs);
    expect(after(terminated)).toBe(omittedSinceMs);
    expect(after({ ...omitted, omittedSinceMs: deletedAtMs - 1 })).toBe(deletedAtMs);
  });

  it('waits for a list since the DELETE, then for the next ones', () => {
    const before = observed({
      gpuPod: rented,
      localState: { instance: sent },
      inventory: inventory({ beganAtMs: 5 }),
    });
    expect(restOf(terminateInstance(before, '')).wantsInventoryAfterMs).toBe(deletedAtMs + 5_000);
    const read = { beganAtMs: NOW_MS - 10, result: 'notFound' } as const;
    const instance = anInstanceState({ deletedAtMs, read });
    const since = observed({
      gpuPod: rented,
      localState: { instance },
      inventory: inventory({ beganAtMs: NOW_MS - 20 }),
    });
    expect(restOf(terminateInstance(since, '')).wantsInventoryAfterMs).toBe(NOW_MS - 20 + 5_000);
    expect(restOf(terminateInstance(since, '')).pollOften).toBe(true);
  });

  it('says Deleting on an object that goes, and Terminating with the reason on one that stays', () => {
    const localState = { instance: anInstanceState({ deletedAtMs: NOW_MS - 10_000 }) };
    const goes = terminateInstance(observed({ gpuPod: rentedGpuPod({ isDeleting: true }), localState }), 'x');
    const stays = terminateInstance(observed({ gpuPod: rented, localState }), 'AboveMaxPrice');
    expect(outline(goes).Ready).toBe('Deleting');
    expect(messageOf(statusOf(stays), 'Ready')).toContain('(AboveMaxPrice)');
  });

  it('writes nothing of an end that may be seen within seconds, and looks again when it was not', () => {
    const localState = { instance: anInstanceState({ deletedAtMs: NOW_MS - 9_999 }) };
    const goes = rentedGpuPod({ isDeleting: true });
    const step = restOf(terminateInstance(observed({ gpuPod: goes, localState }), 'x'));

    expect(step).toMatchObject({ status: goes.status, requeueAfterMs: 1 });
  });
});

describe('a DELETE that waits for a name', () => {
  it.each<{ result: PodRead['result']; reason: string; says: RegExp }>([
    {
      result: 'found',
      reason: 'UnexpectedResponse',
      says: /no readable name.* is not terminated and bills\. .*gpupod\.dev\/force-release/,
    },
    { result: 'failed', reason: 'ApiUnavailable', says: /keeps billing\. .* HTTP status 503/ },
  ])('says why where a GET $result it, and what to do', ({ result, reason, says }) => {
    const { podIdProof: _proof, ...status } = rented.status;
    const known: ObservationOverrides = {
      gpuPod: { ...rented, status },
      localState: {
        instance: nameless({ beganAtMs: NOW_MS - 1, result }),
        failure: { reason, message: '', sinceMs: NOW_MS - 120_000, count: 4 },
      },
      instanceFailure: failure(),
    };
    const step = terminateInstance(observed(known), 'Suspended');
    expect(outline(step)).toMatchObject({ step: 'rest', Synced: reason });
    expect(messageOf(statusOf(step), 'Synced')).toMatch(says);
  });
});
