import { describe, expect, it } from '@jest/globals';
import { awaitReachable, withProbe } from '../../../src/lifecycle/rules/reach.ts';
import { eventsBetween } from '../../../src/lifecycle/status/events.ts';
import type { ProbeView } from '../../../src/lifecycle/observation.ts';
import { reachableDraft } from '../../../src/lifecycle/status/reachable.ts';
import { condition } from '../../support/builders/conditions.ts';
import { rentedGpuPod } from '../../support/builders/gpu-pod.ts';
import type { GpuPodOverrides } from '../../support/builders/gpu-pod.ts';
import { nameOfAttempt } from '../../support/builders/intent.ts';
import { anInstanceState, NOW_MS, observed, WALL_TEXT } from '../../support/builders/observation.ts';
import type { ObservationOverrides } from '../../support/builders/observation.ts';
import { aReadySnapshot, aSnapshot, lastSeen, SSH } from '../../support/builders/snapshots.ts';
import { effectOf, outline } from '../support/outline.ts';

const HOST_KEY = 'ssh-ed25519 AAAA';
const OTHER_KEY = 'ssh-ed25519 BBBB';
const ADDRESS = { host: SSH.host, port: SSH.port, sinceMs: NOW_MS - 60_000 };
const snapshot = aReadySnapshot();
const SEEN = lastSeen(snapshot, { beganAtMs: NOW_MS - 1_000 });
const REST = { kind: 'rest', status: { observedGeneration: 1 } } as const;

type Latest = NonNullable<ProbeView['latest']>;

function answered(hostKey = HOST_KEY, beganAtMs = NOW_MS - 500): Latest {
  return { beganAtMs, answer: { kind: 'answered', hostKey }, failures: 0 };
}

function failed(failures = 1, beganAtMs = NOW_MS - 500): Latest {
  return { beganAtMs, answer: { kind: 'failed', reason: 'TimedOut' }, failures };
}

function known(latest: Latest | undefined, object: GpuPodOverrides = {}, more: ObservationOverrides = {}) {
  return observed({
    gpuPod: rentedGpuPod(object),
    lastSeen: SEEN,
    probe: latest === undefined ? ADDRESS : { ...ADDRESS, latest },
    localState: { instance: anInstanceState({ sinceMs: NOW_MS - 120_000 }) },
    ...more,
  });
}

/** The same while the operator probes nothing. */
function unprobed({ probe: _probe, ...rest }: ReturnType<typeof known>) {
  return rest;
}

function step(observation: ReturnType<typeof known>) {
  return awaitReachable(observation, anInstanceState({ sinceMs: NOW_MS - 120_000 }), SEEN, {});
}

const REQUIRED = { spec: { readiness: 'Reachable' } } as const;
const READY = { readyAt: WALL_TEXT } as const;

