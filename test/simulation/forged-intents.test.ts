import { describe, expect, it, jest } from '@jest/globals';
import { ANNOTATIONS } from '../../src/api/common/names.ts';
import { parseJson, isRecord, recordAt } from '../../src/json.ts';
import type { RawObject } from '../../src/kubernetes/objects.ts';
import { podName } from '../../src/lifecycle/pod-name.ts';
import { intent } from '../support/builders/intent.ts';
import { OPEN_POLICY } from '../support/builders/policy.ts';
import { AccountScene } from './account-scene.ts';
import { withAnnotations } from './edits.ts';
import { isReady, statusOf } from './readings.ts';
import { INSTALLATION } from './shared-provider.ts';

jest.setTimeout(5 * 60_000);

const MINUTE_MS = 60_000;
const MINE = { kind: 'GpuAccount', name: 'mine' };
const ML = { kind: 'ClusterGpuAccount', name: 'ml' };
const HUGE = { gpu: 0, disk: 0, vcpus: 0, memory: 0, total: 9e14 };

/** ClusterGpuAccount ml, of user_b, serves this namespace with these limits. */
async function sceneWithMl(namespace: string, limits: object, maxTotal?: number): Promise<AccountScene> {
  const policy = maxTotal === undefined ? OPEN_POLICY : { ...OPEN_POLICY, maxTotalPricePerHour: maxTotal };
  const scene = new AccountScene({ settings: { policy } });
  const namespaceSelector = { matchLabels: { team: namespace } };
  scene.addClusterAccount('ml', 'key-of-b', { namespaceSelector, isDefault: true, limits });
  await scene.start();
  await scene.simulation.pass(5 * MINUTE_MS);
  return scene;
}

function forge(
  scene: AccountScene,
  text: object,
  spec: object = { suspend: true },
  name = 'forged',
): RawObject {
  const annotations = { [ANNOTATIONS.intent]: JSON.stringify(text) };
  const body = { metadata: { name, annotations }, spec: { gpu: { types: ['H100_80GB'] }, ...spec } };
  return scene.simulation.server.create('gpupods', 'team-a', body, 'person');
}

function rewrite(scene: AccountScene, change: (text: object) => object | undefined): void {
  scene.edit('team-a', (held) => {
    const { [ANNOTATIONS.intent]: text, ...others } = held.metadata.annotations ?? {};
    const found = parseJson(text ?? '');
    const changed = isRecord(found) ? change(found) : undefined;
    return withAnnotations(
      held,
      changed === undefined ? others : { ...others, [ANNOTATIONS.intent]: JSON.stringify(changed) },
    );
  });
}

/** The GpuPod goes by force, and its instance bills on. */
async function orphan(scene: AccountScene): Promise<{ podName: unknown; uid: string }> {
  const held = scene.held('team-a');
  scene.edit('team-a', (object) => ({ ...object, metadata: { ...object.metadata, finalizers: [] } }));
  scene.simulation.server.delete('gpupods', { namespace: 'team-a', name: 'train-1' }, 'person');
  await scene.simulation.until('it is gone', () => scene.gpuPod('team-a') === undefined);
  return { podName: statusOf(held)['podName'], uid: held.metadata.uid };
}

