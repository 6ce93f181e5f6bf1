import { describe, expect, it } from '@jest/globals';
import type { FaultRuleInput } from '../../src/simulator/faults/effect.ts';
import type { PodRule } from '../../src/simulator/world/pod-rule.ts';
import { plantPod } from '../../src/simulator/world/plant-pod.ts';
import { conditionText } from '../support/scene.ts';
import { useBench } from '../support/use-bench.ts';

const cluster = useBench();

const A100 = { gpu: { types: ['A100_80GB'] }, maxPrice: 2 };
const CREATE = { method: 'POST', path: '/pods/' } as const;

/** Names of the instance in the create response. Each rule applies to the GpuPod of the same name. */
const ANSWERS: Readonly<Record<string, FaultRuleInput['effect']>> = {
  other: { kind: 'OtherName', name: 'blue-whale' },
  cut: { kind: 'OtherName', name: 'gp-abc' },
  absent: { kind: 'Patch', fields: { name: null } },
  odd: { kind: 'Patch', fields: { name: { first: 'a' } } },
};

/** Changes of a name in every snapshot from the creation on. */
const SHOWN: Readonly<Record<string, Partial<PodRule>>> = {
  shortened: { nameMaxLength: 50 },
  prefixed: { namePrefix: 'customer-7_' },
  capitals: { nameCase: 'Upper' },
};

describe('an instance with a changed name', () => {
  it('is kept by the id that the create request returned', async () => {
    const names = Object.keys(ANSWERS);
    // Two of them have another name in every snapshot too, so that no lookup would find them.
    const podRules = ['other', 'cut'].map((name) => ({ nameIncludes: `-${name}`, nameMaxLength: 20 }));
    const scene = await cluster.open({ simulator: { settings: { podRules } } });
    for (const [name, effect] of Object.entries(ANSWERS)) {
      scene.simulator.faults.add({ ...CREATE, contains: `-${name}"`, times: 1, effect });
    }
    await scene.startOperator();
    for (const name of names) await scene.create(name, A100);
    for (const name of names) {
      const gpuPod = await scene.untilReady(name);
      expect(gpuPod.status.attempts).toMatchObject([{ number: 1 }]);
      expect(conditionText(gpuPod, 'OfferSelected')).toBe('True Selected');
    }
    expect(scene.simulator.ledger.entries()).toHaveLength(names.length);
    for (const name of names) await scene.delete(name);
    for (const name of names) await scene.untilGone(name);
    expect(scene.simulator.ledger.live()).toEqual([]);
  });

  it('is found by name prefix and attempt after a lost answer', async () => {
    const names = Object.keys(SHOWN);
    const podRules = Object.entries(SHOWN).map(([name, rule]) => ({ nameIncludes: `-${name}`, ...rule }));
    const scene = await cluster.open({ simulator: { settings: { podRules } } });
    scene.simulator.faults.add({ ...CREATE, effect: { kind: 'ResetAfter' } });
    await scene.startOperator();
    for (const name of names) await scene.create(name, A100);
    for (const name of names) {
      expect(conditionText(await scene.untilReady(name), 'OfferSelected')).toBe('True Adopted');
    }
    expect(scene.simulator.ledger.entries()).toHaveLength(names.length);
    for (const name of names) await scene.delete(name);
    for (const name of names) await scene.untilGone(name);
    expect(scene.simulator.ledger.live()).toEqual([]);
  });
});

describe('an instance that the user renames on the website', () => {
  it('is tracked and terminated, even if the operator was stopped, unlike a forged id', async () => {
    const scene = await cluster.open();
    const { pods } = scene.simulator;
    await scene.startOperator();
    for (const name of ['running', 'down', 'forger']) await scene.create(name, A100);
    const ids = new Map<string, string>();
    for (const name of ['running', 'down', 'forger']) {
      ids.set(name, (await scene.untilReady(name)).status.podId ?? '');
    }
    pods.rename(ids.get('running') ?? '', 'my favourite');
    await scene.quietRounds(3);
    await scene.untilReady('running');
    await scene.delete('running');
    await scene.untilGone('running');
    expect(scene.simulator.ledger.live().map(({ id }) => id)).not.toContain(ids.get('running'));

    await scene.stopOperators();
    pods.rename(ids.get('down') ?? '', 'another favourite');
    const stranger = plantPod(scene.simulator.world, { name: 'blue-whale' });
    const forged = JSON.stringify({ status: { podId: stranger.id } });
    await scene.kubectl(['patch', 'gpupod', 'forger', '--subresource=status', '--type=merge', '-p', forged]);
    await scene.startOperator();
    await scene.quietRounds(3);
    expect((await scene.untilReady('down')).status.podId).toBe(ids.get('down'));
    for (const name of ['down', 'forger']) await scene.delete(name);
    await scene.untilGone('down');
    await scene.until('forger', 'the stranger is left alone', (gpuPod) =>
      conditionText(gpuPod, 'Synced').endsWith('UnexpectedResponse'),
    );
    const live = scene.simulator.ledger.live().map(({ id }) => id);
    expect(live).toContain(stranger.id);
    expect(live).not.toContain(ids.get('down'));
    expect(scene.simulator.ledger.deletes.map(({ podId }) => podId)).not.toContain(stranger.id);
  });
});

describe('attempts without an instance', () => {
  it('move to the next offer, and stall after maxAttempts', async () => {
    const scene = await cluster.open({ flags: { 'cool-down-scale': '0.001' } });
    const { simulator } = scene;
    simulator.faults.add({
      ...CREATE,
      contains: 'n3-A100x1',
      effect: { kind: 'Answer', status: 500 },
    });
    await scene.startOperator();
    await scene.create('next', A100);
    const next = await scene.untilReady('next');
    expect(next.status.attempts?.map(({ outcome }) => outcome)).toEqual(['NotCreated', undefined]);

    simulator.faults.add({ ...CREATE, contains: '-none"', effect: { kind: 'Answer', status: 500 } });
    await scene.create('none', A100);
    const stalled = await scene.untilCondition('none', 'Stalled=True AttemptsExhausted');
    expect(stalled.status.conditions).toContainEqual(
      expect.objectContaining({ type: 'Stalled', message: expect.stringContaining('look there for gp-') }),
    );
    const creates = (): number =>
      simulator.requests.all(CREATE).filter(({ bodyText }) => bodyText.includes('-none"')).length;
    expect(creates()).toBe(3);
    await scene.stopOperators();
    await scene.startOperator();
    await scene.quietRounds(3);
    expect(creates()).toBe(3);
    await scene.annotate('none', { 'gpupod.dev/reconcile-requested-at': 'once more' });
    await scene.until(
      'none',
      'stalled again',
      ({ status }) => status.lastHandledReconcileAt === 'once more' && status.notCreatedAttempts === 3,
    );
    expect(creates()).toBe(6);
  });
});
