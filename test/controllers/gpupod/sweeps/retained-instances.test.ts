import { describe, expect, it } from '@jest/globals';
import type { ConfigMap } from '../../../../src/kubernetes/client/config-map-client.ts';
import { podName, podNamePrefix } from '../../../../src/lifecycle/pod-name.ts';
import { RetainedInstances } from '../../../../src/controllers/gpupod/sweeps/retained-instances.ts';

const identity = { namespace: 'team-a', name: 'train-1', uid: 'uid-1' };
const keptName = podName('abc123', identity, 2);
const kept = { podId: 'pod-1', podName: keptName, gpuPod: 'team-a/train-1', retainedAt: 'now' };

function recordOf(data: Record<string, string>): RetainedInstances {
  const refuse = async (): Promise<never> => await Promise.reject(new Error('only read here'));
  const metadata = { name: 'gpupod-operator-retained', uid: 'uid-1', resourceVersion: '1' };
  const get = async (): Promise<ConfigMap> => await Promise.resolve({ metadata, data });
  return new RetainedInstances({ get, create: refuse, mergePatch: refuse }, 'gpupod-system');
}

const record = recordOf({ spoiled: '{', 'pod-1': JSON.stringify(kept) });

describe('has', () => {
  it.each([
    { name: 'its id', podId: 'pod-1', podName: keptName, isKept: true },
    { name: 'its id under another name prefix', podId: 'pod-1', podName: 'renamed', isKept: false },
    { name: 'its id without a name', podId: 'pod-1', podName: undefined, isKept: false },
    { name: 'its name', podId: 'pod-2', podName: keptName, isKept: true },
    {
      name: 'its name as an upstream provider shows it',
      podId: 'pod-2',
      podName: `x-${keptName.slice(0, 45)}`.toUpperCase(),
      isKept: true,
    },
    { name: 'another attempt', podId: 'pod-2', podName: podName('abc123', identity, 20), isKept: false },
    {
      name: 'text that only occurs elsewhere in the entry',
      podId: 'x',
      podName: 'team-a/train-1',
      isKept: false,
    },
  ])('returns $isKept for $name, even beside a corrupted entry', async ({ podId, podName: name, isKept }) => {
    expect(await record.has({ podId, ...(name === undefined ? {} : { name }) })).toBe(isKept);
  });
});

describe('an entry that names the account', () => {
  const account = { origin: 'https://provider.test', userId: 'user_1' };
  const paid = recordOf({ 'pod-1': JSON.stringify({ ...kept, account, teamId: 'team-1', usdPerHour: 1.9 }) });

  it.each([
    { userId: 'user_1', isKept: true },
    { userId: undefined, isKept: true },
    { userId: 'user_2', isKept: false },
  ])('matches an instance of account $userId: $isKept', async ({ userId, isKept }) => {
    const instance = { podId: 'pod-1', name: keptName, ...(userId === undefined ? {} : { userId }) };
    expect(await paid.has(instance)).toBe(isKept);
  });

  it('is listed as it was written, without corrupted entries', async () => {
    expect(await paid.list()).toEqual([{ ...kept, account, teamId: 'team-1', usdPerHour: 1.9 }]);
    expect(await record.list()).toEqual([kept]);
  });
});

describe('an entry under the key of another instance', () => {
  const misplaced = recordOf({ 'pod-2': JSON.stringify(kept) });

  it('is ignored by every query', async () => {
    expect(await misplaced.list()).toEqual([]);
    expect(await misplaced.has({ podId: 'pod-1', name: keptName })).toBe(false);
    expect(await misplaced.hasOfPrefix(podNamePrefix('abc123', identity))).toBe(false);
  });
});

describe('hasOfPrefix', () => {
  it.each([
    { name: 'its GpuPod, whatever the attempt', uid: 'uid-1', isKept: true },
    { name: 'another GpuPod', uid: 'uid-2', isKept: false },
  ])('returns $isKept for $name', async ({ uid, isKept }) => {
    expect(await record.hasOfPrefix(podNamePrefix('abc123', { ...identity, uid }))).toBe(isKept);
  });
});
