import { describe, expect, it } from '@jest/globals';
import { followUnready } from '../../../src/lifecycle/rules/provision.ts';
import type { InstanceSnapshot, PodStatus } from '../../../src/lifecycle/provider.ts';
import type { Step } from '../../../src/lifecycle/step.ts';
import { condition } from '../../support/builders/conditions.ts';
import { rentedGpuPod } from '../../support/builders/gpu-pod.ts';
import type { GpuPodOverrides } from '../../support/builders/gpu-pod.ts';
import { intent } from '../../support/builders/intent.ts';
import { NOW_MS, observed, anInstanceState, WALL_TEXT } from '../../support/builders/observation.ts';
import { aSnapshot, lastSeen } from '../../support/builders/snapshots.ts';
import { messageOf, outline, restOf, statusOf } from '../support/outline.ts';

const READY = { readyAt: WALL_TEXT, conditions: [condition('Ready', 'Available')] };

function follow(
  snapshot: Partial<InstanceSnapshot>,
  object: GpuPodOverrides = {},
  at: { sinceMs?: number; seenAtMs?: number } = {},
): Step {
  const { sinceMs = NOW_MS - 60_000, seenAtMs = NOW_MS - 1_000 } = at;
  const known = observed({ gpuPod: rentedGpuPod(object) });
  return followUnready(
    known,
    anInstanceState({ sinceMs }),
    lastSeen(aSnapshot(snapshot), { beganAtMs: seenAtMs }),
    {},
  );
}

describe('an instance that was never ready', () => {
  it.each<{ name: string; snapshot: Partial<InstanceSnapshot>; expected: object; why: string }>([
    {
      name: 'PROVISIONING',
      snapshot: { status: 'PROVISIONING' },
      expected: {
        step: 'rest',
        Ready: 'Provisioning',
        Provisioned: 'CreatePending',
        Reconciling: 'Progressing',
      },
      why: 'it is starting',
    },
    {
      name: 'PENDING',
      snapshot: { status: 'PENDING' },
      expected: { step: 'rest', Ready: 'Provisioning' },
      why: 'it is starting',
    },
    {
      name: 'ACTIVE',
      snapshot: { status: 'ACTIVE' },
      expected: { step: 'rest', Ready: 'Installing', Provisioned: 'PodActive' },
      why: 'something is still missing',
    },
    {
      name: 'UNKNOWN',
      snapshot: { status: 'UNKNOWN' },
      expected: { step: 'rest', Ready: 'Provisioning' },
      why: 'the operator waits, and terminates nothing',
    },
    {
      name: 'STOPPED',
      snapshot: { status: 'STOPPED' },
      expected: { step: 'rest', Ready: 'Stopped' },
      why: 'it may continue until its time limit',
    },
    {
      name: 'DELETING',
      snapshot: { status: 'DELETING' },
      expected: { step: 'rest', Ready: 'Terminating' },
      why: 'somebody else terminates it',
    },
    {
      name: 'TERMINATED',
      snapshot: { status: 'TERMINATED' },
      expected: { step: 'rest', Ready: 'Terminating' },
      why: 'the operator is checking that',
    },
    {
      name: 'ERROR',
      snapshot: { status: 'ERROR' },
      expected: { step: 'writeStatus', Ready: 'Terminating', Provisioned: 'CreateFailed' },
      why: 'the operator terminates it, and tries the next offer',
    },
    {
      name: 'a failed installation',
      snapshot: { status: 'ACTIVE', installationStatus: 'ERROR', installationFailure: 'no such image' },
      expected: { step: 'writeStatus', Provisioned: 'CreateFailed' },
      why: 'the operator terminates it, and tries the next offer',
    },
  ])('$name: $expected.step, because $why', ({ snapshot, expected }) => {
    expect(outline(follow(snapshot))).toMatchObject(expected);
  });

  it('reports why the installation failed', () => {
    const failed = { status: 'ACTIVE', installationStatus: 'ERROR' } as const;
    expect(
      messageOf(statusOf(follow({ ...failed, installationFailure: 'no such image' })), 'Ready'),
    ).toContain('no such image');
    expect(messageOf(statusOf(follow(failed)), 'Ready')).toContain('no reason given');
  });

  it.each<{ name: string; spec: GpuPodOverrides['spec'] }>([
    { name: 'plain variables', spec: { env: [{ name: 'TOKEN', value: 'sesame' }] } },
    {
      name: 'a password',
      spec: { jupyterPasswordSecretRef: { name: 'training', key: 'password' } },
    },
  ])(
    'reports a failed installation without its text, which may contain them, with $name',
    ({ spec = {} }) => {
      const failed = {
        status: 'ACTIVE',
        installationStatus: 'ERROR',
        installationFailure: 'docker run -e TOKEN=sesame: no such image',
      } as const;
      const status = statusOf(follow(failed, { spec }));

      expect(JSON.stringify(status)).not.toContain('sesame');
      expect(messageOf(status, 'Ready')).toContain('the provider has the reason');
    },
  );

  it('keeps what was last known if its status is UNKNOWN', () => {
    const status = { conditions: [condition('Ready', 'Installing')] };
    expect(outline(follow({ status: 'UNKNOWN' }, { status })).Ready).toBe('Installing');
  });
});

