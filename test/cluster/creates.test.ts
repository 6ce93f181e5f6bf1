import { describe, expect, it } from '@jest/globals';
import type { FaultRuleInput } from '../../src/simulator/faults/effect.ts';
import { conditionText } from '../support/scene.ts';
import { useBench } from '../support/use-bench.ts';

const cluster = useBench();

const A100 = { gpu: { types: ['A100_80GB'] }, maxPrice: 2 };

interface OddAnswer {
  readonly why: string;
  readonly effect: FaultRuleInput['effect'];
}

const DONE_BUT_UNKNOWN: readonly OddAnswer[] = [
  { why: 'an HTML page of a proxy', effect: { kind: 'Html' } },
  { why: 'an incomplete answer', effect: { kind: 'Cut' } },
  { why: 'a server error after the instance was created', effect: { kind: 'AnswerAfter', status: 500 } },
  {
    why: 'a bad gateway',
    effect: { kind: 'AnswerAfter', status: 502, contentType: 'text/html', body: '<html>' },
  },
  { why: 'no answer', effect: { kind: 'ResetAfter' } },
  { why: 'a late answer', effect: { kind: 'DelayAfter', ms: 20_000 } },
  { why: 'an answer without an id', effect: { kind: 'WithoutId' } },
];

describe('a create request with an unknown outcome', () => {
  it.each(DONE_BUT_UNKNOWN)('leads to the adoption of its only instance after $why', async ({ effect }) => {
    const scene = await cluster.open({ flags: { 'create-timeout': '1s' } });
    scene.simulator.faults.add({ method: 'POST', path: '/pods/', times: 1, effect });
    await scene.startOperator();
    await scene.create('adopted', A100);
    const gpuPod = await scene.untilReady('adopted');

    const entries = scene.simulator.ledger.entries();
    expect(entries).toHaveLength(1);
    expect(gpuPod.status).toMatchObject({ podId: entries[0]?.id, cost: { pricePerHour: 1.35, maxPrice: 2 } });
    expect(conditionText(gpuPod, 'OfferSelected')).toBe('True Adopted');
    expect(scene.simulator.requests.count({ method: 'POST', path: '/pods/' })).toBe(1);
    await scene.delete('adopted');
    await scene.untilGone('adopted');
    expect(scene.simulator.ledger.live()).toEqual([]);
  });

  it('is followed by another create request only after lists prove that no instance exists', async () => {
    const scene = await cluster.open();
    scene.simulator.faults.add({
      method: 'POST',
      path: '/pods/',
      times: 1,
      effect: { kind: 'Answer', status: 500 },
    });
    await scene.startOperator();
    await scene.create('again', A100);
    const uncertain = await scene.untilCondition('again', 'Ready=False CreateUncertain');
    expect(conditionText(uncertain, 'Synced')).toBe('False CreateUncertain');
    const { status } = await scene.untilReady('again');

    expect(status.attempts?.map(({ number, outcome }) => [number, outcome])).toEqual([
      [1, 'NotCreated'],
      [2, undefined],
    ]);
    expect(scene.simulator.ledger.entries()).toHaveLength(1);
    const posts = scene.simulator.requests.all({ method: 'POST', path: '/pods/' });
    const [first, second] = posts;
    const between = scene.simulator.requests
      .all({ method: 'GET', path: '/pods/', status: 200, afterNumber: first?.number })
      .filter(({ number }) => number < (second?.number ?? 0));
    expect(posts).toHaveLength(2);
    expect(between.length).toBeGreaterThanOrEqual(3);
  });

  it('does not delay a second GpuPod', async () => {
    const scene = await cluster.open({ flags: { 'window-settle': '10m', 'window-settle-spacing': '1m' } });
    await scene.startOperator();
    scene.simulator.faults.add({
      method: 'POST',
      contains: 'stuck',
      effect: { kind: 'Answer', status: 500 },
    });
    await scene.create('stuck', A100);
    await scene.untilCondition('stuck', 'Ready=False CreateUncertain');
    await scene.create('quick', A100);
    await scene.untilReady('quick');
    expect(scene.simulator.requests.all({ method: 'POST', path: '/pods/' })).toHaveLength(2);
  });
});