describe('a tenant who forges a create intent for an instance that bills', () => {
  type Left = Awaited<ReturnType<typeof orphan>>;

  it.each<{ name: string; text: (left: Left) => object; restarts?: boolean }>([
    { name: 'with a UID of nobody', text: () => ({ uid: 'zz' }) },
    { name: 'with the UID that its name is made from', text: ({ uid }) => ({ uid }) },
    { name: 'with that UID, after a restart', text: ({ uid }) => ({ uid }), restarts: true },
    { name: 'with a UID of nobody, after a restart', text: () => ({ uid: 'zz' }), restarts: true },
  ])('makes no room under the limit of the account, $name', async ({ text, restarts = false }) => {
    const scene = await sceneWithMl('team-a', { maxInstances: 1 });
    scene.apply('team-a');
    await scene.untilReady('team-a');
    const left = await orphan(scene);
    if (restarts) scene.simulation.operator.kill();
    const { podName: name } = left;
    forge(scene, { ...intent(), installation: INSTALLATION, name, payer: MINE, ...text(left) });
    scene.apply('team-a', {}, 'second');
    let most = 0;
    for (let second = 0; second < 20 * 60; second += 5) {
      await scene.simulation.pass(5_000);
      most = Math.max(most, scene.payersOf('team-a').length);
    }
    expect(most).toBe(1);
  });

  it('makes no room by the GpuPod that rents itself', async () => {
    const scene = await sceneWithMl('team-a', { maxInstances: 1 });
    scene.apply('team-a');
    await scene.untilReady('team-a');
    const { podName: name } = await orphan(scene);
    forge(scene, { ...intent({ uid: 'zz' }), name, payer: ML }, {}, 'second');
    await scene.simulation.pass(2 * MINUTE_MS);
    expect(scene.payersOf('team-a')).toEqual(['user_b']);
  });
});

describe('a tenant who edits a create intent while its outcome is unknown', () => {
  it.each<{ name: string; change: (text: object) => object | undefined; deletes?: boolean }>([
    { name: 'so that another account seems to pay', change: (text) => ({ ...text, payer: MINE }) },
    {
      name: 'so that it seems to be of another process and account',
      change: (text) => ({ ...text, payer: MINE, startedAt: '2026-01-01T00:00:00Z' }),
    },
    { name: 'so that it seems to be of another GpuPod', change: (text) => ({ ...text, uid: 'zz' }) },
    { name: 'so that nobody can read it', change: () => ({ v: 1 }) },
    { name: 'so that there is none', change: () => undefined },
    { name: 'and removes the GpuPod by force', change: (text) => text, deletes: true },
  ])('frees no reservation, $name', async ({ change, deletes = false }) => {
    const scene = await sceneWithMl('team-a', { maxInstances: 1 });
    const { faults } = scene.simulation.api;
    faults.add({ method: 'POST', path: '/pods/', times: 1, effect: { kind: 'ResetAfter' } });
    scene.apply('team-a');
    await scene.simulation.until('it is rented', () => scene.payersOf('team-a').length === 1);
    await scene.simulation.pass(200);
    faults.add({ method: 'GET', path: '/pods/', effect: { kind: 'Answer', status: 500 } });
    rewrite(scene, change);
    if (deletes) await orphan(scene);
    scene.apply('team-a', {}, 'second');
    await scene.simulation.pass(5 * MINUTE_MS);
    expect(scene.payersOf('team-a')).toEqual(['user_b']);
  });

  it.each<{ name: string; change: (text: object) => object }>([
    {
      name: 'of another GpuPod, with another time',
      change: (text) => ({ ...text, uid: 'zz', startedAt: '2026-01-01T00:00:00Z' }),
    },
    {
      name: 'of another GpuPod and process',
      change: (text) => ({ ...text, uid: 'zz', writtenBy: 'another' }),
    },
  ])('rents no second instance if it seems to be $name', async ({ change: edit }) => {
    const scene = await sceneWithMl('team-a', {});
    const { faults } = scene.simulation.api;
    faults.add({ method: 'POST', path: '/pods/', times: 1, effect: { kind: 'ResetAfter' } });
    // The lists of the provider are late.
    faults.add({ method: 'GET', path: '/pods/', times: 60, effect: { kind: 'Answer', status: 500 } });
    scene.apply('team-a');
    await scene.simulation.until('it is rented', () => scene.payersOf('team-a').length === 1);
    await scene.simulation.pass(200);
    rewrite(scene, edit);
    await scene.untilReady('team-a');
    expect(scene.payersOf('team-a')).toEqual(['user_b']);
    expect(scene.changesBy('user_b').filter((change) => change === 'POST /pods/')).toHaveLength(1);
  });

  it('gives the place back once lists show that nothing was created', async () => {
    const scene = await sceneWithMl('team-a', { maxInstances: 1 });
    const effect = { kind: 'ResetBefore' } as const;
    scene.simulation.api.faults.add({ method: 'POST', path: '/pods/', times: 1, effect });
    scene.apply('team-a');
    await scene.simulation.until('it is written', () => intentOf(scene) !== undefined);
    await scene.simulation.pass(1_000);
    await orphan(scene);
    scene.apply('team-a', {}, 'second');
    await scene.untilReady('team-a', 'second');
    expect(scene.payersOf('team-a')).toEqual(['user_b']);
  });
});

