import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../src/clock.ts';
import { ObjectWatch } from '../../src/kubernetes/cache/object-watch.ts';
import { ApiTransport } from '../../src/kubernetes/client/api-transport.ts';
import { resourcePath } from '../../src/kubernetes/client/resource-client.ts';
import { SECRETS } from '../../src/kubernetes/client/secrets-client.ts';
import { loadKubeConfig } from '../../src/kubernetes/kubeconfig/kube-config.ts';
import { createNamespace, createSecret, openBench } from '../support/bench.ts';
import type { Bench } from '../support/bench.ts';
import { until } from '../support/until.ts';

const MINUTE_MS = 60_000;
const GRANTED = 'granted';

let bench: Bench;
let namespace: string;
let transport: ApiTransport;

beforeAll(async () => {
  bench = await openBench();
  namespace = await createNamespace(bench);
  for (const name of [GRANTED, 'other']) await createSecret(bench, namespace, name, { 'api-key': 'first' });
  const { controlPlane } = bench;
  const kubectl = async (...args: string[]): Promise<void> => {
    const { stderr } = await controlPlane.kubectl(['-n', namespace, ...args]);
    expect(stderr).toBe('');
  };
  await kubectl('create', 'serviceaccount', 'operator');
  // What a team grants for its own Secret.
  await kubectl('create', 'role', 'key', '--verb=watch', '--resource=secrets', `--resource-name=${GRANTED}`);
  await kubectl('create', 'rolebinding', 'key', '--role=key', `--serviceaccount=${namespace}:operator`);
  const path = await controlPlane.kubeconfigForServiceAccount(namespace, 'operator');
  const { kubeConfig } = loadKubeConfig({ path });
  transport = new ApiTransport({ kubeConfig, clock: systemClock, userAgent: 'gpupod-test' });
}, 20 * MINUTE_MS);

afterAll(async () => {
  transport.close();
  await bench.close();
});

/** Watches a Secret until it is open or refused, and returns how that ended and what it tells. */
async function watched(name: string): Promise<{ state: string; changes: () => number; stop: () => void }> {
  let changes = 0;
  let isRefused = false;
  const watch = new ObjectWatch({
    ...{ transport, clock: systemClock, name },
    path: resourcePath(SECRETS, namespace),
    onChange: () => {
      changes += 1;
    },
    onForbidden: () => {
      isRefused = true;
    },
  });
  watch.start();
  const look = (): string | undefined => (isRefused ? 'refused' : watch.isOpen ? 'open' : undefined);
  const state = await until(
    'an answer',
    async () => await Promise.resolve(look()),
    () => name,
  );
  return { state, changes: () => changes, stop: () => watch.stop() };
}

async function untilChanges(what: string, isSo: () => boolean): Promise<void> {
  await until(
    what,
    async () => await Promise.resolve(isSo() ? true : undefined),
    () => what,
  );
}

describe('the right to watch one Secret by its name', () => {
  it('suffices to learn of its changes and its deletion', async () => {
    const { state, changes, stop } = await watched(GRANTED);
    expect(state).toBe('open');
    await untilChanges('the Secret as it is', () => changes() > 0);
    const before = changes();
    await bench.secrets.mergePatch({ namespace, name: GRANTED }, { stringData: { 'api-key': 'second' } });
    await untilChanges('the change', () => changes() === before + 1);
    await bench.secrets.delete({ namespace, name: GRANTED });
    await untilChanges('the deletion', () => changes() === before + 2);
    stop();
  });

  it('does not extend to another Secret', async () => {
    const { state, changes, stop } = await watched('other');
    expect([state, changes()]).toEqual(['refused', 0]);
    stop();
  });
});