describe('awaitReachable', () => {
  it.each([
    { name: 'without probes', at: unprobed(known(undefined)), why: 'nobody asks for them' },
    { name: 'after an answer', at: known(answered()), why: 'both are written together' },
    { name: 'after a failure', at: known(failed()), why: 'Active promises nothing about SSH' },
    { name: 'after 5 s', at: known(undefined), why: 'Active does not wait for long' },
    { name: 'after an answer, if required', at: known(answered(), REQUIRED), why: 'it is reachable' },
    {
      name: 'once it was ready',
      at: known(failed(9), { ...REQUIRED, status: READY }),
      why: 'nothing takes Ready back',
    },
  ])('awaits nothing $name, because $why', ({ at }) => {
    expect(step(at)).toBeUndefined();
  });

  it.each([
    { name: 'Active', spec: {} },
    { name: 'Reachable', spec: REQUIRED.spec },
  ])('waits 5 s for the first probe of an instance with $name, and writes nothing', ({ spec }) => {
    const gpuPod = { spec };
    const at = known(undefined, gpuPod, { probe: { ...ADDRESS, sinceMs: NOW_MS - 3_000 } });
    expect(step(at)).toMatchObject({ kind: 'rest', status: at.gpuPod.status, requeueAfterMs: 2_000 });
    expect(step(known(undefined, gpuPod, { probe: {} }))).toMatchObject({ requeueAfterMs: 5_000 });
    const ofOther = { ...ADDRESS, port: 1, latest: answered() };
    expect(step(known(undefined, gpuPod, { probe: ofOther }))).toMatchObject({ requeueAfterMs: 5_000 });
  });

  it('says that a required SSH server does not answer', () => {
    const result = outline(step(known(failed(), REQUIRED)) ?? REST);
    expect(result).toMatchObject({
      Ready: 'Unreachable',
      Provisioned: 'PodActive',
      Reconciling: 'Progressing',
    });
  });

  it.each([
    { name: 'a probe from after the deadline', probeAtMs: NOW_MS - 500, ends: true },
    { name: 'a probe from before the deadline', probeAtMs: NOW_MS - 60_000, ends: false },
  ])('after the timeout: $name ends the attempt: $ends', ({ probeAtMs, ends }) => {
    const spec = { readiness: 'Reachable', provisioningTimeout: '10m' } as const;
    const instance = anInstanceState({ sinceMs: NOW_MS - 602_000 });
    const at = known(failed(9, probeAtMs), { spec }, { localState: { instance } });
    const result = awaitReachable(at, instance, SEEN, {});
    expect(result?.kind === 'act' ? effectOf(result).type : 'waits').toBe(ends ? 'writeStatus' : 'waits');
  });

  it.each([
    { name: 'without a probe that ends, ten minutes later', lateMs: 600_001, ends: true },
    { name: 'before that', lateMs: 599_000, ends: false },
  ])('after the timeout: $name ends the attempt: $ends', ({ lateMs, ends }) => {
    const spec = { readiness: 'Reachable', provisioningTimeout: '10m' } as const;
    const instance = anInstanceState({ sinceMs: NOW_MS - 600_000 - lateMs });
    const at = known(undefined, { spec }, { localState: { instance } });
    expect(awaitReachable(at, instance, SEEN, {})?.kind === 'act').toBe(ends);
  });

  const SPEC = { readiness: 'Reachable', provisioningTimeout: '10m' } as const;

  it('awaits nothing if probes were turned off meanwhile, because nobody could prove that it does not answer', () => {
    const instance = anInstanceState({ sinceMs: NOW_MS - 602_000 });
    const at = unprobed(known(undefined, { spec: SPEC }, { localState: { instance } }));
    expect(awaitReachable(at, instance, SEEN, {})).toBeUndefined();
  });

  it.each([
    { name: 'was older than its timeout when this operator first saw it', ageMs: 3_600_000, ends: false },
    { name: 'started under the eyes of this operator', ageMs: 5_000, ends: true },
  ])('ends an instance that $name: $ends', ({ ageMs, ends }) => {
    const sinceMs = NOW_MS - 602_000;
    const created = { text: '2026-11-23T09:00:00Z', atMs: sinceMs - ageMs };
    const instance = anInstanceState({ sinceMs, created });
    const at = known(failed(9, NOW_MS - 500), { spec: SPEC }, { localState: { instance } });
    expect(awaitReachable(at, instance, SEEN, {})?.kind === 'act').toBe(ends);
  });
});

describe('reachableDraft', () => {
  const RENTED = rentedGpuPod().status;
  const trusted = {
    status: { ssh: { ...SSH, hostKey: HOST_KEY }, conditions: [condition('Reachable', 'Answers')] },
  };

  function reason(latest: Latest | undefined, object: GpuPodOverrides = {}, more: ObservationOverrides = {}) {
    const at = known(latest, object, more);
    return reachableDraft(at, at.gpuPod.status)?.reason;
  }

  it.each<[name: string, found: string | undefined, expected: string | undefined]>([
    ['an answer', reason(answered()), 'Answers'],
    ['an answer with the known host key', reason(answered(), trusted), 'Answers'],
    ['an answer with another host key', reason(answered(OTHER_KEY), trusted), 'HostKeyChanged'],
    ['a failure', reason(failed()), 'NoAnswer'],
    [
      'an address that is not public',
      reason({ beganAtMs: NOW_MS, answer: { kind: 'failed', reason: 'NotAllowed' }, failures: 1 }),
      'AddressNotAllowed',
    ],
    ['one failure after an answer, which may be a lost packet', reason(failed(1), trusted), 'Answers'],
    ['two failures after an answer', reason(failed(2), trusted), 'NoAnswer'],
    ['no probe yet', reason(undefined), undefined],
    ['no probe since a restart', reason(undefined, trusted), 'Answers'],
    ['probes turned off', reachableDraft(unprobed(known(answered(), trusted)), RENTED)?.reason, undefined],
    [
      'an answer from another address',
      reason(undefined, {}, { probe: { ...ADDRESS, port: 1, latest: answered() } }),
      undefined,
    ],
  ])('after %s is %s instead of %s', (_name, found, expected) => {
    expect(found).toBe(expected);
  });
});

