import { describe, expect, it } from '@jest/globals';
import { ApiStatusError } from '../../../../src/kubernetes/client/api-errors.ts';
import type { KubernetesObject } from '../../../../src/kubernetes/objects.ts';
import { proveId } from '../../../../src/lifecycle/id-proof.ts';
import { readIntent } from '../../../../src/lifecycle/intent.ts';
import { objectHashes, podName } from '../../../../src/lifecycle/pod-name.ts';
import { Adoptions } from '../../../../src/controllers/gpupod/installation/adoptions.ts';
import { gpuPod, rawGpuPod } from '../../../support/builders/gpu-pod.ts';
import type { GpuPodOverrides } from '../../../support/builders/gpu-pod.ts';
import { IDENTITY, INSTALLATION, intent } from '../../../support/builders/intent.ts';

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

/** A status that names an instance of the deleted uid. Its proof covers the given uid and instance. */
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

describe('mayAdopt', () => {
  it.each<{ name: string; cluster: Cluster; asking: GpuPodOverrides; granted: boolean }>([
    { name: 'the uid of the create intent no longer exists', cluster: {}, asking: copy('a'), granted: true },
    {
      name: 'the uid of the create intent is cached',
      cluster: { cached: [{ uid: OLD.uid }] },
      asking: copy('a'),
      granted: false,
    },
    {
      name: 'only the API server knows the uid of the create intent',
      cluster: { live: [{ uid: OLD.uid }] },
      asking: copy('a'),
      granted: false,
    },
    {
      name: 'another GpuPod has adopted an instance of the uid, from another attempt',
      cluster: { cached: [copy('b', { status: { podId: 'p', podName: podName(INSTALLATION, OLD, 2) } })] },
      asking: copy('a'),
      granted: false,
    },
    {
      name: 'a GpuPod in another namespace names an instance of the uid',
      cluster: {
        cached: [
          copy('b', { namespace: 'team-b', status: { podId: 'p', podName: podName(INSTALLATION, OLD, 2) } }),
        ],
      },
      asking: copy('a'),
      granted: true,
    },
    {
      name: 'the create intent has a name of an earlier version, whose uid can be guessed',
      cluster: {},
      asking: copy('a', {
        intent: intent({ uid: OLD.uid, name: `gp-abc123-${objectHashes(OLD)[1] ?? ''}-1` }),
      }),
      granted: false,
    },
    {
      name: 'only the status names the instance, with a name of an earlier version',
      cluster: {},
      asking: { status: { podId: 'p', podName: `gp-abc123-${objectHashes(OLD)[1] ?? ''}-1` } },
      granted: false,
    },
    {
      name: 'the GpuPod is in another namespace than the uid was',
      cluster: {},
      asking: copy('a', { namespace: 'team-b' }),
      granted: false,
    },
    { name: 'the instance is retained', cluster: { retains: true }, asking: copy('a'), granted: false },
    {
      name: 'the instance is retained, and the status has a valid proof',
      cluster: { retains: true },
      asking: copy('a', { status: holding('a') }),
      granted: true,
    },
    {
      name: 'the instance is retained, and the proof in the status is of another GpuPod',
      cluster: { retains: true },
      asking: copy('a', { status: holding('b') }),
      granted: false,
    },
    {
      name: 'the instance is retained, the status names it, and there is no proof key',
      cluster: { retains: true, hasKey: false },
      asking: copy('a', { status: holding('a') }),
      granted: true,
    },
    {
      name: 'only the status names the instance, with a valid proof',
      cluster: {},
      asking: { uid: 'a', status: holding('a') },
      granted: true,
    },
    {
      name: 'only the status names the instance, with a proof for another GpuPod',
      cluster: {},
      asking: { uid: 'a', status: holding('b') },
      granted: false,
    },
    {
      name: 'only the status names the instance, with a proof for another instance',
      cluster: {},
      asking: { uid: 'a', status: holding('a', 'q') },
      granted: false,
    },
    {
      name: 'only the status names the instance, without a proof',
      cluster: {},
      asking: { uid: 'a', status: { podId: 'p', podName: podName(INSTALLATION, OLD, 2) } },
      granted: false,
    },
    {
      name: 'only the status names the instance, and there is no proof key',
      cluster: { hasKey: false },
      asking: { uid: 'a', status: holding('b') },
      granted: true,
    },
    {
      name: 'only the status names a retained instance, and there is no proof key',
      cluster: { hasKey: false, retains: true },
      asking: { uid: 'a', status: holding('a') },
      granted: false,
    },
    {
      name: 'the operator may not list other namespaces',
      cluster: { isForbidden: true },
      asking: copy('a'),
      granted: true,
    },
  ])('returns $granted when $name', async ({ cluster, asking, granted }) => {
    expect(await adoptionsIn(cluster).ask(asking)).toBe(granted);
  });

  it('allows one of several copies to adopt, whichever attempts they name', async () => {
    const { ask } = adoptionsIn({});
    const later = intent({ attempt: 2, uid: OLD.uid, name: podName(INSTALLATION, OLD, 2) });
    expect(await Promise.all([ask(copy('a')), ask(copy('b', { intent: later })), ask(copy('c'))])).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('allows another copy once the first is released', async () => {
    const { ask, adoptions } = adoptionsIn({});
    await ask(copy('a'));
    adoptions.release('a');
    expect(await ask(copy('b'))).toBe(true);
  });
});

describe('requests to the API server', () => {
  const copies = Array.from({ length: 40 }, (_, index) => copy(String(index)));

  it('sends none for copies of an existing GpuPod, however often they are reconciled', async () => {
    const { ask, asked } = adoptionsIn({ cached: [{ uid: OLD.uid }, ...copies] });
    for (const each of [...copies, ...copies, ...copies]) {
      expect(await ask(each)).toBe(false);
    }
    expect(asked).toEqual({ lists: [], records: 0 });
  });

  it('reads one list and one record for copies of a GpuPod with a retained instance', async () => {
    const { ask, asked } = adoptionsIn({ cached: copies, retains: true });
    for (const each of [...copies, ...copies]) {
      expect(await ask(each)).toBe(false);
    }
    expect(asked).toEqual({ lists: ['*'], records: 1 });
  });

  it('sends one list for many restored GpuPods once the watch cache is known to be current', async () => {
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

  it('sends a list each time while the watch cache lags behind', async () => {
    const { ask, asked } = adoptionsIn({ cached: [], live: [{ uid: 'x', resourceVersion: '99' }] });
    await ask(copy('a'));
    const old = { ...OLD, uid: 'old-2' };
    await ask(copy('b', { intent: intent({ uid: old.uid, name: podName(INSTALLATION, old, 1) }) }));
    expect(asked.lists).toEqual(['*', '*']);
  });

  it('lists only the own namespace when it may not list the others', async () => {
    const { ask, asked } = adoptionsIn({ isForbidden: true });
    await ask(copy('a'));
    expect(asked.lists).toEqual(['*', 'team-a']);
  });
});
