import { describe, expect, it } from '@jest/globals';
import { observe } from '../../src/lifecycle/observe.ts';
import { POD_ID, rentedGpuPod } from '../support/builders/gpu-pod.ts';
import { nameOfAttempt } from '../support/builders/intent.ts';
import { observation, NOW_MS, anInstanceState } from '../support/builders/observation.ts';
import type { ObservationOverrides } from '../support/builders/observation.ts';
import { inventory, aSnapshot, lastSeen } from '../support/builders/snapshots.ts';

const rented = rentedGpuPod();

describe('the rented instance', () => {
  it('counts from now if this process did not rent it', () => {
    expect(observe(observation({ gpuPod: rented })).instance).toEqual({
      podId: POD_ID,
      created: { text: '2026-11-23T10:00:00Z', atMs: NOW_MS - 600_000 },
      sinceMs: NOW_MS,
      wasRead: false,
      missing: 0,
    });
  });

  it('is forgotten with its ID', () => {
    expect(observe(observation({ localState: { instance: anInstanceState() } })).instance).toBeUndefined();
  });

  it('is a new one after the next attempt, and nothing known about the old one counts', () => {
    const instance = anInstanceState({ podId: 'pod-0', missing: 2, deletedAtMs: 1 });
    expect(observe(observation({ gpuPod: rented, localState: { instance } })).instance).toMatchObject({
      podId: POD_ID,
      missing: 0,
    });
  });

  it.each([
    { name: 'a status poll', known: { lastSeen: lastSeen(aSnapshot()) } },
    { name: 'a complete list', known: { inventory: inventory({ live: [aSnapshot()] }) } },
    {
      name: 'a GET',
      known: {
        localState: {
          instance: anInstanceState({ wasRead: false, read: { beganAtMs: 1, result: 'found' } }),
        },
      },
    },
  ] as const)('was read once $name showed it', ({ known }) => {
    expect(observe(observation({ gpuPod: rented, ...known })).instance?.wasRead).toBe(true);
  });
});

describe('the name of the rented instance at the provider', () => {
  const unnamed = { podId: POD_ID, sinceMs: 1, wasRead: false, missing: 0 };
  const { name: _name, ...poll } = aSnapshot();
  it.each<{ name: string; known: ObservationOverrides; heard: string | undefined; why: string }>([
    { name: 'nothing', known: {}, heard: undefined, why: 'no answer has stated it' },
    {
      name: 'a list that shows it',
      known: { inventory: inventory({ live: [aSnapshot({ podId: 'pod-9', name: 'x' }), aSnapshot()] }) },
      heard: nameOfAttempt(1),
      why: 'whatever else the list shows',
    },
    {
      name: 'a list that shows another instance',
      known: { inventory: inventory({ live: [aSnapshot({ podId: 'pod-9', name: 'x' })] }) },
      heard: undefined,
      why: 'its name is not ours',
    },
    {
      name: 'a GET',
      known: { localState: { instance: { ...unnamed, read: { beganAtMs: 2, result: 'found', name: 'x' } } } },
      heard: 'x',
      why: 'it names the instance, even that of another owner',
    },
    {
      name: 'a GET, after another name',
      known: {
        localState: {
          instance: { ...unnamed, name: 'y', read: { beganAtMs: 2, result: 'found', name: 'x' } },
        },
      },
      heard: 'x',
      why: 'the latest answer counts',
    },
    {
      name: 'an earlier snapshot',
      known: { localState: { instance: { ...unnamed, name: 'y' } }, lastSeen: lastSeen(poll) },
      heard: 'y',
      why: 'a status poll does not state it',
    },
    {
      name: 'its create response',
      known: { localState: { instance: unnamed, unbound: { podId: POD_ID, podName: 'x' } } },
      heard: 'x',
      why: 'it names the instance as well as a snapshot does',
    },
    {
      name: 'another create response',
      known: { localState: { instance: unnamed, unbound: { podId: 'pod-9', podName: 'x' } } },
      heard: undefined,
      why: 'that is another instance',
    },
  ])('is $heard ($name), because $why', ({ known, heard }) => {
    expect(observe(observation({ gpuPod: rented, ...known })).instance?.name).toBe(heard);
  });
});

describe('the proofs that the rented instance has ended', () => {
  const readAtMs = NOW_MS - 40_000;
  const notFound = { beganAtMs: readAtMs, result: 'notFound' } as const;
  it.each([
    { name: 'a 404 alone', instance: { read: notFound }, missing: 0, why: 'a list must agree' },
    {
      name: 'a 404 and an earlier list',
      instance: { read: notFound },
      list: inventory({ beganAtMs: readAtMs - 1 }),
      missing: 0,
      why: 'the list must be the later check',
    },
    {
      name: 'a 404 and a later list without it',
      instance: { read: notFound },
      list: inventory({ beganAtMs: readAtMs }),
      missing: 1,
      why: 'one proof',
    },
    {
      name: 'a 404 and a later list that shows it',
      instance: { read: notFound, missing: 1, lastMissingAtMs: 1 },
      list: inventory({ beganAtMs: readAtMs, live: [aSnapshot()] }),
      missing: 0,
      why: 'it is live, so earlier proofs are void',
    },
    {
      name: 'the same 404 and a still later list',
      instance: { read: notFound, missing: 1, lastMissingAtMs: readAtMs },
      list: inventory({ beganAtMs: NOW_MS }),
      missing: 1,
      why: 'one GET counts once',
    },
    {
      name: 'a second 404, 30 s later',
      instance: { read: notFound, missing: 1, lastMissingAtMs: readAtMs - 30_000 },
      list: inventory({ beganAtMs: NOW_MS }),
      missing: 2,
      why: 'far enough apart',
    },
    {
      name: 'a GET that failed',
      instance: { read: { beganAtMs: readAtMs, result: 'failed' } as const, missing: 1, lastMissingAtMs: 1 },
      list: inventory({ beganAtMs: NOW_MS }),
      missing: 1,
      why: 'an error proves neither absence nor presence',
    },
    {
      name: 'a GET that found it',
      instance: { read: { beganAtMs: readAtMs, result: 'found' } as const, missing: 1, lastMissingAtMs: 1 },
      list: inventory({ beganAtMs: NOW_MS }),
      missing: 0,
      why: 'it is live',
    },
  ])('are $missing ($name), because $why', ({ instance, missing, ...rest }) => {
    const list = 'list' in rest ? { inventory: rest.list } : {};
    const seen = observe(
      observation({ gpuPod: rented, localState: { instance: anInstanceState(instance) }, ...list }),
    );
    expect(seen.instance?.missing).toBe(missing);
  });
});
