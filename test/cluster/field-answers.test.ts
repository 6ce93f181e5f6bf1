import { describe, expect, it } from '@jest/globals';
import { plantPod } from '../../src/simulator/world/plant-pod.ts';
import { createSecret } from '../support/bench.ts';
import { conditionText } from '../support/scene.ts';
import { useBench } from '../support/use-bench.ts';

const H100 = { gpu: { types: ['H100_80GB'] }, maxPrice: 3 };
const CREATE = { method: 'POST', path: '/pods/' } as const;
const LIST = { method: 'GET', path: '/pods/' } as const;
/** One page of a list. */
const PAGE = 100;

const cluster = useBench();

describe('a team without access for the key', () => {
  it('delays the GpuPods of that team, and no other', async () => {
    const scene = await cluster.open({ flags: { 'allowed-team-ids': 'team_1,team_2' } });
    await scene.startOperator();
    await scene.create('personal', H100);
    await scene.create('of-team-1', { ...H100, teamId: 'team_1' });
    await scene.create('of-team-2', { ...H100, teamId: 'team_2' });
    for (const name of ['personal', 'of-team-1', 'of-team-2']) await scene.untilReady(name);

    const left = scene.simulator.faults.add({
      ...LIST,
      contains: 'team_2',
      effect: { kind: 'Answer', status: 403, body: { detail: 'You are not a member of this team' } },
    });
    for (const name of ['personal', 'of-team-1', 'of-team-2']) await scene.delete(name);
    await scene.untilGone('personal');
    await scene.untilGone('of-team-1');
    await scene.create('rented-meanwhile', H100);
    await scene.untilReady('rented-meanwhile');
    expect(await scene.find('of-team-2')).toBeDefined();

    scene.simulator.faults.clear(left);
    await scene.untilGone('of-team-2');
    expect(scene.simulator.ledger.live()).toHaveLength(1);
  });
});

describe('a total that is too small while more pages follow', () => {
  it.each([
    { name: 'the length of the page', effect: { kind: 'TotalOfPage' as const } },
    { name: '0', effect: { kind: 'TotalIs' as const, total: 0 } },
  ])('does not hide an instance on page 2: $name', async ({ effect }) => {
    const scene = await cluster.open({ simulator: { settings: { listOrder: 'OldestFirst' } } });
    for (let count = 0; count < PAGE; count += 1) {
      plantPod(scene.simulator.world, { name: `of-somebody-else-${count}` });
    }
    scene.simulator.faults.add({ ...LIST, effect });
    scene.simulator.faults.add({ ...CREATE, nth: 1, effect: { kind: 'ResetAfter' } });
    await scene.startOperator();
    await scene.create('lost', H100);
    const { status } = await scene.untilReady('lost');
    const [made, ...more] = scene.simulator.ledger.entries().filter(({ origin }) => origin === 'Api');
    expect(more).toEqual([]);
    expect(status.podId).toBe(made?.id);
  });
});

describe('an active status with a failure reason', () => {
  it.each([
    {
      name: 'without an address',
      fields: { status: 'ACTIVE', installationStatus: 'ACTIVE', sshConnection: null },
    },
    { name: 'with an address', fields: { status: 'ACTIVE', installationStatus: null } },
  ])('fails the attempt, and the next offer is chosen: $name', async ({ fields }) => {
    const scene = await cluster.open({ simulator: { settings: { provisioningMs: 600 } } });
    await scene.startOperator();
    await scene.create('failing', H100);
    const { status } = await scene.until('failing', 'rented', ({ status: { podId } }) => podId !== undefined);
    const first = status.podId ?? '';
    const said = { ...fields, installationFailure: 'image pull failed' };
    scene.simulator.faults.add({
      method: 'GET',
      path: '/pods/status',
      effect: { kind: 'PatchRows', ids: [first], fields: said },
    });
    scene.simulator.faults.add({
      method: 'GET',
      path: `/pods/${first}`,
      effect: { kind: 'Patch', fields: said },
    });
    const failed = await scene.until(
      'failing',
      'the first attempt failed',
      ({ status: { attempts } }) => attempts?.[0]?.outcome === 'Failed',
    );
    expect(failed.status.attempts?.[0]).toMatchObject({ reason: 'InstallFailed', podId: first });
    const ready = await scene.untilReady('failing');
    expect(ready.status.podId).not.toBe(first);
    expect(scene.simulator.ledger.live().map(({ id }) => id)).toEqual([ready.status.podId]);
    await scene.untilEvent('failing', /^Ready:/);
    expect((await scene.events('failing')).filter((event) => event.startsWith('Ready:'))).toHaveLength(1);
  });
});

