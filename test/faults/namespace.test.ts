import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Flags } from '../support/operator-settings.ts';
import { createNamespace, createSecret, openBench } from '../support/bench.ts';
import type { Bench } from '../support/bench.ts';
import { LEASE } from './support/lease.ts';
import { openStage } from './support/stage.ts';
import type { Stage } from './support/stage.ts';

const MINUTE_MS = 60_000;
jest.setTimeout(6 * MINUTE_MS);

const NAMES = ['one', 'two', 'three'];

let bench: Bench;
let stage: Stage;

beforeAll(async () => {
  // kube-controller-manager deletes the objects of a namespace. Its executable is built on first use.
  bench = await openBench({
    controllerManager: true,
    onProgress: ({ message }) => process.stdout.write(`${message}\n`),
  });
}, 30 * MINUTE_MS);

afterEach(async () => {
  await stage.stop();
});

afterAll(async () => {
  await bench.close();
});

async function exists(namespace: string): Promise<boolean> {
  return (await bench.namespaces.get({ name: namespace })) !== undefined;
}

interface Installation {
  readonly where: string;
  /** Additional flags. */
  readonly flags: () => Promise<Flags>;
}

const INSTALLATIONS: readonly Installation[] = [
  {
    where: 'in another namespace',
    flags: async () => ({ ...LEASE, namespace: await createNamespace(bench) }),
  },
  { where: 'in the same namespace', flags: async () => await Promise.resolve({}) },
];

describe('the deletion of a namespace', () => {
  it.each(INSTALLATIONS)(
    'terminates all instances and completes while the operator runs $where',
    async ({ flags }) => {
      stage = await openStage(bench);
      const { scene } = stage;
      await createSecret(bench, scene.namespace, 'settings', { value: 'some-setting' });
      await createSecret(bench, scene.namespace, 'prime-api-key', { value: scene.simulator.apiKey });
      // A deleted Secret stays mounted in a running Pod.
      const keyFile = path.join(bench.directory, `${scene.namespace}.key`);
      await writeFile(keyFile, scene.simulator.apiKey);
      const operator = stage.start({ 'prime-api-key-file': keyFile, ...(await flags()) }, {});
      for (const name of NAMES) {
        await scene.create(name, {
          gpu: { types: ['H100_80GB'] },
          maxPrice: 3,
          env: [{ name: 'SETTING', valueFrom: { secretKeyRef: { name: 'settings', key: 'value' } } }],
        });
      }
      for (const name of NAMES) await scene.untilReady(name);

      await bench.namespaces.delete({ name: scene.namespace });
      for (const name of NAMES) await scene.untilGone(name);
      await scene.untilTrue('the namespace is gone', async () => !(await exists(scene.namespace)));
      expect(await stage.judge()).toEqual([]);
      expect(scene.simulator.ledger.live().filter(({ origin }) => origin === 'Api')).toEqual([]);
      expect(operator.isRunning()).toBe(true);
    },
  );
});
