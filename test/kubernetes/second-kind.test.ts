import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Controller } from '../../src/kubernetes/controller.ts';
import { recordAt, stringAt } from '../../src/json.ts';
import type { KubernetesObject } from '../../src/kubernetes/objects.ts';
import { objectKey } from '../../src/kubernetes/objects.ts';
import { ownKey } from '../../src/kubernetes/cache/source.ts';
import type { WatchedObject } from '../../src/kubernetes/cache/source.ts';
import type { StoreView } from '../../src/kubernetes/cache/store.ts';
import { ManagerBench, resource } from './support/manager-bench.ts';
import { until } from './support/until.ts';

/**
 * Everything that a second kind declares, and how the two kinds requeue each other. A changed account requeues the GpuPods
 * that name it. A changed GpuPod requeues the account that it names, and the account that it named before.
 */

const ACCOUNTS = '/apis/example.dev/v1/accounts';
const PODS = '/apis/example.dev/v1/gpupods';

let bench: ManagerBench;

beforeEach(async () => {
  bench = await ManagerBench.open();
});

afterEach(async () => {
  await bench.runtime.close();
});

function accountOf(object: unknown): string | undefined {
  return stringAt(recordAt(object, 'spec'), 'account');
}

function accountKey({ meta, stored }: WatchedObject): readonly string[] {
  const account = accountOf(stored);
  return account === undefined ? [] : [`${meta.namespace ?? ''}/${account}`];
}

/** The GpuPods that name this account, from the local cache. */
function dependants(gpuPods: StoreView<KubernetesObject>): (object: WatchedObject) => readonly string[] {
  return ({ meta }) =>
    gpuPods
      .list()
      .filter((gpuPod) => gpuPod.metadata.namespace === meta.namespace && accountOf(gpuPod) === meta.name)
      .map(objectKey);
}

async function startBothKinds(): Promise<void> {
  const { manager, runtime, steps } = bench;
  const { clock, log } = runtime;
  const gpuPods = manager.source(resource('gpupods'));
  const accounts = manager.source(resource('accounts'));
  const shared = { clock, log, workers: { concurrency: 1 } };
  const noting = (kind: string) => async (key: string) => {
    steps.push(`${kind} ${key}`);
    return await Promise.resolve({ kind: 'done' } as const);
  };
  const gpuPodController = new Controller({
    ...shared,
    name: 'gpupod',
    watches: [
      { source: gpuPods, toKeys: ownKey },
      { source: accounts, toKeys: dependants(gpuPods.store) },
    ],
    reconcile: noting('gpupod'),
  });
  const accountController = new Controller({
    ...shared,
    name: 'account',
    watches: [
      { source: accounts, toKeys: ownKey },
      { source: gpuPods, toKeys: accountKey },
    ],
    reconcile: noting('account'),
  });
  await bench.start([accountController, gpuPodController]);
  bench.election.win();
  await bench.whenWatched(2);
}

/** Waits until these keys are reconciled, and returns each reconciled kind and key once. */
async function reconciled(act: () => void, expected: readonly string[]): Promise<readonly string[]> {
  bench.steps.length = 0;
  act();
  await until(() => expected.every((step) => bench.steps.includes(step)), expected.join(', '));
  return [...new Set(bench.steps)].toSorted();
}

it('requeues the GpuPods of a changed account, and both accounts of a GpuPod that changes its account', async () => {
  const { objects } = bench.server;
  objects.put(ACCOUNTS, 'ml/blue');
  objects.put(ACCOUNTS, 'ml/green');
  objects.put(PODS, 'ml/train-1', { spec: { account: 'blue' } });
  objects.put(PODS, 'ml/train-2', { spec: { account: 'green' } });
  await startBothKinds();
  await until(() => new Set(bench.steps).size === 5);

  const ofAccount = ['account ml/blue', 'gpupod ml/train-1'];
  expect(await reconciled(() => objects.put(ACCOUNTS, 'ml/blue', { spec: { key: 2 } }), ofAccount)).toEqual(
    ofAccount,
  );
  const ofMove = ['account ml/blue', 'account ml/green', 'gpupod ml/train-1'];
  expect(
    await reconciled(() => objects.put(PODS, 'ml/train-1', { spec: { account: 'green' } }), ofMove),
  ).toEqual(ofMove);
  const ofDeletion = ['account ml/green', 'gpupod ml/train-1', 'gpupod ml/train-2'];
  expect(await reconciled(() => objects.remove(ACCOUNTS, 'ml/green'), ofDeletion)).toEqual(ofDeletion);
  expect(bench.opened).toEqual([PODS, ACCOUNTS]);
});
