import { describe, expect, it } from '@jest/globals';
import { statedIntentOf } from '../../../src/accounts/sums/stated-intent.ts';
import type { StatedPayer } from '../../../src/accounts/sums/stated-intent.ts';
import type { Intent } from '../../../src/lifecycle/intent.ts';
import { gpuPod } from '../../support/builders/gpu-pod.ts';
import { IDENTITY, INSTALLATION, intent } from '../../support/builders/intent.ts';
import { SERVING } from '../../support/builders/payers.ts';
import { objectHashes } from '../../../src/lifecycle/pod-name.ts';

const ML = { kind: 'ClusterGpuAccount', name: 'ml' } as const;
const [, SHORT_HASH = ''] = objectHashes(IDENTITY);

describe('a create intent that this process did not write', () => {
  it.each<{ name: string; given: Intent; alive?: string; counts: 'own' | 'adoptable' | 'nothing' }>([
    { name: 'of this GpuPod', given: intent(), counts: 'own' },
    { name: 'of an earlier version, without payer', given: intent({ account: '' }), counts: 'own' },
    {
      name: 'of an earlier version, with a short hash',
      given: intent({ name: `gp-${INSTALLATION}-${SHORT_HASH}-1-team-a-train-1` }),
      counts: 'own',
    },
    {
      name: 'of this GpuPod, under a lost installation ID',
      given: intent({ installation: 'zzz999' }),
      counts: 'own',
    },
    { name: 'of a vanished GpuPod, as after a restore', given: intent({ uid: 'old' }), counts: 'adoptable' },
    {
      name: 'of a GpuPod that lives: a copy',
      given: intent({ uid: 'old' }),
      alive: 'old',
      counts: 'nothing',
    },
    {
      name: 'with a UID that its name is not made from',
      given: { ...intent(), uid: 'zz' },
      counts: 'nothing',
    },
    {
      name: 'of this UID, with the name of another instance',
      given: intent({ name: intent({ uid: 'old' }).name }),
      counts: 'nothing',
    },
  ])('counts $counts: $name', ({ given, alive, counts }) => {
    const stated = statedIntentOf(
      gpuPod({ intent: given }),
      () => SERVING,
      (uid) => uid === alive,
    );
    expect(stated === undefined ? 'nothing' : stated.isOwn ? 'own' : 'adoptable').toBe(counts);
  });

  const HUGE = intent({
    payer: ML,
    cost: { gpu: 0, disk: 0, vcpus: 0, memory: 0, total: 9e14 },
    offer: { gpuCount: 1_000, prepaidHours: 24 },
  });

  it.each<{ name: string; payer: StatedPayer; stated: object }>([
    {
      name: 'its price',
      payer: { isForNamespace: true, allowPrepaid: false, maxPrice: 3_000_000 },
      stated: { micros: 3_000_000, gpus: 1_000 },
    },
    {
      name: 'prepaid hours, where the account allows them',
      payer: { isForNamespace: true, allowPrepaid: true, maxPrice: 3_000_000 },
      stated: { micros: 72_000_000 },
    },
    {
      name: 'its GPUs',
      payer: { isForNamespace: true, allowPrepaid: false, maxGpus: 8 },
      stated: { gpus: 8, owner: { account: 'ClusterGpuAccount/ml', namespace: 'team-a' } },
    },
    {
      name: 'its namespaces',
      payer: { isForNamespace: false, allowPrepaid: false },
      stated: { owner: { account: '', namespace: 'team-a' } },
    },
  ])('counts no more than the account allows: $name', ({ payer, stated }) => {
    expect(
      statedIntentOf(
        gpuPod({ intent: HUGE }),
        () => payer,
        () => false,
      ),
    ).toMatchObject(stated);
  });
});
