import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import type { GpuPodSpecInput } from '../../src/api/gpupod/spec.ts';
import { createSecret } from '../support/bench.ts';
import { conditionText } from '../support/scene.ts';
import type { Scene } from '../support/scene.ts';
import { useBench } from '../support/use-bench.ts';

/** Texts that occur nowhere else. Every occurrence is a leak. */
const TOKEN = 'canary-token-4711';
const PASSWORD = 'canary-password-4712';
const KEY = 'canary-key-4713';

const cluster = useBench();
let scene: Scene;

const WITH_SECRETS: GpuPodSpecInput = {
  gpu: { types: ['H100_80GB'] },
  env: [
    { name: 'PLAIN', value: 'text' },
    { name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'training', key: 'token' } } },
  ],
  jupyterPasswordSecretRef: { name: 'training', key: 'password' },
};

/** Everything readable of a scene, except the Secrets. */
async function readable(): Promise<string> {
  const { namespace } = scene;
  const objects = await cluster.bench.gpuPods.list({ namespace });
  const events = await cluster.bench.events.list({ namespace });
  const maps = await scene.kubectl(['get', 'configmaps,leases', '-o', 'json']);
  const lines = scene.log.lines.map(({ message, fields }) => `${message} ${errorsShown(fields)}`);
  return JSON.stringify([objects, events, maps.stdout, lines]);
}

/** In the format of a logger, including error messages and stacks. */
function errorsShown(fields: object): string {
  return JSON.stringify(fields, (_key, value: unknown) =>
    value instanceof Error ? inspect(value, { depth: 10 }) : value,
  );
}

describe('values from Secrets', () => {
  it('occur only in the create request, whatever the provider answers', async () => {
    const account = { key: KEY, userId: 'user_1' };
    scene = await cluster.open({ simulator: { settings: { accounts: [account] } } });
    // A provider that echoes the request in its refusal.
    const echo = { detail: `bad body: ${TOKEN} ${PASSWORD} Bearer ${KEY}` };
    scene.simulator.faults.add({
      method: 'POST',
      path: '/pods/',
      nth: 1,
      effect: { kind: 'Answer', status: 400, body: echo },
    });
    scene.simulator.faults.add({
      method: 'POST',
      path: '/pods/',
      nth: 2,
      effect: { kind: 'AnswerAfter', status: 500, body: echo },
    });
    await createSecret(cluster.bench, scene.namespace, 'training', { token: TOKEN, password: PASSWORD });
    await scene.startOperator();
    await scene.create('secretive', WITH_SECRETS);
    await scene.untilReady('secretive');

    expect(scene.simulator.ledger.entries()).toMatchObject([
      {
        request: {
          pod: {
            envVars: [
              { key: 'PLAIN', value: 'text' },
              { key: 'TOKEN', value: TOKEN },
            ],
            jupyterPassword: PASSWORD,
          },
        },
      },
    ]);
    const text = await readable();
    expect([TOKEN, PASSWORD, KEY].filter((canary) => text.includes(canary))).toEqual([]);
    const binding = await cluster.bench.secrets.get({
      namespace: scene.namespace,
      name: 'secretive-connection',
    });
    expect(JSON.stringify(binding?.['data'])).not.toContain(Buffer.from(TOKEN).toString('base64'));
  });

  it.each([
    { why: 'the Secret is missing', existing: undefined },
    { why: 'the key is missing', existing: { token: TOKEN } },
  ])('delay the create request until they exist: $why', async ({ existing }) => {
    scene = await cluster.open();
    if (existing !== undefined) await createSecret(cluster.bench, scene.namespace, 'training', existing);
    await scene.startOperator();
    await scene.create('waiting', WITH_SECRETS);
    const gpuPod = await scene.untilCondition('waiting', 'Synced=False ReferenceNotFound');
    const message = gpuPod.status.conditions?.find(({ type }) => type === 'Synced')?.message;
    expect(message).toContain('training');
    expect(scene.simulator.requests.count({ method: 'POST' })).toBe(0);

    if (existing === undefined) {
      await createSecret(cluster.bench, scene.namespace, 'training', { token: TOKEN, password: PASSWORD });
    } else {
      await cluster.bench.secrets.mergePatch(
        { namespace: scene.namespace, name: 'training' },
        { stringData: { password: PASSWORD } },
      );
    }
    await scene.untilReady('waiting');
    expect(scene.simulator.ledger.entries()).toHaveLength(1);
  });
});

describe('the connection Secret', () => {
  it('of somebody else is never overwritten, and does not keep the instance from being ready', async () => {
    scene = await cluster.open();
    await createSecret(cluster.bench, scene.namespace, 'crowded-connection', { mine: 'untouched' });
    await scene.startOperator();
    await scene.create('crowded', { gpu: { types: ['H100_80GB'] } });
    const gpuPod = await scene.untilReady('crowded');
    expect(conditionText(gpuPod, 'Synced')).toBe('False SecretConflict');
    expect(gpuPod.status).not.toHaveProperty('binding');
    expect(gpuPod.status.ssh?.command).toMatch(/^ssh /);

    await scene.delete('crowded');
    await scene.untilGone('crowded');
    const secret = await cluster.bench.secrets.get({
      namespace: scene.namespace,
      name: 'crowded-connection',
    });
    expect(secret?.['data']).toEqual({ mine: Buffer.from('untouched').toString('base64') });
  });

  it('has the name from the spec', async () => {
    scene = await cluster.open();
    await scene.startOperator();
    await scene.create('named', { gpu: { types: ['H100_80GB'] }, connectionSecretName: 'way-in' });
    const { status } = await scene.untilReady('named');
    expect(status.binding).toEqual({ name: 'way-in' });
    expect(await cluster.bench.secrets.get({ namespace: scene.namespace, name: 'way-in' })).toBeDefined();
  });

  it('is deleted with its instance, because somebody else may get the address', async () => {
    scene = await cluster.open();
    await scene.startOperator();
    await scene.create('paused-work', { gpu: { types: ['H100_80GB'] } });
    await scene.untilReady('paused-work');
    await scene.patch('paused-work', { spec: { suspend: true } });
    await scene.untilCondition('paused-work', 'Ready=False Suspended');
    await scene.until('paused-work', 'no machine', ({ status }) => status.podId === undefined);
    expect(
      await cluster.bench.secrets.get({ namespace: scene.namespace, name: 'paused-work-connection' }),
    ).toBeUndefined();
  });
});