it('keeps the account of an unknown outcome in use over a restart, although it no longer serves the namespace', async () => {
  const scene = await sceneWithMl('team-a', {});
  const { api, server, operator } = scene.simulation;
  api.faults.add({ method: 'POST', path: '/pods/', times: 1, effect: { kind: 'ResetAfter' } });
  api.faults.add({ method: 'GET', path: '/pods/', effect: { kind: 'Answer', status: 500 } });
  scene.apply('team-a');
  await scene.simulation.until('it is rented', () => scene.payersOf('team-a').length === 1);
  await scene.simulation.pass(10_000);
  operator.kill();
  const target = { name: 'ml' };
  server.edit(
    'clustergpuaccounts',
    target,
    (held) => ({
      ...held,
      spec: { ...recordAt(held, 'spec'), namespaceSelector: { matchLabels: { team: 'x' } } },
    }),
    'person',
  );
  server.delete('clustergpuaccounts', target, 'person');
  await scene.simulation.pass(10 * MINUTE_MS);
  expect(server.get('clustergpuaccounts', target)?.metadata.finalizers).toEqual(['gpupod.dev/in-use']);

  api.faults.clear();
  server.delete('gpupods', { namespace: 'team-a', name: 'train-1' }, 'person');
  await scene.simulation.until(
    'the account is gone',
    () => server.get('clustergpuaccounts', target) === undefined,
  );
  expect(scene.payersOf('team-a')).toEqual([]);
});

describe('a create intent that a tenant made up', () => {
  const LIMITS = { maxPricePerHour: 100, maxInstances: 5, maxPrice: 3 };

  it.each<{ name: string; text: (uid: string) => object; maxTotal?: number }>([
    { name: 'for an account that serves another namespace', text: () => ({ uid: 'zz', payer: ML }) },
    {
      name: 'for such an account, with its own name',
      text: (uid) => ({ uid, name: nameFor(uid), payer: ML }),
    },
    { name: "for the operator's own key", text: () => ({ uid: 'zz' }), maxTotal: 100_000_000 },
    {
      name: 'for a GpuPod that it says has vanished',
      text: () => intent({ uid: 'zz' }),
      maxTotal: 100_000_000,
    },
  ])('holds up nobody else and keeps no account, $name', async ({ text, maxTotal }) => {
    const scene = await sceneWithMl('team-b', LIMITS, maxTotal);
    const { uid } = forge(scene, {}).metadata;
    scene.edit(
      'team-a',
      (held) => {
        const forged = { ...intent(), ...text(uid), cost: HUGE };
        return withAnnotations(held, { [ANNOTATIONS.intent]: JSON.stringify(forged) });
      },
      'forged',
    );
    await scene.simulation.pass(10_000);
    expect(scene.account(undefined, 'ml').metadata.finalizers ?? []).toEqual([]);
    scene.apply('team-b');
    await scene.simulation.pass(5 * MINUTE_MS);
    expect(isReady(scene.held('team-b'))).toBe(true);
  });
});

function nameFor(uid: string): string {
  return podName(INSTALLATION, { namespace: 'team-a', name: 'forged', uid }, 1);
}

function intentOf(scene: AccountScene): string | undefined {
  return scene.gpuPod('team-a')?.metadata.annotations?.[ANNOTATIONS.intent];
}