describe('an instance that was ready', () => {
  it.each<{ status: PodStatus; ready: string; progress: string | null; stalled: string | null; why: string }>(
    [
      { status: 'ERROR', ready: 'Failed', progress: null, stalled: 'Failed', why: 'a person decides' },
      {
        status: 'STOPPED',
        ready: 'Stopped',
        progress: null,
        stalled: 'Stopped',
        why: 'it bills, and a person decides',
      },
      { status: 'UNKNOWN', ready: 'Available', progress: null, stalled: null, why: 'no news is no change' },
      {
        status: 'DELETING',
        ready: 'Terminating',
        progress: 'Progressing',
        stalled: null,
        why: 'the operator waits for its end',
      },
      {
        status: 'ACTIVE',
        ready: 'Installing',
        progress: null,
        stalled: null,
        why: 'its endpoint is missing',
      },
    ],
  )('is reported as $ready with status $status: $why', ({ status, ready, progress, stalled }) => {
    const step = follow({ status }, { status: READY });
    expect(outline(step)).toMatchObject({
      step: 'rest',
      Ready: ready,
      Reconciling: progress,
      Stalled: stalled,
    });
    expect(restOf(step).pollOften).toBe(progress !== null);
  });

  it('stays stalled after it failed while the provider says no more', () => {
    const failed = { ...READY, conditions: [condition('Ready', 'Failed'), condition('Stalled', 'Failed')] };
    const step = follow({ status: 'UNKNOWN' }, { status: failed });
    expect(outline(step)).toMatchObject({ Ready: 'Failed', Stalled: 'Failed' });
  });

  it('is never terminated for a timeout or a failed installation', () => {
    const late = { sinceMs: 0, seenAtMs: NOW_MS };
    expect(outline(follow({ status: 'PROVISIONING' }, { status: READY }, late)).step).toBe('rest');
    expect(outline(follow({ status: 'ACTIVE', installationStatus: 'ERROR' }, { status: READY })).step).toBe(
      'rest',
    );
  });
});

describe('provisioningTimeout', () => {
  const sinceMs = NOW_MS - 2_000_000;
  it.each([
    {
      name: 'a snapshot at the deadline',
      seenAtMs: sinceMs + 1_200_000,
      ends: false,
      why: 'only a later one counts',
    },
    {
      name: 'a snapshot after the deadline',
      seenAtMs: sinceMs + 1_200_001,
      ends: true,
      why: 'it is not ready',
    },
    {
      name: 'a deadline long past, and no snapshot since',
      seenAtMs: sinceMs,
      ends: false,
      why: 'it may be ready by now',
    },
  ])('terminates with $name: $ends, because $why', ({ seenAtMs, ends }) => {
    const step = follow({}, {}, { sinceMs, seenAtMs });
    expect(outline(step)).toMatchObject(
      ends ? { step: 'writeStatus', Provisioned: 'ProvisioningTimedOut' } : { step: 'rest' },
    );
  });

  it.each([
    { name: 'the value in the spec', object: { spec: { provisioningTimeout: '30s' } }, ms: 30_000 },
    {
      name: 'twice the estimate of the offer, if that is longer',
      object: { intent: intent({ offer: { provisioningMinutes: 15 } }) },
      ms: 1_800_000,
    },
    {
      name: 'the value in the spec, if the estimate is shorter',
      object: { intent: intent({ offer: { provisioningMinutes: 5 } }) },
      ms: 1_200_000,
    },
  ])('is $name', ({ object, ms }) => {
    expect(outline(follow({}, object, { sinceMs, seenAtMs: sinceMs + ms })).step).toBe('rest');
    expect(outline(follow({}, object, { sinceMs, seenAtMs: sinceMs + ms + 1 })).step).toBe('writeStatus');
  });
});
