import { readFileSync } from 'node:fs';
import { expect, it, jest } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import * as z from 'zod';
import { ACCOUNT_PLURALS } from '../../src/api/common/names.ts';
import { AccountScene } from './account-scene.ts';
import { messageOf, statusOf } from './readings.ts';

jest.setTimeout(5 * 60_000);

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const Document = z.looseObject({
  kind: z.enum(['GpuPod', 'GpuAccount', 'ClusterGpuAccount']),
  metadata: z.object({ name: z.string() }),
  spec: z.looseObject({ apiKeySecretRef: z.object({ name: z.string() }).optional() }),
});
type Document = z.output<typeof Document>;

function documentsOf(example: string): readonly Document[] {
  const text = readFileSync(`examples/${example}.yaml`, 'utf8');
  return parseAllDocuments(text).map((document) => Document.parse(document.toJS()));
}

/** Applies the accounts of an example, with their Secrets, and starts the operator. */
async function sceneOf(example: string): Promise<AccountScene> {
  const scene = new AccountScene();
  for (const { kind, metadata, spec } of documentsOf(example)) {
    if (kind !== 'GpuPod') {
      const isNamespaced = kind === 'GpuAccount';
      scene.writeSecret(
        isNamespaced ? 'team-a' : 'gpupod-system',
        String(spec.apiKeySecretRef?.name),
        'key-of-a',
      );
      const namespace = isNamespaced ? 'team-a' : undefined;
      scene.simulation.server.create(ACCOUNT_PLURALS[kind], namespace, { metadata, spec }, 'person');
    }
  }
  await scene.start();
  await scene.simulation.pass(10_000);
  return scene;
}

/** Applies the GpuPod of the example. */
function applyPod(scene: AccountScene, example: string, namespace: string, name = 'train-1'): void {
  const gpuPod = documentsOf(example).find(({ kind }) => kind === 'GpuPod');
  scene.simulation.server.create('gpupods', namespace, { metadata: { name }, spec: gpuPod?.spec }, 'person');
}

it('account.yaml: the user of the key of the team pays', async () => {
  const scene = await sceneOf('account');
  applyPod(scene, 'account', 'team-a');
  await scene.untilReady('team-a');
  expect(scene.payersOf('team-a')).toEqual(['user_a']);
  expect(scene.account('team-a', 'team')).toMatchObject({ status: { userId: 'user_a', instances: 1 } });
});

it('account-shared.yaml: selected namespaces share one wallet until its limit, others may not use it', async () => {
  const scene = await sceneOf('account-shared');
  for (const namespace of ['team-a', 'team-b']) {
    for (const name of ['one', 'two', 'three', 'four', 'five']) {
      applyPod(scene, 'account-shared', namespace, name);
    }
  }
  applyPod(scene, 'account-shared', 'team-c');
  await scene.simulation.pass(20 * MINUTE_MS);
  const rented = [...scene.payersOf('team-a'), ...scene.payersOf('team-b')];
  expect(rented).toEqual(Array.from({ length: 8 }, () => 'user_a'));
  const waiting = ['team-a', 'team-b'].flatMap((namespace) =>
    ['one', 'two', 'three', 'four', 'five']
      .map((name) => messageOf(scene.gpuPod(namespace, name), 'Synced'))
      .filter((message) => message.includes('limits.maxGpus of ClusterGpuAccount shared')),
  );
  expect(waiting).toHaveLength(2);
  expect(scene.syncedReason('team-c')).not.toBe('ReconcileSuccess');
  expect(scene.payersOf('team-c')).toEqual([]);
  expect(scene.account(undefined, 'shared')).toMatchObject({
    status: { instances: 8, gpus: 8, otherNamespaces: 0 },
  });
});

it('account-per-namespace.yaml: the third GpuPod of a namespace waits, and other namespaces go on', async () => {
  const scene = await sceneOf('account-per-namespace');
  for (const name of ['one', 'two', 'three']) applyPod(scene, 'account-per-namespace', 'team-a', name);
  await scene.simulation.pass(20 * MINUTE_MS);
  applyPod(scene, 'account-per-namespace', 'team-b');
  await scene.untilReady('team-b');
  expect(scene.payersOf('team-a')).toHaveLength(2);
  const said = ['one', 'two', 'three'].map((name) => messageOf(scene.gpuPod('team-a', name), 'Synced'));
  expect(said.join(' ')).toContain('limits.perNamespace.maxInstances of ClusterGpuAccount per-namespace');
  expect(scene.payersOf('team-b')).toHaveLength(1);
});

it('account-defaults.yaml: a short GpuPod has a cap and a lifetime', async () => {
  const scene = await sceneOf('account-defaults');
  applyPod(scene, 'account-defaults', 'team-a');
  await scene.untilReady('team-a');
  const { cost, createdAt, expiresAt, offer } = statusOf(scene.held('team-a'));
  expect(cost).toMatchObject({ maxPrice: 3 });
  expect(offer).toMatchObject({ security: 'secure_cloud' });
  expect(Date.parse(String(expiresAt)) - Date.parse(String(createdAt))).toBe(12 * HOUR_MS);
});