describe('answers about instances', () => {
  it('may contain links as port mappings, and a rate limit of one GET holds back no DELETE', async () => {
    const scene = await cluster.open();
    const link = 'https://h6qc-8888.proxy.example';
    const fields = {
      primePortMapping: [
        { internal: '8888', external: link, usedBy: 'JUPYTER_NOTEBOOK' },
        { internal: '*', external: '*' },
      ],
    };
    scene.simulator.faults.add({ method: 'GET', path: '/pods/{id}', effect: { kind: 'Patch', fields } });
    scene.simulator.faults.add({ ...LIST, effect: { kind: 'PatchRows', fields } });
    await scene.startOperator();
    await scene.create('linked', H100);
    await scene.untilReady('linked');
    const secret = { namespace: scene.namespace, name: 'linked-connection' };
    await scene.untilTrue('the link is in the Secret', async () => {
      const data = (await cluster.bench.secrets.get(secret))?.['data'];
      return JSON.stringify(data ?? {}).includes(Buffer.from(link).toString('base64'));
    });

    scene.simulator.faults.add({
      method: 'GET',
      path: '/pods/status',
      times: 1,
      effect: { kind: 'TooManyRequests', retryAfter: '600' },
    });
    await scene.untilTrue(
      'a GET was asked to wait',
      () => scene.simulator.requests.all({ path: '/pods/status' }).at(-1)?.status === 429,
    );
    await scene.delete('linked');
    await scene.untilGone('linked');
    expect(scene.simulator.ledger.live()).toEqual([]);
  });

  it('are not redacted before a decision when names contain the API key', async () => {
    const account = { key: 'gpu-key', userId: 'user_1' };
    const scene = await cluster.open({ simulator: { settings: { accounts: [account] } } });
    scene.simulator.faults.add({ ...CREATE, nth: 1, effect: { kind: 'ResetAfter' } });
    await scene.startOperator();
    await scene.create('gpu-key-train', H100);
    await scene.untilReady('gpu-key-train');
    await scene.quietRounds(2);
    expect(scene.simulator.requests.count(CREATE)).toBe(1);
    await scene.delete('gpu-key-train');
    await scene.untilGone('gpu-key-train');
    expect(scene.simulator.ledger.live()).toEqual([]);
  });
});

describe('values of Secrets', () => {
  it('are rejected before a create request when they are not text, and are sent byte for byte otherwise', async () => {
    const scene = await cluster.open();
    await createSecret(cluster.bench, scene.namespace, 'training', { password: 'pw\n' });
    await cluster.bench.secrets.mergePatch(
      { namespace: scene.namespace, name: 'training' },
      { data: { binary: Buffer.from([0xff, 0xfe, 0x00]).toString('base64') } },
    );
    await scene.startOperator();
    const env = [{ name: 'BLOB', valueFrom: { secretKeyRef: { name: 'training', key: 'binary' } } }];
    await scene.create('binary', { ...H100, env });
    const held = await scene.untilCondition('binary', 'Synced=False ReferenceNotFound');
    expect(JSON.stringify(held.status.conditions)).toContain('binary');
    expect(scene.simulator.requests.count(CREATE)).toBe(0);

    await scene.create('text', {
      ...H100,
      env: [],
      jupyterPasswordSecretRef: { name: 'training', key: 'password' },
    });
    await scene.untilReady('text');
    expect(scene.simulator.ledger.entries()).toMatchObject([
      { request: { pod: { jupyterPassword: 'pw\n' } } },
    ]);
  });
});

describe('the connection Secret', () => {
  it('keeps the keys of others, and is taken over when it has no owner', async () => {
    const scene = await cluster.open();
    await scene.startOperator();
    await scene.create('shared', H100);
    await scene.untilReady('shared');
    const secret = { namespace: scene.namespace, name: 'shared-connection' };
    await cluster.bench.secrets.mergePatch(secret, { stringData: { known_hosts: 'of somebody' } });
    await scene.annotate('shared', { 'gpupod.dev/reconcile-requested-at': 'now' });
    await scene.quietRounds(3);
    const dataOf = async (): Promise<unknown> => (await cluster.bench.secrets.get(secret))?.['data'];
    expect(await dataOf()).toHaveProperty('known_hosts');

    // As with `kubectl delete --cascade=orphan`. The garbage collector does not run here, so the test removes the owner.
    await scene.stopOperators();
    await cluster.bench.secrets.mergePatch(secret, { metadata: { ownerReferences: null } });
    await scene.delete('shared');
    await scene.startOperator();
    await scene.untilGone('shared');
    expect(await dataOf()).toHaveProperty('known_hosts');
    await scene.create('shared', H100);
    const ready = await scene.untilReady('shared');
    expect(conditionText(ready, 'Synced')).toBe('True ReconcileSuccess');
    const { metadata } = (await cluster.bench.secrets.get(secret)) ?? {};
    expect(metadata?.ownerReferences).toMatchObject([{ uid: ready.metadata.uid }]);
    expect(await dataOf()).toHaveProperty('known_hosts');
  });
});
