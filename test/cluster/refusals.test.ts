import { describe, expect, it } from '@jest/globals';
import { conditionText } from '../support/scene.ts';
import { useBench } from '../support/use-bench.ts';

const cluster = useBench();

/** Circuit breakers and cooldowns last as long as in production, so that a GpuPod that gets ready was not held back. */
const UNSCALED = { 'cool-down-scale': '1' };
const A100 = { gpu: { types: ['A100_80GB'] }, maxPrice: 2 };

describe('a refusal that one GpuPod caused', () => {
  it('holds back that GpuPod, and no other', async () => {
    const scene = await cluster.open({ flags: UNSCALED });
    const causes = [
      { name: 'foreign-template', status: 403, detail: 'No access to template t-1', synced: 'Forbidden' },
      { name: 'foreign-key', status: 401, detail: 'This SSH key is not yours', synced: 'Unauthorized' },
      { name: 'disk-limit', status: 400, detail: 'Disk limit reached. limit: 4', synced: 'QuotaExceeded' },
    ];
    for (const { name, status, detail } of causes) {
      const effect = { kind: 'Answer', status, body: { detail } } as const;
      scene.simulator.faults.add({ method: 'POST', path: '/pods/', contains: `value-of-${name}`, effect });
    }
    await scene.startOperator();
    for (const { name } of causes) {
      await scene.create(name, { ...A100, env: [{ name: 'WHO', value: `value-of-${name}` }] });
    }
    for (const { name, synced } of causes) await scene.untilCondition(name, `Synced=False ${synced}`);
    await scene.create('neighbour', A100);
    const { status } = await scene.untilReady('neighbour');

    expect(status.offer?.cloudId).toBe('n3-A100x1');
    expect(scene.simulator.ledger.entries()).toHaveLength(1);
  });
});

describe('a quota of an upstream provider', () => {
  it('concerns its offer, and the next offer is chosen at once', async () => {
    const scene = await cluster.open({ flags: UNSCALED });
    const detail = 'Instance quota exceeded in region CANADA-1 (limit: 8)';
    const effect = { kind: 'Answer', status: 400, body: { detail } } as const;
    scene.simulator.faults.add({ method: 'POST', path: '/pods/', contains: '"n3-A100x1"', effect });
    await scene.startOperator();
    await scene.create('next', A100);
    const gpuPod = await scene.untilReady('next');

    expect(gpuPod.status.attempts).toMatchObject([
      { outcome: 'Refused', reason: 'NoCapacity' },
      { number: 2 },
    ]);
    expect(conditionText(gpuPod, 'Synced')).toBe('True ReconcileSuccess');
  });
});

describe('create requests that are always refused', () => {
  it('stall the GpuPod after ten refusals, across restarts, with the refusal and the remedy', async () => {
    const scene = await cluster.open({ flags: { 'cool-down-scale': '0.00001' } });
    const effect = { kind: 'Answer', status: 400, body: { detail: 'The moon is full' } } as const;
    const create = { method: 'POST', path: '/pods/' } as const;
    scene.simulator.faults.add({ ...create, effect });
    await scene.startOperator();
    await scene.create('refused', A100);
    const { status } = await scene.untilCondition('refused', 'Stalled=True AttemptsExhausted');
    const message = status.conditions?.find(({ type }) => type === 'Stalled')?.message;

    expect(message).toMatch(
      /^10 create requests .* cost nothing\. .*reconcile-requested-at .*The moon is full/,
    );
    await scene.stopOperators();
    await scene.startOperator();
    const lists = (): number => scene.simulator.requests.count({ method: 'GET', path: '/pods/' });
    const before = lists();
    await scene.untilTrue('six lists more', () => lists() > before + 6);
    expect(scene.simulator.requests.count(create)).toBe(10);
    expect(scene.simulator.ledger.entries()).toEqual([]);
  });
});
