import { describe, expect, it } from '@jest/globals';
import type { Observation } from '../../../src/lifecycle/observation.ts';
import type { GpuPodStatus } from '../../../src/api/gpupod/status.ts';
import type { InstanceSnapshot } from '../../../src/lifecycle/provider.ts';
import { rentedGpuPod } from '../../support/builders/gpu-pod.ts';
import { NOW_MS, observed } from '../../support/builders/observation.ts';
import { aSnapshot, inventory, lastSeen } from '../../support/builders/snapshots.ts';
import { instance, justNow } from '../support/instances.ts';
import { followInstance } from '../support/rules.ts';

const STARTED_AT = rentedGpuPod().status.attempts?.[0]?.startedAt;
const STATED_AT = '2026-11-23T10:01:00Z';
const { createdAt: _createdAt, ...unstated } = aSnapshot();
const stated = aSnapshot({ createdAt: STATED_AT });

function seen(snapshot: InstanceSnapshot) {
  return lastSeen(snapshot, { beganAtMs: justNow });
}

function withInventory(row: InstanceSnapshot) {
  return inventory({ live: [row], beganAtMs: NOW_MS });
}

function followed(known: Observation): GpuPodStatus {
  const step = followInstance(known);
  if (step?.kind === 'rest') return step.status;
  if (step?.effect.type === 'writeStatus') return step.effect.status;
  throw new Error('expected a status');
}

describe('status.createdAt', () => {
  it.each([
    {
      name: 'after a poll and a list',
      known: { lastSeen: seen(unstated), inventory: withInventory(stated) },
      expected: STATED_AT,
      why: 'the list states it',
    },
    { name: 'after a GET', known: { lastSeen: seen(stated) }, expected: STATED_AT, why: 'the GET states it' },
    {
      name: 'if the provider states a time before the attempt',
      known: { lastSeen: seen(aSnapshot({ createdAt: '2026-11-22T10:00:00Z' })) },
      expected: STARTED_AT,
      why: 'the clock of the provider does not decide',
    },
    {
      name: 'if the provider states a time in the future',
      known: { lastSeen: seen(aSnapshot({ createdAt: '2030-01-01T00:00:00Z' })) },
      expected: '2026-11-23T10:05:00Z',
      why: 'the instance was active by then',
    },
    {
      name: 'if the list does not state it',
      known: { lastSeen: seen(unstated), inventory: withInventory(unstated) },
      expected: STARTED_AT,
      why: 'without a time, no lifetime would end the instance',
    },
    {
      name: 'after a poll alone',
      known: { lastSeen: seen(unstated) },
      expected: undefined,
      why: 'a list comes soon',
    },
  ])('is restored as $expected $name, because $why', ({ known, expected }) => {
    const gpuPod = rentedGpuPod({ status: { createdAt: undefined, activeAt: '2026-11-23T10:05:00Z' } });
    expect(followed(observed({ gpuPod, ...known, ...instance() })).createdAt).toBe(expected);
  });

  it('is restored when it says an impossible time', () => {
    const gpuPod = rentedGpuPod({ status: { createdAt: '1970-01-01T00:00:00Z' } }, { startedAt: undefined });
    expect(followed(observed({ gpuPod, lastSeen: seen(stated), ...instance() })).createdAt).toBe(STATED_AT);
  });

  it('stays as it is recorded', () => {
    const gpuPod = rentedGpuPod();
    const { createdAt } = followed(observed({ gpuPod, lastSeen: seen(stated), ...instance() }));
    expect(createdAt).toBe(gpuPod.status.createdAt);
  });
});
