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

describe('terminateInstance', () => {
  it.each<Row>([
    { name: 'a running instance', known: {}, expected: { step: 'deletePod' }, why: 'it bills' },
    {
      name: 'an instance whose end is proven',
      known: { inventory: inventory({ ended: [historyRow()] }) },
      expected: { step: '-' },
      why: 'nothing is left to terminate',
    },
    {
      name: 'an instance with the name of somebody else',
      known: { lastSeen: lastSeen(aSnapshot({ name: 'My first GPU' })) },
      expected: { step: 'rest', Synced: 'UnexpectedResponse', Ready: 'Terminating' },
      why: "an ID that somebody wrote into the status must not terminate another owner's instance",
    },
    {
      name: 'an instance whose name changed case',
      known: { lastSeen: lastSeen(aSnapshot({ name: intent().name.toUpperCase() })) },
      expected: { step: 'deletePod' },
      why: 'upstream providers do that',
    },
    {
      name: "somebody else's instance name in the status",
      known: { gpuPod: rentedGpuPod({ status: { podName: 'My first GPU' } }) },
      expected: { step: 'rest', Synced: 'UnexpectedResponse' },
      why: 'somebody else may have written the status too',
    },
    {
      name: "somebody else's instance name in the status and in the intent",
      known: {
        gpuPod: rentedGpuPod({
          intent: intent({ name: 'My first GPU' }),
          status: { podName: 'My first GPU' },
        }),
        lastSeen: lastSeen(aSnapshot({ name: 'My first GPU' })),
      },
      expected: { step: 'rest', Synced: 'UnexpectedResponse' },
      why: 'whoever can write the one can write the other',
    },
    {
      name: 'an instance name of another installation, only in the status',
      known: {
        gpuPod: rentedGpuPod({ status: { podName: intent({ installation: 'zzz999' }).name } }),
        localState: { instance: anInstanceState({ name: intent({ installation: 'zzz999' }).name }) },
      },
      expected: { step: 'rest', Synced: 'UnexpectedResponse' },
      why: 'this GpuPod never requested it',
    },
    {
      name: 'the same, and no readable intent',
      known: {
        gpuPod: rentedGpuPod({
          intent: '{',
          status: { podName: intent({ installation: 'zzz999' }).name },
        }),
        localState: { instance: anInstanceState({ name: intent({ installation: 'zzz999' }).name }) },
      },
      expected: { step: 'rest', Synced: 'UnexpectedResponse' },
      why: 'nothing shows that it was requested',
    },
    {
      name: "another GpuPod's create intent in the status and in the intent",
      known: {
        gpuPod: rentedGpuPod({
          intent: intent({ uid: 'old-uid' }),
          status: { podName: intent({ uid: 'old-uid' }).name },
        }),
        localState: { instance: anInstanceState({ name: intent({ uid: 'old-uid' }).name }) },
      },
      expected: { step: 'rest', Synced: 'UnexpectedResponse' },
      why: 'a copied GpuPod must not terminate the instance of the original',
    },
    {
      name: 'an instance from before the installation got another ID',
      known: {
        gpuPod: rentedGpuPod({
          intent: intent({ installation: 'zzz999' }),
          status: { podName: intent({ installation: 'zzz999' }).name },
        }),
        localState: { instance: anInstanceState({ name: intent({ installation: 'zzz999' }).name }) },
      },
      expected: { step: 'deletePod' },
      why: 'its name has the hash of this GpuPod',
    },
    {
      name: "somebody else's ID and name in the status, which match",
      known: {
        gpuPod: rentedGpuPod({ status: { podName: 'My first GPU' } }),
        localState: { instance: anInstanceState({ name: 'My first GPU' }) },
      },
      expected: { step: 'rest', Synced: 'UnexpectedResponse' },
      why: 'neither this GpuPod nor its create intent ever had that name',
    },
    {
      name: 'a DELETE 2 min ago, and a list that shows another instance of ours',
      known: {
        localState: { instance: sent },
        inventory: inventory({ beganAtMs: NOW_MS, live: [aSnapshot({ podId: 'pod-2' })] }),
      },
      expected: { step: 'readPod' },
      why: 'its own DELETE worked',
    },
    {
      name: 'an instance of a UID that this GpuPod adopted',
      known: {
        gpuPod: rentedGpuPod({
          intent: intent({ uid: 'old-uid' }),
          status: { podName: intent({ uid: 'old-uid' }).name },
        }),
        mayAdopt: true,
        localState: { instance: anInstanceState({ name: intent({ uid: 'old-uid' }).name }) },
      },
      expected: { step: 'deletePod' },
      why: 'it was adopted after a restore',
    },
    {
      name: 'an instance whose name is not known',
      known: { localState: {} },
      expected: { step: 'readPod' },
      why: 'only the provider can state the owner',
    },
    {
      name: 'an instance whose name was not readable just now',
      known: { localState: { instance: nameless({ beganAtMs: NOW_MS - 1, result: 'failed' }) } },
      expected: { step: 'rest', Synced: 'ApiUnavailable', Ready: 'Terminating' },
      why: 'unknown does not mean ours',
    },
    {
      name: 'an unsigned ID, and a 404',
      known: { localState: { instance: nameless({ beganAtMs: NOW_MS - 1, result: 'notFound' }) } },
      expected: { step: 'rest', Ready: 'Terminating', Synced: 'ApiUnavailable' },
      why: 'the 404 may be wrong, and the ID may belong to somebody else',
    },
    {
      name: 'a failed DELETE before its retry',
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
      why: 'the provider asked to wait',
    },
    {
      name: 'a failed DELETE whose retry is due',
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
      why: 'it is sent again',
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

  it('reports that a failing DELETE leaves the instance billing, once that lasts', () => {
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

  it('treats an unknown instance as running, because nothing proves its end', () => {
    const step = terminateInstance(observation({ gpuPod: rented, localState: {} }), 'x');
    expect(restOf(step)).toEqual({ kind: 'rest', status: rented.status, pollOften: true });
  });

  it('asks for a list once a poll omits the instance or says TERMINATED, and at intervals before', () => {
    const after = (snapshot: LastSeen, beganAtMs = 5): number | undefined => {
      const list = inventory({ beganAtMs });
      const known = { gpuPod: rented, localState: { instance: sent }, inventory: list, lastSeen: snapshot };
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
    const early = inventory({ beganAtMs: 5 });
    const before = observed({ gpuPod: rented, localState: { instance: sent }, inventory: early });
    expect(restOf(terminateInstance(before, '')).wantsInventoryAfterMs).toBe(deletedAtMs + 5_000);
    const read = { beganAtMs: NOW_MS - 10, result: 'notFound' } as const;
    const instance = anInstanceState({ deletedAtMs, read });
    const late = inventory({ beganAtMs: NOW_MS - 20 });
    const since = observed({ gpuPod: rented, localState: { instance }, inventory: late });
    expect(restOf(terminateInstance(since, '')).wantsInventoryAfterMs).toBe(NOW_MS - 20 + 5_000);
    expect(restOf(terminateInstance(since, '')).pollOften).toBe(true);
  });

  it('reports Deleting for a deleted GpuPod, and Terminating with the reason for a living one', () => {
    const localState = { instance: anInstanceState({ deletedAtMs: NOW_MS - 10_000 }) };
    const goes = terminateInstance(observed({ gpuPod: rentedGpuPod({ isDeleting: true }), localState }), 'x');
    const stays = terminateInstance(observed({ gpuPod: rented, localState }), 'AboveMaxPrice');
    expect(outline(goes).Ready).toBe('Deleting');
    expect(messageOf(statusOf(stays), 'Ready')).toContain('(AboveMaxPrice)');
  });

  it('writes nothing about a termination that may take seconds, and checks again if it takes longer', () => {
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
  ])('reports why and what to do if a GET $result it', ({ result, reason, says }) => {
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
