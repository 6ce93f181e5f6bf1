import { describe, expect, it } from '@jest/globals';
import { terminateInstance } from '../../../src/lifecycle/rules/terminate.ts';
import { rentedGpuPod } from '../../support/builders/gpu-pod.ts';
import { NOW_MS, observed, anInstanceState } from '../../support/builders/observation.ts';
import type { ObservationOverrides } from '../../support/builders/observation.ts';
import { inventory, aSnapshot, lastSeen } from '../../support/builders/snapshots.ts';
import { outline } from '../support/outline.ts';
import type { Outline } from '../support/outline.ts';

const deletedAtMs = NOW_MS - 130_000;
const sent = anInstanceState({ deletedAtMs });

interface Row {
  readonly name: string;
  readonly known: ObservationOverrides;
  readonly expected: Outline;
  readonly why: string;
}

describe('an accepted DELETE', () => {
  it.each<Row>([
    {
      name: 'a DELETE a moment ago',
      known: { localState: { instance: anInstanceState({ deletedAtMs: NOW_MS - 1_000 }) } },
      expected: { step: 'rest', Ready: 'Terminating', Reconciling: 'Progressing' },
      why: 'it was accepted; the operator waits for the end',
    },
    {
      name: 'a DELETE long ago, and no list',
      known: { localState: { instance: sent } },
      expected: { step: 'rest' },
      why: 'nothing shows that it failed',
    },
    {
      name: 'a DELETE 120 s ago, and a list that still shows it',
      known: {
        localState: { instance: anInstanceState({ deletedAtMs: NOW_MS - 120_000 }) },
        inventory: inventory({ beganAtMs: NOW_MS - 5, live: [aSnapshot()] }),
      },
      expected: { step: 'deletePod' },
      why: 'that is how long a termination may take',
    },
    {
      name: 'a DELETE 2 min ago, and a list that still shows it',
      known: {
        localState: { instance: sent },
        inventory: inventory({ beganAtMs: NOW_MS - 5, live: [aSnapshot()] }),
      },
      expected: { step: 'deletePod' },
      why: 'it was lost: send it again',
    },
    {
      name: 'a DELETE 119.999 s ago, and a list that still shows it',
      known: {
        localState: { instance: anInstanceState({ deletedAtMs: NOW_MS - 119_999 }) },
        inventory: inventory({ beganAtMs: NOW_MS - 5, live: [aSnapshot()] }),
      },
      expected: { step: 'rest' },
      why: 'a termination takes time',
    },
    {
      name: 'a DELETE 2 min ago, lists that do not show it, and a GET that does',
      known: {
        localState: {
          instance: anInstanceState({ deletedAtMs, read: { beganAtMs: NOW_MS - 10_000, result: 'found' } }),
        },
        inventory: inventory({ beganAtMs: NOW_MS - 5 }),
      },
      expected: { step: 'deletePod' },
      why: 'an omission is not an absence, and the instance would keep billing',
    },
    {
      name: 'a GET that showed it a moment before a DELETE counts as lost',
      known: {
        localState: {
          instance: anInstanceState({ deletedAtMs, read: { beganAtMs: NOW_MS - 10_001, result: 'found' } }),
        },
        inventory: inventory({ beganAtMs: NOW_MS - 5 }),
      },
      expected: { step: 'rest' },
      why: 'a termination takes time',
    },
    {
      name: 'a DELETE 2 min ago, no list, and a status poll that shows it',
      known: {
        localState: { instance: sent },
        lastSeen: lastSeen(aSnapshot(), { beganAtMs: NOW_MS - 10_000 }),
      },
      expected: { step: 'deletePod' },
      why: 'it keeps billing while lists fail',
    },
    {
      name: 'a DELETE 2 min ago, no list, and a status poll that omits it now',
      known: {
        localState: { instance: sent },
        lastSeen: lastSeen(aSnapshot(), { beganAtMs: NOW_MS - 10_000, omitted: true }),
      },
      expected: { step: 'rest' },
      why: 'it may have ended',
    },
    {
      name: 'a DELETE 2 min ago, no list, and a status poll that says TERMINATED',
      known: {
        localState: { instance: sent },
        lastSeen: lastSeen(aSnapshot({ status: 'TERMINATED' }), { beganAtMs: NOW_MS - 10_000 }),
      },
      expected: { step: 'rest' },
      why: 'it may have ended',
    },
    {
      name: 'a later list that does not show it',
      known: { localState: { instance: sent }, inventory: inventory({ beganAtMs: NOW_MS - 5 }) },
      expected: { step: 'readPod' },
      why: 'a GET is the other half of the proof',
    },
  ])('$name: $expected.step, because $why', ({ known, expected }) => {
    const step = terminateInstance(observed({ gpuPod: rentedGpuPod(), ...known }), 'x');
    expect(outline(step)).toMatchObject(expected);
  });
});
