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

describe('followRental of a pod whose ports are not known', () => {
  it.each<Row>([
    {
      name: 'ready as a status poll says it, without ports',
      known: seen,
      expected: { step: 'rest' },
      why: 'they would be written later, each for itself',
    },
    {
      name: 'ready without ports, which a list shows just so',
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
      name: 'ready without ports, and a list from before',
      known: { ...seen, inventory: inventory({ beganAtMs: beganAtMs - 1 }) },
      expected: { step: 'rest' },
      why: 'that one could not know them',
    },
    {
      name: 'ready without ports, and a GET that found none',
      known: { ...seen, localState: { instance: anInstanceState({ read: { beganAtMs, result: 'found' } }) } },
      expected: { step: 'ensureSecret' },
      why: 'the pod itself says so',
    },
    {
      name: 'ready without ports, and a GET that failed',
      known: {
        ...seen,
        localState: { instance: anInstanceState({ read: { beganAtMs, result: 'failed' } }) },
      },
      expected: { step: 'rest' },
      why: 'that says nothing of them',
    },
    {
      name: 'ready before, without ports',
      known: { ...seen, gpuPod: rentedGpuPod({ status: { readyAt: WALL_TEXT } }) },
      expected: { step: 'ensureSecret' },
      why: 'what is ready stays so while a list is awaited',
    },
    {
      name: 'ready without ports, which a list since then does not show',
      known: { ...seen, inventory: inventory({ beganAtMs }) },
      expected: { step: 'ensureSecret' },
      why: 'lists show pods late, and Ready does not wait for that',
    },
  ])('$name: $expected.step, because $why', ({ known, expected }) => {
    expect(outline(followInstance(observed(known)))).toMatchObject(expected);
  });

  it('is looked at often until then, and not slept over: the next list tells', () => {
    expect(followInstance(observed(seen))).toEqual({
      kind: 'rest',
      status: seen.gpuPod.status,
      pollOften: true,
      wantsInventoryAfterMs: beganAtMs,
      requeueAfterMs: 599_000,
    });
  });

  it('is not looked at again by itself where something is done at once', () => {
    const known = observed({ ...seen, lastSeen: lastSeen(aReadySnapshot(), { beganAtMs, omitted: true }) });
    expect(followInstance(known)).toEqual({ kind: 'act', effect: { type: 'readPod', podId: 'pod-1' } });
  });
});
