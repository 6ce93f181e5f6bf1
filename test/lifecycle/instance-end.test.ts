import { describe, expect, it } from '@jest/globals';
import type { InventoryView } from '../../src/lifecycle/observation.ts';
import { endVerdict, mayReadAgain, wantsRead } from '../../src/lifecycle/instance-end.ts';
import type { PodRead, InstanceState } from '../../src/lifecycle/local-state.ts';
import { rentedGpuPod } from '../support/builders/gpu-pod.ts';
import { observation, NOW_MS, anInstanceState } from '../support/builders/observation.ts';
import type { ObservationOverrides } from '../support/builders/observation.ts';
import { inventory, historyRow, aSnapshot, lastSeen } from '../support/builders/snapshots.ts';

function rented(instance: Partial<InstanceState> | undefined, overrides: ObservationOverrides = {}) {
  const localState = instance === undefined ? {} : { instance: anInstanceState(instance) };
  return observation({ gpuPod: rentedGpuPod(), localState, ...overrides });
}

function polled(beganAtMs: number, list: InventoryView): ObservationOverrides {
  return { inventory: list, lastSeen: lastSeen(aSnapshot({ status: 'TERMINATED' }), { beganAtMs }) };
}

function read(result: PodRead['result'], beganAtMs = NOW_MS - 40_000): PodRead {
  return { result, beganAtMs };
}

describe('endVerdict', () => {
  it.each<{
    name: string;
    instance: Partial<InstanceState> | undefined;
    known?: ObservationOverrides;
    verdict: string;
    why: string;
  }>([
    {
      name: 'nothing is rented',
      instance: undefined,
      verdict: 'live',
      why: 'nothing can end',
    },
    { name: 'no report at all', instance: {}, verdict: 'live', why: 'silence does not prove an end' },
    {
      name: 'a GET says TERMINATED',
      instance: { read: read('terminated') },
      verdict: 'terminated',
      why: 'the provider says so',
    },
    {
      name: 'a poll says TERMINATED after the DELETE, and a later list does not show it',
      instance: { deletedAtMs: NOW_MS - 500 },
      known: polled(NOW_MS - 400, inventory({ beganAtMs: NOW_MS - 300 })),
      verdict: 'terminated',
      why: 'the provider says so, twice',
    },
    {
      name: 'a poll says TERMINATED after the DELETE, and a later list shows it',
      instance: { deletedAtMs: NOW_MS - 500 },
      known: polled(NOW_MS - 400, inventory({ beganAtMs: NOW_MS - 300, live: [aSnapshot()] })),
      verdict: 'live',
      why: 'the provider contradicts itself, and it may bill',
    },
    {
      name: 'a poll says TERMINATED after the DELETE, and the list is older',
      instance: { deletedAtMs: NOW_MS - 500 },
      known: polled(NOW_MS - 400, inventory({ beganAtMs: NOW_MS - 600 })),
      verdict: 'live',
      why: 'a poll alone proves nothing',
    },
    {
      name: 'a poll said TERMINATED before the DELETE',
      instance: { deletedAtMs: NOW_MS - 500 },
      known: polled(NOW_MS - 501, inventory({ beganAtMs: NOW_MS - 300 })),
      verdict: 'live',
      why: 'it says nothing about the DELETE',
    },
    {
      name: 'a poll says TERMINATED without a DELETE',
      instance: {},
      known: polled(NOW_MS - 400, inventory({ beganAtMs: NOW_MS - 300 })),
      verdict: 'live',
      why: 'an unexpected end needs a GET',
    },
    {
      name: 'a poll omits it after the DELETE, and a later list does not show it',
      instance: { deletedAtMs: NOW_MS - 500 },
      known: {
        inventory: inventory({ beganAtMs: NOW_MS - 300 }),
        lastSeen: lastSeen(aSnapshot({ status: 'TERMINATED' }), { omitted: true, beganAtMs: NOW_MS - 400 }),
      },
      verdict: 'live',
      why: 'an omission proves nothing',
    },
    {
      name: 'a GET failed',
      instance: { read: read('failed') },
      verdict: 'live',
      why: 'an error is not an absence',
    },
    {
      name: 'one 404',
      instance: { missing: 1, read: read('notFound') },
      verdict: 'live',
      why: 'it takes two checks',
    },
    {
      name: 'two proofs',
      instance: { missing: 2, read: read('notFound') },
      verdict: 'vanished',
      why: 'two checks prove it',
    },
    {
      name: 'two proofs for a young instance that no read has shown',
      instance: { missing: 2, wasRead: false, sinceMs: NOW_MS - 299_999 },
      verdict: 'live',
      why: 'a provider may show a new instance late',
    },
    {
      name: 'two proofs for an old instance that no read has shown',
      instance: { missing: 2, wasRead: false, sinceMs: NOW_MS - 300_000 },
      verdict: 'vanished',
      why: 'the provider had five minutes to show it',
    },
    {
      name: 'a history row with an end',
      instance: {},
      known: { inventory: inventory({ ended: [historyRow()] }) },
      verdict: 'terminated',
      why: 'the history says when',
    },
    {
      name: 'a history row without an end',
      instance: {},
      known: { inventory: inventory({ ended: [{ podId: 'pod-1', name: 'x' }] }) },
      verdict: 'live',
      why: 'the history lists live instances too',
    },
    {
      name: 'a history row of another instance',
      instance: {},
      known: { inventory: inventory({ ended: [historyRow({ podId: 'pod-2' })] }) },
      verdict: 'live',
      why: 'an earlier attempt ended, not this one',
    },
    {
      name: 'a history row with an end, and a live row',
      instance: {},
      known: { inventory: inventory({ ended: [historyRow()], live: [aSnapshot()] }) },
      verdict: 'live',
      why: 'an instance that is listed live may bill',
    },
    {
      name: 'a mass absence',
      instance: { missing: 2, read: read('terminated') },
      known: { massAbsence: true },
      verdict: 'live',
      why: 'the answer is probably wrong',
    },
    {
      name: 'a mass absence after our DELETE',
      instance: { read: read('terminated'), deletedAtMs: NOW_MS - 60_000 },
      known: { massAbsence: true },
      verdict: 'terminated',
      why: 'this absence is expected',
    },
    {
      name: 'an accepted DELETE alone',
      instance: { deletedAtMs: NOW_MS - 600_000 },
      verdict: 'live',
      why: 'the answer to a DELETE proves nothing',
    },
  ])('is $verdict ($name), because $why', ({ instance, known, verdict }) => {
    expect(endVerdict(rented(instance, known))).toBe(verdict);
  });
});

