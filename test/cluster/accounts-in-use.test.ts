import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { IN_USE_FINALIZER } from '../../src/api/common/names.ts';
import { createSecret, openBench } from '../support/bench.ts';
import type { Bench } from '../support/bench.ts';
import { openScene } from '../support/scene.ts';
import type { Scene } from '../support/scene.ts';

const MINUTE_MS = 60_000;
jest.setTimeout(5 * MINUTE_MS);

const H100 = { gpu: { types: ['H100_80GB'] }, maxPrice: 3 };
const NAMES = ['one', 'two', 'three'];
const OWNERS = '-o=jsonpath={range .metadata.managedFields[*]}{.manager}{" "}{end}';

let bench: Bench;
let scene: Scene;

beforeAll(async () => {
  // kube-controller-manager deletes the objects of a namespace. Its executable is built on first use.
  bench = await openBench({
    controllerManager: true,
    onProgress: ({ message }) => process.stdout.write(`${message}\n`),
  });
}, 30 * MINUTE_MS);

afterEach(async () => {
  await scene.stop();
});

afterAll(async () => {
  await bench.close();
});

async function finalizersOf(object: string): Promise<string> {
  const { stdout } = await scene.kubectl(['get', object, '-o=jsonpath={.metadata.finalizers}']);
  return stdout;
}

async function rentThree(): Promise<void> {
  scene = await openScene(bench);
  await createSecret(bench, scene.namespace, 'team-key', { 'api-key': 'other-key' });
  await scene.startOperator({ 'gpu-accounts': 'true' });
  const account = { apiVersion: 'gpupod.dev/v1alpha1', kind: 'GpuAccount', metadata: { name: 'default' } };
  const spec = { apiKeySecretRef: { name: 'team-key' } };
  await scene.kubectl(['apply', '-f', '-'], JSON.stringify({ ...account, spec }));
  for (const name of NAMES) await scene.create(name, H100);
  for (const name of NAMES) await scene.untilReady(name);
}

describe('the Secret and the account of GpuPods with instances', () => {
  it('carry a finalizer of a field manager of its own, which leaves the key alone', async () => {
    await rentThree();
    await scene.untilTrue('both are protected', async () => {
      const all = [await finalizersOf('gpuaccount/default'), await finalizersOf('secret/team-key')];
      return all.every((finalizers) => finalizers === JSON.stringify([IN_USE_FINALIZER]));
    });
    const owners = await scene.kubectl(['get', 'secret/team-key', '--show-managed-fields', OWNERS]);
    expect(owners.stdout.split(' ')).toContain('gpupod-operator-in-use');
    const { stdout: key } = await scene.kubectl(['get', 'secret/team-key', '-o=jsonpath={.data.api-key}']);
    expect(Buffer.from(key, 'base64').toString()).toBe('other-key');
  });

  it('go by themselves with their namespace, after every instance', async () => {
    await rentThree();
    await bench.namespaces.delete({ name: scene.namespace });
    for (const name of NAMES) await scene.untilGone(name);
    await scene.untilTrue(
      'the namespace is gone',
      async () => (await bench.namespaces.get({ name: scene.namespace })) === undefined,
    );
    const { ledger } = scene.simulator;
    expect(ledger.live().filter(({ origin }) => origin === 'Api')).toEqual([]);
    expect(ledger.entries().filter(({ userId }) => userId === 'user_2')).toHaveLength(NAMES.length);
  });
});
