import { describe, expect, it } from '@jest/globals';
import { conditionText } from '../support/scene.ts';
import type { Scene } from '../support/scene.ts';
import { useBench } from '../support/use-bench.ts';
import { OFFERS } from '../simulation/simulation-offers.ts';

const cluster = useBench();

const CHEAPEST = OFFERS.slice(0, 1);
const SPEC = { gpu: { types: ['H100_80GB'] }, maxPrice: 3 };
/** One instance at 1.90 fits into the budget, two do not. */
const LIMIT = { 'max-total-price-per-hour': '2' };
const BACKUP = 'example.com/backup';

async function openScene(flags: Record<string, string>): Promise<Scene> {
  const scene = await cluster.open({ simulator: { offers: { gpus: CHEAPEST } }, flags });
  await scene.startOperator();
  return scene;
}

function mostAtOnce(scene: Scene): number | undefined {
  return scene.simulator.ledger.maxConcurrentBy(() => 'all').get('all');
}

describe('the budget', () => {
  it('counts instances that are retained, force-released, or unknown to a new process', async () => {
    const scene = await openScene(LIMIT);
    await scene.create('first', { ...SPEC, deletionPolicy: 'Retain' });
    await scene.untilReady('first');
    await scene.delete('first');
    await scene.untilGone('first');
    await scene.create('second', SPEC);
    await scene.untilCondition('second', 'Synced=False BudgetExceeded');
    await scene.stopOperators();
    await scene.startOperator();
    await scene.create('third', SPEC);
    await scene.untilCondition('third', 'Synced=False BudgetExceeded');
    expect(scene.simulator.ledger.entries()).toHaveLength(1);

    scene.simulator.pods.end(scene.simulator.ledger.live()[0]?.id ?? '', 'Forced');
    await scene.untilTrue('one of the two is rented', () => scene.simulator.ledger.live().length === 1);
    const rented = scene.simulator.ledger.live()[0];
    const name = rented?.name.endsWith('third') === true ? 'third' : 'second';
    await scene.until(name, 'its id is written', ({ status }) => status.podId === rented?.id);
    await scene.annotate(name, { 'gpupod.dev/force-release': rented?.id ?? '' });
    await scene.delete(name);
    await scene.untilGone(name);
    const lists = scene.simulator.requests.count({ method: 'GET', path: '/pods/' });
    await scene.untilTrue(
      'six lists more',
      () => scene.simulator.requests.count({ method: 'GET', path: '/pods/' }) > lists + 6,
    );
    expect(mostAtOnce(scene)).toBe(1);
  });

  it('counts prepaid hours in full', async () => {
    const scene = await cluster.open({
      simulator: { offers: { gpus: CHEAPEST.map((offer) => ({ ...offer, prepaidTime: 24 })) } },
      flags: LIMIT,
    });
    await scene.startOperator();
    await scene.create('prepaid', { ...SPEC, placement: { allowPrepaid: true } });
    const { status } = await scene.untilCondition('prepaid', 'Ready=False NoMatchingOffer');
    expect(status.rejections).toContainEqual(expect.objectContaining({ reason: 'PrepaidAboveLimit' }));
    expect(scene.simulator.ledger.entries()).toEqual([]);
  });
});

describe('a limit of the operator', () => {
  it('prevents the create request, and is named with its setting', async () => {
    const scene = await openScene({ 'allow-retain': 'false', 'allow-prepaid': 'false' });
    await scene.create('keeper', { ...SPEC, deletionPolicy: 'Retain' });
    await scene.create('prepaid', { ...SPEC, placement: { allowPrepaid: true } });
    for (const [name, flag] of [
      ['keeper', '--allow-retain=false'],
      ['prepaid', '--allow-prepaid=false'],
    ] as const) {
      const { status } = await scene.untilCondition(name, 'Stalled=True NotAllowed');
      expect(status.conditions?.find(({ type }) => type === 'Synced')?.message).toContain(flag);
    }
    expect(scene.simulator.ledger.entries()).toEqual([]);
  });

  it('makes a deleted GpuPod terminate its instance, even if that ran before the setting changed', async () => {
    const scene = await openScene({});
    await scene.create('keeper', { ...SPEC, deletionPolicy: 'Retain' });
    await scene.untilReady('keeper');
    await scene.stopOperators();
    await scene.startOperator({ 'allow-retain': 'false' });
    await scene.untilCondition('keeper', 'Synced=False NotAllowed');
    await scene.delete('keeper');
    await scene.untilGone('keeper');
    expect(scene.simulator.ledger.live()).toEqual([]);
  });
});

describe('a released GpuPod with another finalizer', () => {
  it('shows no billing and no address, and is not counted', async () => {
    const scene = await openScene(LIMIT);
    await scene.create('held', SPEC);
    await scene.untilReady('held');
    const { metadata } = (await scene.find('held')) ?? { metadata: { finalizers: [] } };
    await scene.patch('held', { metadata: { finalizers: [...metadata.finalizers, BACKUP] } });
    await scene.delete('held');
    const gpuPod = await scene.until(
      'held',
      'our finalizer is gone',
      ({ metadata: { finalizers } }) => finalizers.join() === BACKUP,
    );
    expect(conditionText(gpuPod, 'Ready')).toBe('False Terminated');
    expect(JSON.stringify(gpuPod.status.conditions)).not.toMatch(/bill/);
    for (const field of ['ssh', 'ports', 'cost', 'podId']) expect(gpuPod.status).not.toHaveProperty(field);
    await scene.create('next', SPEC);
    await scene.untilReady('next');
    expect((await scene.find('held'))?.metadata.resourceVersion).toBe(gpuPod.metadata.resourceVersion);
    await scene.patch('held', { metadata: { finalizers: null } });
    await scene.untilGone('held');
  });

  it('shows its retained instance without an address', async () => {
    const scene = await openScene({});
    await scene.create('kept', { ...SPEC, deletionPolicy: 'Retain' });
    await scene.untilReady('kept');
    await scene.patch('kept', { metadata: { finalizers: ['gpupod.dev/rental', BACKUP] } });
    await scene.delete('kept');
    const gpuPod = await scene.untilCondition('kept', 'Ready=False Released');
    expect(gpuPod.status).not.toHaveProperty('ssh');
    await scene.quietRounds(2);
    expect(scene.simulator.ledger.live()).toHaveLength(1);
    await scene.patch('kept', { metadata: { finalizers: null } });
    await scene.untilGone('kept');
    expect(scene.simulator.ledger.deletes).toEqual([]);
  });
});