it('says of an SSH server that does not answer that the instance bills, and what to do', () => {
  const at = known(failed());
  expect(reachableDraft(at, at.gpuPod.status)?.message).toMatch(/ bills, .* suspend or delete the GpuPod/);
});

describe('withProbe', () => {
  function notBefore(
    latest: Latest | undefined,
    object: GpuPodOverrides = {},
    more: ObservationOverrides = {},
  ) {
    const result = withProbe(known(latest, object, more), REST);
    return result.kind === 'rest' ? result.wantsProbe?.notBeforeMs : undefined;
  }

  const ready = { status: { ...READY, ssh: { ...SSH, hostKey: HOST_KEY } } };
  const isKnown = { status: { ...ready.status, conditions: [condition('Reachable', 'Answers')] } };

  it.each<[name: string, found: number | undefined, inMs: number]>([
    ['the first one', notBefore(undefined), 0],
    ['after a failure before Ready', notBefore(failed()), 9_500],
    ['after an answer', notBefore(answered(), ready), 599_500],
    ['after the first failure of a ready instance', notBefore(failed(1), ready), 59_500],
    ['after more failures', notBefore(failed(2), ready), 599_500],
    ['of a ready instance that never answered', notBefore(failed(5), { status: READY }), 59_500],
    ['of one that does not answer for long', notBefore(failed(11), { status: READY }), 599_500],
  ])('wants a probe %s at its time', (_name, found, inMs) => {
    expect((found ?? NaN) - NOW_MS).toBe(inMs);
  });

  it('spreads the probes of ready instances after a restart', () => {
    const sinceMs = NOW_MS - 120_000;
    const at = (notBefore(undefined, isKnown) ?? 0) - sinceMs;
    expect(at).toBeGreaterThanOrEqual(0);
    expect(at).toBeLessThan(600_000);
  });

  it('wants none without probes', () => {
    expect(withProbe(unprobed(known(undefined)), REST)).toEqual(REST);
  });

  it('asks for the type of the known host key', () => {
    expect(withProbe(known(undefined, ready), REST)).toMatchObject({ wantsProbe: { hostKey: HOST_KEY } });
  });

  it.each<[name: string, found: number | undefined]>([
    ['before the instance is usable', notBefore(undefined, {}, { lastSeen: lastSeen(aSnapshot()) })],
    [
      'after its DELETE',
      notBefore(undefined, {}, { localState: { instance: anInstanceState({ deletedAtMs: NOW_MS }) } }),
    ],
    [
      'once its termination is recorded',
      notBefore(undefined, {
        status: { attempts: [{ number: 1, podName: nameOfAttempt(1), ending: 'Suspended' }] },
      }),
    ],
  ])('wants none %s', (_name, found) => {
    expect(found).toBeUndefined();
  });
});

describe('the event of a condition Reachable', () => {
  const before = { ...READY, observedGeneration: 1, conditions: [condition('Reachable', 'Answers')] };
  const after = (reason: 'HostKeyChanged' | 'NoAnswer' | 'AddressNotAllowed', more = {}) => ({
    ...before,
    conditions: [condition('Reachable', reason)],
    ...more,
  });

  it.each(['HostKeyChanged', 'NoAnswer', 'AddressNotAllowed'] as const)('warns of %s', (reason) => {
    expect(eventsBetween(before, after(reason))).toMatchObject([{ type: 'Warning', reason }]);
  });

  it('is sent once', () => {
    expect(eventsBetween(after('NoAnswer'), after('NoAnswer'))).toEqual([]);
  });

  it('is not sent before Ready, because SSH servers start late', () => {
    const starting = { observedGeneration: 1 };
    expect(
      eventsBetween(starting, { ...starting, conditions: [condition('Reachable', 'NoAnswer')] }),
    ).toEqual([]);
  });
});