describe('a refused create request', () => {
  it.each([
    {
      why: 'no capacity',
      status: 400,
      detail: 'The selected offer is no longer available',
      reason: 'NoCapacity',
    },
    {
      why: 'an unknown error text',
      status: 400,
      detail: 'The moon is full',
      reason: 'OtherRefusal',
    },
    {
      why: 'a price above the cap',
      status: 400,
      detail: 'Offer price is above the specified max_price',
      reason: 'AboveMaxPrice',
    },
  ])('is followed by a request for the next offer: $why', async ({ status, detail, reason }) => {
    const scene = await cluster.open({ flags: { 'cool-down-scale': '1' } });
    const effect = { kind: 'Answer', status, body: { detail } } as const;
    scene.simulator.faults.add({ method: 'POST', path: '/pods/', times: 1, effect });
    await scene.startOperator();
    await scene.create('next', A100);
    const gpuPod = await scene.untilReady('next');

    expect(gpuPod.status.attempts).toMatchObject([{ number: 1, outcome: 'Refused', reason }, { number: 2 }]);
    expect(gpuPod.status.offer?.cloudId).not.toBe('n3-A100x1');
    expect(scene.simulator.ledger.entries()).toHaveLength(1);
    await scene.untilEvent('next', /^OfferRefused: Attempt 1 .*hyperstack/);
  });

  it.each([
    { why: 'an empty wallet', status: 402, detail: 'Insufficient balance', reason: 'PaymentRequired' },
    { why: 'a key without the permission', status: 401, detail: 'Unauthorized', reason: 'Unauthorized' },
  ])('is retried automatically once the account recovers: $why', async ({ status, detail, reason }) => {
    const scene = await cluster.open();
    const effect = { kind: 'Answer', status, body: { detail } } as const;
    const fault = scene.simulator.faults.add({ method: 'POST', path: '/pods/', effect });
    await scene.startOperator();
    await scene.create('poor', A100);
    const waiting = await scene.until(
      'poor',
      reason,
      (gpuPod) => conditionText(gpuPod, 'Synced') === `False ${reason}`,
    );
    expect(waiting.status.attempts ?? []).toEqual([]);
    scene.simulator.faults.clear(fault);
    const ready = await scene.untilReady('poor');
    expect(ready.status.offer?.cloudId).toBe('n3-A100x1');
    expect(scene.simulator.ledger.entries()).toHaveLength(1);
  });
});

describe('an instance that is not as requested', () => {
  it('is terminated before it is ready when it costs more than the cap, and the next offer is chosen', async () => {
    const scene = await cluster.open({ flags: { 'cool-down-scale': '1' } });
    scene.simulator.offers.change({ cloudId: 'n3-A100x1' }, { market: { createPriceFactor: 2 } });
    await scene.startOperator();
    await scene.create('dear', A100);
    const { status } = await scene.untilReady('dear');

    const [dear, other, ...more] = scene.simulator.ledger.entries();
    expect(dear).toMatchObject({ createdPriceHr: 2.7, endedBy: { reason: 'Delete' } });
    expect(other).toMatchObject({ endedAtMs: null });
    expect(other?.createdPriceHr).toBeLessThanOrEqual(2);
    expect(more).toEqual([]);
    expect(status.attempts).toMatchObject([
      { podId: dear?.id, outcome: 'Failed', reason: 'AboveMaxPrice' },
      { number: 2 },
    ]);
    expect(scene.simulator.ledger.maxConcurrentBy(() => 'all').get('all')).toBe(1);
  });

  it.each([
    { why: 'a provider error', rule: { outcome: 'Error' }, reason: 'PodFailed' },
    { why: 'a failed installation', rule: { outcome: 'InstallFailed' }, reason: 'InstallFailed' },
  ] as const)('is terminated, and the next offer is chosen: $why', async ({ rule, reason }) => {
    const scene = await cluster.open({
      simulator: { settings: { podRules: [{ cloudId: 'n3-A100x1', ...rule }] } },
      flags: { 'cool-down-scale': '1' },
    });
    await scene.startOperator();
    await scene.create('broken', A100);
    const { status } = await scene.untilReady('broken');
    expect(status.attempts).toMatchObject([{ outcome: 'Failed', reason }, { number: 2 }]);
    expect(status).not.toHaveProperty('failedAttempts');
    expect(scene.simulator.ledger.maxConcurrentBy(() => 'all').get('all')).toBe(1);
    expect(scene.simulator.ledger.live()).toHaveLength(1);
  });

  it('stalls the GpuPod after maxAttempts, with the costs, until the user retries', async () => {
    const scene = await cluster.open({ simulator: { settings: { podRules: [{ outcome: 'Error' }] } } });
    await scene.startOperator();
    await scene.create('cursed', { ...A100, maxAttempts: 2 });
    const stalled = await scene.untilCondition('cursed', 'Stalled=True AttemptsExhausted');
    expect(stalled.status.conditions).toContainEqual(
      expect.objectContaining({
        type: 'Stalled',
        message: expect.stringMatching(/2 instances were rented .* USD/),
      }),
    );
    expect(scene.simulator.ledger.entries()).toHaveLength(2);
    expect(scene.simulator.ledger.live()).toEqual([]);

    scene.simulator.settings.podRules = [];
    await scene.annotate('cursed', { 'gpupod.dev/reconcile-requested-at': 'once more' });
    const { status } = await scene.untilReady('cursed');
    expect(status.lastHandledReconcileAt).toBe('once more');
    expect(scene.simulator.ledger.entries()).toHaveLength(3);
  });

  it('is terminated when it is not ready in time', async () => {
    const scene = await cluster.open({
      simulator: { settings: { podRules: [{ cloudId: 'n3-A100x1', outcome: 'StuckProvisioning' }] } },
      flags: { 'cool-down-scale': '1' },
    });
    await scene.startOperator();
    await scene.create('slow', { ...A100, provisioningTimeout: '10s' });
    const { status } = await scene.untilReady('slow');
    expect(status.attempts).toMatchObject([
      { outcome: 'Failed', reason: 'ProvisioningTimedOut' },
      { number: 2 },
    ]);
    expect(scene.simulator.ledger.maxConcurrentBy(() => 'all').get('all')).toBe(1);
  });
});
