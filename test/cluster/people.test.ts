import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { conditionText } from '../support/scene.ts';
import { useBench } from '../support/use-bench.ts';

const cluster = useBench();

const H100 = { gpu: { types: ['H100_80GB'] }, maxPrice: 3 };

function reconcileRequestedAt(value: string): Record<string, string> {
  return { 'gpupod.dev/reconcile-requested-at': value };
}

describe('suspend', () => {
  it('terminates the instance and keeps the GpuPod, whose spec may change before suspend=false starts a new attempt', async () => {
    const scene = await cluster.open();
    await scene.startOperator();
    await scene.create('nightly', H100);
    await scene.untilReady('nightly');
    await scene.patch('nightly', { spec: { suspend: true } });
    const suspended = await scene.until('nightly', 'no machine', ({ status }) => status.podId === undefined);
    expect(conditionText(suspended, 'Ready')).toBe('False Suspended');
    expect(suspended.status.attempts).toMatchObject([{ number: 1, outcome: 'Ended', reason: 'Suspended' }]);
    expect(scene.simulator.ledger.live()).toEqual([]);

    await scene.patch('nightly', { spec: { suspend: false, resources: { diskSize: 200 } } });
    const again = await scene.untilReady('nightly');
    expect(again.status).toMatchObject({
      offer: { diskSize: 200, dataCenter: 'US-1' },
      cost: { pricePerHour: 2.75 },
    });
    expect(again.status.podName).toMatch(/^gp-[a-z0-9]{6}-[0-9a-v]{26}-2-/);
    expect(scene.simulator.ledger.maxConcurrentBy(() => 'all').get('all')).toBe(1);
  });

  it('rents no instance for a GpuPod that is created suspended', async () => {
    const scene = await cluster.open();
    await scene.startOperator();
    await scene.create('later', { ...H100, suspend: true });
    await scene.untilCondition('later', 'Ready=False Suspended');
    expect(scene.simulator.requests.count({ path: '/availability/gpus' })).toBe(0);
    await scene.delete('later');
    await scene.untilGone('later');
  });
});

describe('deleting a GpuPod', () => {
  it('keeps and records the instance with Retain, and the sweep does not treat it as an orphan', async () => {
    const scene = await cluster.open({ flags: { 'orphan-policy': 'Terminate' } });
    await scene.startOperator();
    await scene.create('kept', { ...H100, deletionPolicy: 'Retain' });
    const { status } = await scene.untilReady('kept');
    await scene.delete('kept');
    await scene.untilGone('kept');
    const lists = scene.simulator.requests.count({ method: 'GET', path: '/pods/' });
    await scene.untilTrue(
      'some sweeps',
      () => scene.simulator.requests.count({ method: 'GET', path: '/pods/' }) >= lists + 4,
    );

    expect(scene.simulator.ledger.deletes).toEqual([]);
    expect(scene.simulator.ledger.live()).toMatchObject([{ id: status.podId }]);
    expect((await scene.kubectl(['get', 'configmaps', '-o', 'json'])).stdout).toContain(status.podId);
    await scene.untilEvent('kept', /^Retained: Instance .* was left running/);
  });

  it('releases the GpuPod only after the provider shows the instance as terminated', async () => {
    const scene = await cluster.open();
    const fault = scene.simulator.faults.add({
      method: 'DELETE',
      path: '/pods/{id}',
      effect: { kind: 'IgnoreDelete' },
    });
    await scene.startOperator();
    await scene.create('clinging', H100);
    await scene.untilReady('clinging');
    await scene.delete('clinging');
    await scene.untilTrue('a second DELETE', () => scene.simulator.ledger.deletes.length >= 2);
    await scene.untilCondition('clinging', 'Ready=False Deleting');
    scene.simulator.faults.clear(fault);
    await scene.untilGone('clinging');
    expect(scene.simulator.ledger.live()).toEqual([]);
  });

  it('accepts force-release only with the exact id, and sends no request to the provider', async () => {
    const scene = await cluster.open();
    scene.simulator.faults.add({
      method: 'DELETE',
      path: '/pods/{id}',
      effect: { kind: 'Answer', status: 500 },
    });
    await scene.startOperator();
    await scene.create('forced', H100);
    const { status } = await scene.untilReady('forced');
    await scene.delete('forced');
    await scene.untilCondition('forced', 'Ready=False Deleting');
    await scene.annotate('forced', { 'gpupod.dev/force-release': 'true' });
    await scene.quietRounds(3);
    expect(await scene.find('forced')).toBeDefined();

    await scene.annotate('forced', { 'gpupod.dev/force-release': status.podId ?? '' });
    await scene.untilGone('forced');
    expect(scene.simulator.ledger.live()).toMatchObject([{ id: status.podId }]);
    await scene.untilEvent('forced', /^Released: .*without proof that instance .* may still bill/);
  });

  it('restores a finalizer that somebody removes', async () => {
    const scene = await cluster.open();
    await scene.startOperator();
    await scene.create('stripped', H100);
    await scene.untilReady('stripped');
    await scene.patch('stripped', { metadata: { finalizers: null } });
    const { metadata } = await scene.until(
      'stripped',
      'the finalizer',
      (gpuPod) => gpuPod.metadata.finalizers.length > 0,
    );
    expect(metadata.finalizers).toEqual(['gpupod.dev/rental']);
  });
});

