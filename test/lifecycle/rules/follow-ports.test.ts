import { describe, expect, it } from '@jest/globals';
import { followInstance } from '../support/rules.ts';
import { rentedGpuPod } from '../../support/builders/gpu-pod.ts';
import { NOW_MS, observed, anInstanceState, WALL_TEXT } from '../../support/builders/observation.ts';
import type { ObservationOverrides } from '../../support/builders/observation.ts';
import { inventory, failure, aReadySnapshot, lastSeen } from '../../support/builders/snapshots.ts';
import { outline } from '../support/outline.ts';
import type { Outline } from '../support/outline.ts';

interface Row {
  readonly name: string;
  readonly known: ObservationOverrides;
  readonly expected: Outline;
  readonly why: string;
}

const beganAtMs = NOW_MS - 1_000;
const seen = { gpuPod: rentedGpuPod(), lastSeen: lastSeen(aReadySnapshot({ ports: [] }), { beganAtMs }) };

describe('following an instance whose ports are not known', () => {
  it.each<Row>([
    {
      name: 'ready in a status poll, without ports',
      known: seen,
      expected: { step: 'rest' },
      why: 'writing them later would cost a write each',
    },
    {
      name: 'ready without ports, also in a list',
      known: {
        ...seen,
        inventory: inventory({ beganAtMs: NOW_MS - 10, live: [aReadySnapshot({ ports: [] })] }),
      },
      expected: { step: 'ensureSecret' },
      why: 'there are none',
    },
    {
      name: 'ready without ports, while lists fail',
      known: { ...seen, providerFailure: failure() },
      expected: { step: 'ensureSecret' },
      why: 'it is usable without them',
    },
    {
      name: 'ready without ports, and an earlier list',
      known: { ...seen, inventory: inventory({ beganAtMs: beganAtMs - 1 }) },
      expected: { step: 'rest' },
      why: 'it could not show them',
    },
    {
      name: 'ready without ports, and a GET without any',
      known: { ...seen, localState: { instance: anInstanceState({ read: { beganAtMs, result: 'found' } }) } },
      expected: { step: 'ensureSecret' },
      why: 'the GET is complete',
    },
    {
      name: 'ready without ports, and a GET that failed',
      known: {
        ...seen,
        localState: { instance: anInstanceState({ read: { beganAtMs, result: 'failed' } }) },
      },
      expected: { step: 'rest' },
      why: 'that says nothing about them',
    },
    {
      name: 'ready before, without ports',
      known: { ...seen, gpuPod: rentedGpuPod({ status: { readyAt: WALL_TEXT } }) },
      expected: { step: 'ensureSecret' },
      why: 'a ready instance stays ready while a list is awaited',
    },
    {
      name: 'ready without ports, and a later list that omits it',
      known: { ...seen, inventory: inventory({ beganAtMs }) },
      expected: { step: 'ensureSecret' },
      why: 'lists show instances late, and Ready does not wait for that',
    },
  ])('$name: $expected.step, because $why', ({ known, expected }) => {
    expect(outline(followInstance(observed(known)))).toMatchObject(expected);
  });

  it('is polled often until then, because the next list decides', () => {
    expect(followInstance(observed(seen))).toEqual({
      kind: 'rest',
      status: seen.gpuPod.status,
      pollOften: true,
      wantsInventoryAfterMs: beganAtMs,
      requeueAfterMs: 599_000,
    });
  });

  it('has no timer of its own where an effect follows', () => {
    const known = observed({ ...seen, lastSeen: lastSeen(aReadySnapshot(), { beganAtMs, omitted: true }) });
    expect(followInstance(known)).toEqual({ kind: 'act', effect: { type: 'readPod', podId: 'pod-1' } });
  });
});
