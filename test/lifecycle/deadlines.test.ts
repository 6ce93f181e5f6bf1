import { describe, expect, it } from '@jest/globals';
import { clampToDeadlines, deadlines } from '../../src/lifecycle/deadlines.ts';
import type { Deadline } from '../../src/lifecycle/deadlines.ts';
import type { Rest } from '../../src/lifecycle/step.ts';
import { gpuPod, rentedGpuPod } from '../support/builders/gpu-pod.ts';
import { anInstanceState, NOW_MS, observation } from '../support/builders/observation.ts';
import type { ObservationOverrides } from '../support/builders/observation.ts';
import { aSnapshot, lastSeen } from '../support/builders/snapshots.ts';

const MINUTE_MS = 60_000;
const readyPod = rentedGpuPod({ status: { readyAt: '2026-11-23T10:00:00Z' } });
const secret = { fingerprint: 'f', outcome: 'written', atMs: NOW_MS - MINUTE_MS } as const;
const blocked = { reason: 'ApiUnavailable', message: 'm', untilMs: NOW_MS + 700 } as const;
const held = { kind: 'held', reason: 'RateLimited', message: 'm', retryInMs: 900 } as const;

describe('deadlines', () => {
  it.each<{ name: string; known: ObservationOverrides; expected: readonly Deadline[]; why: string }>([
    {
      name: 'an instance that is not ready',
      known: {
        gpuPod: rentedGpuPod(),
        localState: { instance: anInstanceState({ sinceMs: NOW_MS - 200_000 }) },
        lastSeen: lastSeen(aSnapshot(), { beganAtMs: NOW_MS - 5 }),
      },
      expected: [
        { what: 'stale', atMs: NOW_MS - 5 + 10 * MINUTE_MS },
        { what: 'provisioningTimedOut', atMs: NOW_MS - 200_000 + 20 * MINUTE_MS + 5_000 },
      ],
      why: 'only a snapshot from after the timeout counts, and the next poll brings it',
    },
    {
      name: 'an instance whose time to become ready is over',
      known: {
        gpuPod: rentedGpuPod(),
        localState: { instance: anInstanceState({ sinceMs: NOW_MS - 40 * MINUTE_MS }) },
        lastSeen: lastSeen(aSnapshot(), { beganAtMs: NOW_MS }),
      },
      expected: [
        { what: 'stale', atMs: NOW_MS + 10 * MINUTE_MS },
        { what: 'provisioningTimedOut', atMs: NOW_MS - 20 * MINUTE_MS + 5_000 },
      ],
      why: 'it has passed, so that it wakes no rule that waits for something else',
    },
    {
      name: 'a ready instance with its Secret',
      known: {
        gpuPod: readyPod,
        localState: { instance: anInstanceState({ sinceMs: 0 }), secret },
        lastSeen: lastSeen(aSnapshot(), { beganAtMs: NOW_MS }),
      },
      expected: [
        { what: 'stale', atMs: NOW_MS + 10 * MINUTE_MS },
        { what: 'secretRecheck', atMs: NOW_MS + 9 * MINUTE_MS },
      ],
      why: 'nothing tells the operator when somebody deletes the Secret',
    },
    {
      name: 'an instance with a limit',
      known: {
        gpuPod: rentedGpuPod({ spec: { maxLifetime: '1h' }, status: { readyAt: '2026-11-23T10:00:00Z' } }),
        localState: {
          instance: anInstanceState({
            created: { text: '2026-11-23T10:00:00Z', atMs: NOW_MS - 10 * MINUTE_MS },
          }),
        },
        lastSeen: lastSeen(aSnapshot(), { beganAtMs: NOW_MS }),
      },
      expected: [
        { what: 'stale', atMs: NOW_MS + 10 * MINUTE_MS },
        { what: 'expiresSoon', atMs: NOW_MS + 35 * MINUTE_MS },
        { what: 'expired', atMs: NOW_MS + 50 * MINUTE_MS },
      ],
      why: 'nothing but time passes until then',
    },
    {
      name: 'a create request that could not be sent, while a breaker holds create requests back',
      known: { gpuPod: gpuPod(), localState: { blocked }, permit: held },
      expected: [
        { what: 'retryCreate', atMs: NOW_MS + 700 },
        { what: 'breakerProbe', atMs: NOW_MS + 900 },
      ],
      why: 'both hinder the next create request',
    },
    { name: 'nothing to wait for', known: { gpuPod: gpuPod() }, expected: [], why: 'events wake it' },
  ])('are known for $name: $why', ({ known, expected }) => {
    expect(deadlines(observation(known))).toEqual(expected);
  });
});

describe('clampToDeadlines', () => {
  const known = observation({ gpuPod: gpuPod(), localState: { blocked } });
  const { status } = gpuPod();

  it.each([
    { name: 'a rest without an end', requeueAfterMs: undefined, expected: 700 },
    { name: 'a longer rest', requeueAfterMs: 701, expected: 700 },
    { name: 'a shorter rest', requeueAfterMs: 699, expected: 699 },
  ])('gives $name $expected ms', ({ requeueAfterMs, expected }) => {
    const rest: Rest = { kind: 'rest', status, ...(requeueAfterMs === undefined ? {} : { requeueAfterMs }) };
    expect(clampToDeadlines(known, rest)).toEqual({ ...rest, requeueAfterMs: expected });
  });

  it('does not let a deadline that has passed wake the GpuPod again and again', () => {
    const passed = observation({ localState: { blocked: { ...blocked, untilMs: NOW_MS } } });
    const rest: Rest = { kind: 'rest', status };
    expect(clampToDeadlines(passed, rest)).toEqual(rest);
  });

  it('names the deadline that must not be late, whatever ends the rest before', () => {
    const limited = observation({
      gpuPod: rentedGpuPod({ spec: { maxLifetime: '1h' } }),
      localState: {
        instance: anInstanceState({ created: { text: 'then', atMs: NOW_MS - 30 * MINUTE_MS } }),
      },
      lastSeen: lastSeen(aSnapshot(), { beganAtMs: NOW_MS }),
    });
    const rest: Rest = { kind: 'rest', status: limited.gpuPod.status, requeueAfterMs: 1_000 };
    expect(clampToDeadlines(limited, rest)).toEqual({ ...rest, atLatestMs: 15 * MINUTE_MS });
  });

  it('takes the limit of the status that the rest writes, such as one that puts a lost time back', () => {
    const whole = rentedGpuPod({ spec: { maxLifetime: '1h' } });
    const { createdAt: _createdAt, ...lost } = whole.status;
    const stripped = observation({
      gpuPod: { ...whole, status: lost },
      localState: { instance: anInstanceState() },
      lastSeen: lastSeen(aSnapshot(), { beganAtMs: NOW_MS }),
    });
    const restored = clampToDeadlines(stripped, { kind: 'rest', status: whole.status });
    const stillLost = clampToDeadlines(stripped, { kind: 'rest', status: lost });
    // Created 10 min ago, so the notice of the end is due 45 min after that.
    expect(restored).toMatchObject({ atLatestMs: 35 * MINUTE_MS });
    expect(stillLost).not.toHaveProperty('atLatestMs');
  });

  it('leaves an effect as it is', () => {
    const act = { kind: 'act', effect: { type: 'readPod', podId: 'p' } } as const;
    expect(clampToDeadlines(known, act)).toBe(act);
  });
});
