import { describe, expect, it } from '@jest/globals';
import { ApiStatusError } from '../../src/kubernetes/api-errors.ts';
import type { KubernetesObject } from '../../src/kubernetes/objects.ts';
import { proveId } from '../../src/lifecycle/id-proof.ts';
import { readIntent } from '../../src/lifecycle/intent.ts';
import { objectHashes, podName } from '../../src/lifecycle/pod-name.ts';
import { Adoptions } from '../../src/reconciler/adoptions.ts';
import { gpuPod, rawGpuPod } from '../support/builders/gpu-pod.ts';
import type { GpuPodOverrides } from '../support/builders/gpu-pod.ts';
import { IDENTITY, INSTALLATION, intent } from '../support/builders/intent.ts';

const OLD = { ...IDENTITY, uid: 'old-uid' };
const restored = intent({ uid: OLD.uid, name: podName(INSTALLATION, OLD, 1) });

function copy(uid: string, overrides: GpuPodOverrides = {}): GpuPodOverrides {
  return { name: `copy-${uid}`, uid, intent: restored, ...overrides };
}

function object(overrides: GpuPodOverrides): KubernetesObject {
  return rawGpuPod(overrides);
}

interface Cluster {
  readonly cached?: readonly GpuPodOverrides[];
  readonly live?: readonly GpuPodOverrides[];
  readonly isForbidden?: boolean;
  readonly retains?: boolean;
  /** @default true */
  readonly hasKey?: boolean;
}

const KEY = 'key';

/** A status that names an instance of the vanished uid; signed for this uid, and this instance. */
function holding(uid: string, podId = 'p'): NonNullable<GpuPodOverrides['status']> {
  const podIdProof = proveId(KEY, { ...IDENTITY, uid }, podId);
  return { podId: 'p', podName: podName(INSTALLATION, OLD, 2), podIdProof };
}

