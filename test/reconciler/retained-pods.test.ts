import { describe, expect, it } from '@jest/globals';
import type { ConfigMap } from '../../src/kubernetes/config-map-client.ts';
import { RetainedPods } from '../../src/reconciler/retained-pods.ts';

const kept = { podId: 'pod-1', podName: 'gp-abc123-1', gpuPod: 'team-a/train-1', retainedAt: 'now' };

function recordOf(data: Record<string, string>): RetainedPods {
  const refuse = async (): Promise<never> => await Promise.reject(new Error('only read here'));
  const metadata = { name: 'gpupod-operator-retained', uid: 'uid-1', resourceVersion: '1' };
  const get = async (): Promise<ConfigMap> => await Promise.resolve({ metadata, data });
  return new RetainedPods({ get, create: refuse, mergePatch: refuse }, 'gpupod-system');
}

describe('hasNamed', () => {
  it.each([
    { name: 'its name', asked: 'gp-abc123-1', isKept: true },
    { name: 'its name in other case', asked: 'GP-ABC123-1', isKept: true },
    { name: 'a longer name', asked: 'gp-abc123-12', isKept: false },
    { name: 'what only stands elsewhere in the entry', asked: 'team-a/train-1', isKept: false },
  ])('of $name: $isKept, also beside an entry that somebody has spoiled', async ({ asked, isKept }) => {
    const record = recordOf({ spoiled: '{', 'pod-1': JSON.stringify(kept) });
    expect(await record.hasNamed(asked)).toBe(isKept);
  });
});
