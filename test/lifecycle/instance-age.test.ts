import { describe, expect, it } from '@jest/globals';
import { observe } from '../../src/lifecycle/observe.ts';
import type { InstanceState, PendingCreate } from '../../src/lifecycle/local-state.ts';
import { rentedGpuPod } from '../support/builders/gpu-pod.ts';
import { aPendingCreate, anInstanceState, NOW_MS, observation } from '../support/builders/observation.ts';
import { aSnapshot } from '../support/builders/snapshots.ts';

const HOUR_MS = 3_600_000;
const CREATED_AT = '2026-11-23T10:00:00Z';
/** The builders' wall clock says 10:10. */
const AGE_MS = 600_000;
const created = { kind: 'created', instance: aSnapshot() } as const;

interface Row {
  readonly name: string;
  /** How far the wall clock is off. */
  readonly wallOffMs?: number;
  readonly known?: InstanceState;
  readonly pendingCreate?: PendingCreate;
  readonly createdAt?: string;
  readonly expectedAtMs: number | undefined;
}

describe('the age of an instance', () => {
  it.each<Row>([
    {
      name: 'comes from the wall clock when this process first sees the instance',
      expectedAtMs: NOW_MS - AGE_MS,
    },
    {
      name: 'is never negative',
      wallOffMs: -HOUR_MS,
      expectedAtMs: NOW_MS,
    },
    {
      name: 'comes from the monotonic clock afterwards, whatever the wall clock says',
      wallOffMs: HOUR_MS,
      known: anInstanceState({ created: { text: CREATED_AT, atMs: 17 } }),
      expectedAtMs: 17,
    },
    {
      name: 'is read again for another creation time',
      known: anInstanceState({ created: { text: '2026-11-23T09:00:00Z', atMs: 17 } }),
      expectedAtMs: NOW_MS - AGE_MS,
    },
    {
      name: 'counts from the attempt, although the creation time is hours earlier',
      createdAt: '2026-11-23T02:00:00Z',
      expectedAtMs: NOW_MS - AGE_MS - 10_000,
    },
    {
      name: 'counts from the attempt, although the creation time is hours later',
      createdAt: '2026-11-23T18:00:00Z',
      expectedAtMs: NOW_MS - AGE_MS - 10_000,
    },
    {
      name: 'is unknown without a creation time, even if it was known',
      known: anInstanceState({ created: { text: CREATED_AT, atMs: 17 } }),
      createdAt: 'never',
      expectedAtMs: undefined,
    },
    {
      name: 'does not exceed that of the own create request, although the wall clock is ahead',
      wallOffMs: HOUR_MS,
      pendingCreate: aPendingCreate({ outcome: created, requestBeganAtMs: NOW_MS - 2_000 }),
      expectedAtMs: NOW_MS - 2_000,
    },
    {
      name: 'is at least that of the own create response, although the wall clock is behind',
      wallOffMs: -HOUR_MS,
      pendingCreate: aPendingCreate({ outcome: created, requestBeganAtMs: NOW_MS - 2_000 }),
      expectedAtMs: NOW_MS - 1_000,
    },
    {
      name: 'is not bound to a response that never came',
      wallOffMs: -HOUR_MS,
      pendingCreate: aPendingCreate({ requestBeganAtMs: NOW_MS - 2_000 }),
      expectedAtMs: NOW_MS,
    },
    {
      name: 'has nothing to do with the request of another attempt',
      pendingCreate: aPendingCreate({ podName: 'other', requestBeganAtMs: NOW_MS - 2_000 }),
      expectedAtMs: NOW_MS - AGE_MS,
    },
  ])('$name', ({ wallOffMs = 0, known, pendingCreate, createdAt = CREATED_AT, expectedAtMs }) => {
    const base = observation({
      gpuPod: rentedGpuPod({ status: { createdAt } }),
      localState: {
        ...(known === undefined ? {} : { instance: known }),
        ...(pendingCreate === undefined ? {} : { pendingCreate }),
      },
    });
    const { instance } = observe({ ...base, now: { ...base.now, wallMs: base.now.wallMs + wallOffMs } });
    expect(instance?.created?.atMs).toBe(expectedAtMs);
  });
});
