import { describe, expect, it } from '@jest/globals';
import { ANNOTATIONS, FINALIZER } from '../../../src/api/common/names.ts';
import type { GpuPodStatus } from '../../../src/api/gpupod/status.ts';
import { nextStep } from '../../../src/lifecycle/next-step.ts';
import type { Observation } from '../../../src/lifecycle/observation.ts';
import { release } from '../../../src/lifecycle/rules/release.ts';
import { POD_ID, rentedGpuPod } from '../../support/builders/gpu-pod.ts';
import { NOW_MS, observed, anInstanceState } from '../../support/builders/observation.ts';
import { condition } from '../../support/builders/conditions.ts';
import { effectOf, messageOf, outline, statusOf, writeOf } from '../support/outline.ts';

const OTHERS = 'example.com/backup';
const SSH = { command: 'ssh root@203.0.113.7', host: '203.0.113.7', port: 22, user: 'root' };

function held(
  status: Partial<GpuPodStatus> = {},
  finalizers: readonly string[] = [FINALIZER, OTHERS],
): Observation {
  return observed({
    gpuPod: rentedGpuPod({
      finalizers,
      isDeleting: true,
      annotations: { [ANNOTATIONS.forceRelease]: POD_ID },
      status: { ssh: SSH, readyAt: '2026-11-23T10:05:00Z', ...status },
    }),
    localState: { instance: anInstanceState({ deletedAtMs: NOW_MS - 1_000 }) },
  });
}

describe('a GpuPod that another finalizer holds', () => {
  it('reports that its instance ended, before our finalizer is removed', () => {
    const status = statusOf(release(held()));
    expect(messageOf(status, 'Ready')).toMatch(/Terminated instance .*Another finalizer/);
    expect(status).not.toHaveProperty('ssh');
    expect(status).not.toHaveProperty('cost');
    expect(status).not.toHaveProperty('podId');
    expect(status.attempts).toMatchObject([{ podId: POD_ID, outcome: 'Ended', reason: 'Deleted' }]);
    expect(status.conditions?.map(({ message }) => message).filter((text) => text.includes('bill'))).toEqual(
      [],
    );
  });

  it.each([
    {
      name: 'retained',
      how: { retain: [{ podId: POD_ID, podName: 'x' }] },
      said: /left running.*bills until you terminate it/,
    },
    {
      name: 'force-released',
      how: { isForced: true } as const,
      said: /released without proof that it terminated, and may still bill/,
    },
  ])('reports what may still bill, without an endpoint: $name', ({ how, said }) => {
    const status = statusOf(release(held(), how));
    expect(messageOf(status, 'Ready')).toMatch(said);
    expect(status).not.toHaveProperty('ssh');
    expect(status.podId).toBe(POD_ID);
  });

  it('is written once, even if the write is lost', () => {
    const step = release(held());
    expect(writeOf(step).type).toBe('writeStatus');
    const known = held();
    const again = release({
      ...known,
      localState: { ...known.localState, ...(step.kind === 'act' ? step.remember : {}) },
    });
    expect(effectOf(again)).toEqual({ type: 'release' });
  });

  it.each([
    { name: 'no other finalizer holds it', known: held({}, [FINALIZER]) },
    {
      name: 'its status says so already',
      known: held({ podId: undefined, conditions: [condition('Ready', 'Terminated')] }),
    },
  ])('needs no write if $name', ({ known }) => {
    expect(effectOf(release(known))).toEqual({ type: 'release' });
  });

  it.each(['Released', 'Terminated'] as const)('rests after its release in any case: %s', (reason) => {
    const status = {
      conditions: [condition('Ready', reason)],
      ...(reason === 'Terminated' ? { podId: undefined } : {}),
    };
    const known = held(status, [OTHERS]);
    expect(outline(nextStep(known)).step).toBe('rest');
    expect(statusOf(nextStep(known))).toBe(known.gpuPod.status);
  });
});