describe('wantsRead', () => {
  const sinceMs = NOW_MS - 50_000;
  it.each<{
    name: string;
    instance?: Partial<InstanceState>;
    known?: ObservationOverrides;
    wants: boolean;
    why: string;
  }>([
    { name: 'no list yet', wants: false, why: 'a 404 without a list proves nothing' },
    {
      name: 'an earlier list',
      known: { inventory: inventory({ beganAtMs: sinceMs - 1 }) },
      wants: false,
      why: 'it says nothing about the time since',
    },
    {
      name: 'a later list that does not show it',
      known: { inventory: inventory({ beganAtMs: sinceMs }) },
      wants: true,
      why: 'the GET is the other half of the proof',
    },
    {
      name: 'a later list that shows it',
      known: { inventory: inventory({ beganAtMs: sinceMs, live: [aSnapshot()] }) },
      wants: false,
      why: 'the list has already proven that it is live',
    },
    {
      name: 'a GET a moment ago',
      instance: { read: read('notFound', NOW_MS - 29_999) },
      known: { inventory: inventory({ beganAtMs: NOW_MS - 10 }) },
      wants: false,
      why: 'two checks at one moment count as one',
    },
    {
      name: 'a GET 30 s ago',
      instance: { read: read('notFound', NOW_MS - 30_000) },
      known: { inventory: inventory({ beganAtMs: NOW_MS - 10 }) },
      wants: true,
      why: 'that is far enough apart',
    },
  ])('is $wants ($name), because $why', ({ instance = {}, known, wants }) => {
    expect(wantsRead(rented(instance, known), anInstanceState(instance), sinceMs)).toBe(wants);
  });

  it('accepts a GET of that very moment', () => {
    const instance = anInstanceState({ read: read('notFound', NOW_MS - 5_000) });
    const known = rented(instance, { inventory: inventory({ beganAtMs: NOW_MS - 1_000 }) });
    expect(wantsRead(known, instance, NOW_MS - 5_000)).toBe(false);
  });

  it('does not wait after an earlier GET, which says nothing about the time since', () => {
    const instance = anInstanceState({ read: read('found', NOW_MS - 10_000) });
    const known = rented(instance, { inventory: inventory({ beganAtMs: NOW_MS - 1_000 }) });
    expect(wantsRead(known, instance, NOW_MS - 5_000)).toBe(true);
  });
});

describe('mayReadAgain', () => {
  it.each([
    { name: 'never read', instance: {}, may: true },
    { name: 'read a moment ago', instance: { read: read('failed', NOW_MS - 29_999) }, may: false },
    { name: 'read long enough ago', instance: { read: read('failed', NOW_MS - 30_000) }, may: true },
  ])('is $may if $name', ({ instance, may }) => {
    expect(mayReadAgain(anInstanceState(instance), NOW_MS, 30_000)).toBe(may);
  });
});
