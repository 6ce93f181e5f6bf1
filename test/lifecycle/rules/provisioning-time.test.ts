import { describe, expect, it } from '@jest/globals';
import {
  estimateNote,
  isImpatient,
  provisioningTime,
} from '../../../src/lifecycle/rules/provisioning-time.ts';
import { beginTermination } from '../../../src/lifecycle/rules/termination.ts';
import type { TerminationReason } from '../../../src/lifecycle/rules/termination.ts';
import type { GpuPodSpecInput } from '../../../src/api/gpupod/spec.ts';
import { rentedGpuPod } from '../../support/builders/gpu-pod.ts';
import { intent } from '../../support/builders/intent.ts';
import { observed } from '../../support/builders/observation.ts';
import { aSnapshot, lastSeen } from '../../support/builders/snapshots.ts';
import { writeOf } from '../support/outline.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

describe('provisioningTime', () => {
  it.each([
    { bound: '20m', estimate: undefined, timeoutMs: 20 * MINUTE_MS, why: 'no estimate' },
    { bound: '20m', estimate: 5, timeoutMs: 20 * MINUTE_MS, why: 'a short one' },
    { bound: '20m', estimate: 15, timeoutMs: 30 * MINUTE_MS, why: 'twice the estimate is longer' },
    { bound: '10s', estimate: 900, timeoutMs: 30 * SECOND_MS, why: 'at most three times the bound' },
    { bound: '10s', estimate: 1e9, timeoutMs: 30 * SECOND_MS, why: 'whatever the estimate' },
    { bound: '10s', estimate: Infinity, timeoutMs: 10 * SECOND_MS, why: 'it is not plausible' },
    { bound: '10s', estimate: Number.NaN, timeoutMs: 10 * SECOND_MS, why: 'it is not plausible' },
    { bound: '10s', estimate: -5, timeoutMs: 10 * SECOND_MS, why: 'it is not plausible' },
  ])('is right for $bound with an estimate of $estimate min: $why', ({ bound, estimate, timeoutMs }) => {
    expect(provisioningTime({ provisioningTimeout: bound }, estimate).timeoutMs).toBe(timeoutMs);
  });

  it.each([
    { bound: '20m', estimate: 20, note: '' },
    {
      bound: '10s',
      estimate: 900,
      note: '; its own estimate of 15h is above provisioningTimeout 10s, so it gets 30s',
    },
    {
      bound: '10m',
      estimate: 1e9,
      note: '; its own estimate of more than a day is above provisioningTimeout 10m, so it gets 30m',
    },
  ])('is noted if the estimate of $estimate min is above $bound', ({ bound, estimate, note }) => {
    expect(estimateNote(provisioningTime({ provisioningTimeout: bound }, estimate))).toBe(note);
  });

  it.each([
    { bound: '10s', estimate: undefined, expected: true },
    { bound: '19m', estimate: undefined, expected: true },
    { bound: '20m', estimate: undefined, expected: false },
    { bound: '20m', estimate: 30, expected: false },
    { bound: '20m', estimate: 31, expected: true },
  ])(
    'is too short at $bound for an estimate of $estimate min: $expected',
    ({ bound, estimate, expected }) => {
      const gpuPod = rentedGpuPod({
        spec: { provisioningTimeout: bound },
        intent: intent({ offer: estimate === undefined ? {} : { provisioningMinutes: estimate } }),
      });
      expect(isImpatient(observed({ gpuPod }))).toBe(expected);
    },
  );
});

describe('a failure that starts a cooldown', () => {
  const OWN: Partial<GpuPodSpecInput> = { env: [{ name: 'A', value: 'b' }] };

  it.each<{
    why: string;
    ending: TerminationReason;
    spec: Partial<GpuPodSpecInput>;
    isActive: boolean;
    scope?: 'object';
  }>([
    { why: 'the offer installs nothing', ending: 'InstallFailed', spec: {}, isActive: true },
    { why: 'a variable', ending: 'InstallFailed', spec: OWN, isActive: true, scope: 'object' },
    { why: 'an image', ending: 'InstallFailed', spec: { image: 'x' }, isActive: true, scope: 'object' },
    {
      why: 'a template',
      ending: 'PodFailed',
      spec: { customTemplateId: 't' },
      isActive: false,
      scope: 'object',
    },
    { why: 'a defective instance', ending: 'PodFailed', spec: {}, isActive: false },
    { why: 'a slow offer', ending: 'ProvisioningTimedOut', spec: {}, isActive: false },
    { why: 'an offer that never starts', ending: 'ProvisioningTimedOut', spec: OWN, isActive: false },
    { why: 'a slow image', ending: 'ProvisioningTimedOut', spec: OWN, isActive: true, scope: 'object' },
    {
      why: 'a short timeout',
      ending: 'ProvisioningTimedOut',
      spec: { provisioningTimeout: '10s' },
      isActive: false,
      scope: 'object',
    },
  ])('says whether other GpuPods avoid the offer: $ending for $why', ({ ending, spec, isActive, scope }) => {
    const snapshot = aSnapshot({ status: isActive ? 'ACTIVE' : 'PROVISIONING' });
    const gpuPod = rentedGpuPod({ spec, status: { activeAt: undefined } });
    const step = beginTermination(observed({ gpuPod, lastSeen: lastSeen(snapshot) }), ending, '');

    expect(writeOf(step).cooldown?.scope).toBe(scope);
  });
});