function adoptionsIn({
  cached = [],
  live = cached,
  isForbidden = false,
  retains = false,
  hasKey = true,
}: Cluster) {
  const asked = { lists: [] as string[], records: 0 };
  const view = cached.map((overrides) => object(overrides));
  const adoptions = new Adoptions({
    api: {
      list: async (options) => {
        asked.lists.push(options?.namespace ?? '*');
        if (isForbidden && options === undefined) {
          throw new ApiStatusError(403, 'forbidden', 'Forbidden');
        }
        return await Promise.resolve(live.map((overrides) => object(overrides)));
      },
    },
    view: {
      get: (key) => view.find(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name}` === key),
      list: () => view,
    },
    retained: {
      hasOfPrefix: async () => {
        asked.records += 1;
        return await Promise.resolve(retains);
      },
    },
    proofKey: hasKey ? KEY : undefined,
  });
  const ask = async (overrides: GpuPodOverrides): Promise<boolean> => {
    const asking = gpuPod(overrides);
    return await adoptions.mayAdopt(asking, readIntent(asking), INSTALLATION);
  };
  return { asked, ask, adoptions };
}

describe('a claim', () => {
  it.each<{ name: string; cluster: Cluster; asking: GpuPodOverrides; granted: boolean }>([
    { name: 'of a uid that lives nowhere', cluster: {}, asking: copy('a'), granted: true },
    {
      name: 'of a uid that lives',
      cluster: { cached: [{ uid: OLD.uid }] },
      asking: copy('a'),
      granted: false,
    },
    {
      name: 'of a uid that only the API server knows of',
      cluster: { live: [{ uid: OLD.uid }] },
      asking: copy('a'),
      granted: false,
    },
    {
      name: 'of a uid whose instance another object has adopted, under another attempt',
      cluster: { cached: [copy('b', { status: { podId: 'p', podName: podName(INSTALLATION, OLD, 2) } })] },
      asking: copy('a'),
      granted: false,
    },
    {
      name: 'of a uid whose instance somebody in another namespace says to have',
      cluster: {
        cached: [
          copy('b', { namespace: 'team-b', status: { podId: 'p', podName: podName(INSTALLATION, OLD, 2) } }),
        ],
      },
      asking: copy('a'),
      granted: true,
    },
    {
      name: 'under a name of an earlier version, whose uid can be searched for',
      cluster: {},
      asking: copy('a', {
        intent: intent({ uid: OLD.uid, name: `gp-abc123-${objectHashes(OLD)[1] ?? ''}-1` }),
      }),
      granted: false,
    },
    {
      name: 'by status, of a name of an earlier version',
      cluster: {},
      asking: { status: { podId: 'p', podName: `gp-abc123-${objectHashes(OLD)[1] ?? ''}-1` } },
      granted: false,
    },
    {
      name: 'in another namespace than that of the uid',
      cluster: {},
      asking: copy('a', { namespace: 'team-b' }),
      granted: false,
    },
    { name: 'of what was left running', cluster: { retains: true }, asking: copy('a'), granted: false },
    {
      name: 'of what was left running, by the object that has it',
      cluster: { retains: true },
      asking: copy('a', { status: holding('a') }),
      granted: true,
    },
    {
      name: 'of what was left running, by an object whose status somebody else wrote',
      cluster: { retains: true },
      asking: copy('a', { status: holding('b') }),
      granted: false,
    },
    {
      name: 'of what was left running, by the object that has it, without a key',
      cluster: { retains: true, hasKey: false },
      asking: copy('a', { status: holding('a') }),
      granted: true,
    },
    {
      name: 'by status alone',
      cluster: {},
      asking: { uid: 'a', status: holding('a') },
      granted: true,
    },
    {
      name: 'by status alone, that is signed for another object',
      cluster: {},
      asking: { uid: 'a', status: holding('b') },
      granted: false,
    },
    {
      name: 'by status alone, that is signed for another instance',
      cluster: {},
      asking: { uid: 'a', status: holding('a', 'q') },
      granted: false,
    },
    {
      name: 'by status alone, that is not signed',
      cluster: {},
      asking: { uid: 'a', status: { podId: 'p', podName: podName(INSTALLATION, OLD, 2) } },
      granted: false,
    },
    {
      name: 'by status alone, without a key',
      cluster: { hasKey: false },
      asking: { uid: 'a', status: holding('b') },
      granted: true,
    },
    {
      name: 'by status alone, without a key, of what was left running',
      cluster: { hasKey: false, retains: true },
      asking: { uid: 'a', status: holding('a') },
      granted: false,
    },
    {
      name: 'where other namespaces may not be seen',
      cluster: { isForbidden: true },
      asking: copy('a'),
      granted: true,
    },
  ])('$name: $granted', async ({ cluster, asking, granted }) => {
    expect(await adoptionsIn(cluster).ask(asking)).toBe(granted);
  });

  it('is given to one of many copies, whichever attempts they tell of', async () => {
    const { ask } = adoptionsIn({});
    const later = intent({ attempt: 2, uid: OLD.uid, name: podName(INSTALLATION, OLD, 2) });
    expect(await Promise.all([ask(copy('a')), ask(copy('b', { intent: later })), ask(copy('c'))])).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('is free again once its object is gone', async () => {
    const { ask, adoptions } = adoptionsIn({});
    await ask(copy('a'));
    adoptions.release('a');
    expect(await ask(copy('b'))).toBe(true);
  });
});

describe('what the API server is asked', () => {
  const copies = Array.from({ length: 40 }, (_, index) => copy(String(index)));

  it('is nothing by copies of an object that lives, however often they are looked at', async () => {
    const { ask, asked } = adoptionsIn({ cached: [{ uid: OLD.uid }, ...copies] });
    for (const each of [...copies, ...copies, ...copies]) {
      expect(await ask(each)).toBe(false);
    }
    expect(asked).toEqual({ lists: [], records: 0 });
  });

  it('is one list and one record by copies of what was left running', async () => {
    const { ask, asked } = adoptionsIn({ cached: copies, retains: true });
    for (const each of [...copies, ...copies]) {
      expect(await ask(each)).toBe(false);
    }
    expect(asked).toEqual({ lists: ['*'], records: 1 });
  });

  it('is one list by many restored objects, once the watch cache was shown to be in step', async () => {
    const olds = copies.map((_, index) => ({ ...OLD, uid: `old-${index}` }));
    const restores = olds.map((old, index) =>
      copy(String(index), { intent: intent({ uid: old.uid, name: podName(INSTALLATION, old, 1) }) }),
    );
    const { ask, asked } = adoptionsIn({ cached: restores });
    for (const each of restores) {
      expect(await ask(each)).toBe(true);
    }
    expect(asked.lists).toEqual(['*']);
  });

  it('is a list each time while the watch cache lags behind', async () => {
    const { ask, asked } = adoptionsIn({ cached: [], live: [{ uid: 'x', resourceVersion: '99' }] });
    await ask(copy('a'));
    const old = { ...OLD, uid: 'old-2' };
    await ask(copy('b', { intent: intent({ uid: old.uid, name: podName(INSTALLATION, old, 1) }) }));
    expect(asked.lists).toEqual(['*', '*']);
  });

  it('is the own namespace alone, where others may not be seen', async () => {
    const { ask, asked } = adoptionsIn({ isForbidden: true });
    await ask(copy('a'));
    expect(asked.lists).toEqual(['*', 'team-a']);
  });
});