describe('paused', () => {
  it('stops all actions, including deletion, and shows that the instance is billing', async () => {
    const scene = await cluster.open();
    await scene.startOperator();
    await scene.create('frozen', H100);
    await scene.untilReady('frozen');
    await scene.annotate('frozen', { 'gpupod.dev/paused': 'true' });
    await scene.delete('frozen');
    const paused = await scene.untilCondition('frozen', 'Synced=False Paused');
    expect(paused.status.conditions).toContainEqual(
      expect.objectContaining({ type: 'Synced', message: expect.stringContaining('keeps billing') }),
    );
    expect(scene.simulator.ledger.deletes).toEqual([]);
    await scene.annotate('frozen', { 'gpupod.dev/paused': null });
    await scene.untilGone('frozen');
    expect(scene.simulator.ledger.live()).toEqual([]);
  });

  it('requires exactly "true"', async () => {
    const scene = await cluster.open();
    await scene.startOperator();
    await scene.create('brisk', H100, { 'gpupod.dev/paused': 'yes' });
    expect(conditionText(await scene.untilReady('brisk'), 'Synced')).toBe('True ReconcileSuccess');
  });
});

describe('the search for an offer', () => {
  it.each([
    { why: 'after one search', offerTimeout: '0s' },
    { why: 'after several searches', offerTimeout: '1s' },
  ])('ends after offerTimeout, and restarts when the user retries: $why', async ({ offerTimeout }) => {
    const scene = await cluster.open({ simulator: { offers: { gpus: [] } } });
    await scene.startOperator();
    await scene.create('hopeful', { ...H100, offerTimeout });
    await scene.untilCondition('hopeful', 'Stalled=True OfferTimeout');
    const looks = scene.simulator.requests.count({ path: '/availability/gpus' });
    await scene.annotate('hopeful', reconcileRequestedAt('now'));
    const again = await scene.until(
      'hopeful',
      'handled',
      ({ status }) => status.lastHandledReconcileAt === 'now',
    );
    expect(again.metadata.generation).toBe(1);
    await scene.untilTrue(
      'another look',
      () => scene.simulator.requests.count({ path: '/availability/gpus' }) > looks,
    );
    await scene.untilCondition('hopeful', 'Stalled=True OfferTimeout');
  });

  it('does not restart automatically after a spot instance was reclaimed, because its work is lost', async () => {
    const scene = await cluster.open();
    await scene.startOperator();
    await scene.create('spot', { gpu: { types: ['A100_80GB'] }, placement: { spot: 'Require' } });
    const { status } = await scene.untilReady('spot');
    scene.simulator.pods.loseSpot(status.podId ?? '');
    await scene.untilCondition('spot', 'Ready=False Interrupted');
    await scene.untilCondition('spot', 'Stalled=True Interrupted');
    expect(scene.simulator.ledger.entries()).toHaveLength(1);

    await scene.annotate('spot', reconcileRequestedAt('after the loss'));
    await scene.untilReady('spot');
    expect(scene.simulator.ledger.entries()).toHaveLength(2);
  });
});

describe('the paying account', () => {
  it('cannot be chosen by a tenant', async () => {
    const scene = await cluster.open({
      flags: { 'allowed-team-ids': 'team_1', 'require-max-price': 'true' },
    });
    await scene.startOperator();
    await scene.create('theirs', { ...H100, teamId: 'team_2' });
    await scene.create('ours', { ...H100, teamId: 'team_1' });
    await scene.create('boundless', { gpu: H100.gpu });
    await scene.untilCondition('theirs', 'Stalled=True NotAllowed');
    await scene.untilCondition('boundless', 'Stalled=True NotAllowed');
    await scene.untilReady('ours');
    expect(scene.simulator.ledger.entries()).toMatchObject([{ teamId: 'team_1' }]);
  });

  it('may get a new key from the key file, while a key of another account terminates and creates nothing', async () => {
    const accounts = [
      { key: 'first-key', userId: 'user_1' },
      { key: 'second-key', userId: 'user_1' },
      { key: 'foreign-key', userId: 'user_2' },
    ];
    const keyFile = path.join(cluster.bench.directory, 'api-key');
    await writeFile(keyFile, 'first-key\n');
    const scene = await cluster.open({
      simulator: { settings: { accounts } },
      flags: { 'prime-api-key-file': keyFile },
      env: {},
    });
    await scene.startOperator();
    await scene.create('rotated', H100);
    await scene.untilReady('rotated');

    await writeFile(keyFile, 'foreign-key');
    await scene.untilCondition('rotated', 'Synced=False AccountChanged');
    await scene.delete('rotated');
    await scene.create('stranger', H100);
    await scene.untilCondition('stranger', 'Synced=False AccountChanged');
    expect(scene.simulator.ledger.deletes).toEqual([]);
    expect(scene.simulator.ledger.entries()).toHaveLength(1);

    await writeFile(keyFile, 'second-key');
    await scene.untilGone('rotated');
    await scene.untilReady('stranger');
    expect(scene.simulator.ledger.entries().map(({ userId }) => userId)).toEqual(['user_1', 'user_1']);
  });

  it('is unknown without a key, and the operator starts its work as soon as there is one', async () => {
    const keyFile = path.join(cluster.bench.directory, 'no-key-yet');
    const scene = await cluster.open({ flags: { 'prime-api-key-file': keyFile }, env: {} });
    await scene.startOperator();
    await scene.create('keyless', H100);
    await scene.untilCondition('keyless', 'Synced=False CredentialsMissing');
    await writeFile(keyFile, scene.simulator.apiKey);
    await scene.untilReady('keyless');
    expect(scene.simulator.ledger.entries()).toHaveLength(1);
  });
});
