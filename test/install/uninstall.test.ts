import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { stringify } from 'yaml';
import { startOperator } from '../../src/composition/operator.ts';
import type { RunningOperator } from '../../src/composition/operator.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { startSimulator } from '../../src/simulator/start-simulator.ts';
import type { Simulator } from '../../src/simulator/start-simulator.ts';
import { startControlPlane } from '../control-plane/control-plane.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { RecordingLog } from '../kubernetes/support/recording-log.ts';
import { chart, helm as runHelm, kubectl as runKubectl, SOME_IMAGE } from '../manifests/support/helm.ts';
import { uninstall } from '../manifests/support/uninstall-hook.ts';
import { rentedStatus } from '../support/builders/gpu-pod.ts';
import { operatorArgs } from '../support/operator-settings.ts';

const MINUTE_MS = 60_000;
jest.setTimeout(5 * MINUTE_MS);

const RELEASE = 'gpupod-operator';

let controlPlane: ControlPlane;
let simulator: Simulator | undefined;
let operator: RunningOperator | undefined;
/** The namespace of the release, and of its GpuPods: one for each test. */
let namespace: string;
let namespaces = 0;

async function helm(...args: readonly string[]): Promise<string> {
  return await runHelm(controlPlane, ...args);
}

async function kubectl(...args: readonly string[]): Promise<string> {
  return await runKubectl(controlPlane, '-n', namespace, ...args);
}

async function install(...sets: readonly string[]): Promise<void> {
  namespaces += 1;
  namespace = `system-${namespaces}`;
  const values = sets.flatMap((set) => ['--set', set]);
  const where = ['-n', namespace, '--create-namespace'];
  await helm(
    'install',
    RELEASE,
    chart,
    ...where,
    ...SOME_IMAGE,
    '--set',
    'uninstall.protectRecord=false',
    ...values,
  );
  await kubectl('wait', 'crd/gpupods.gpupod.dev', '--for=condition=Established', '--timeout=60s');
}

/** Starts the operator in this process, as the service account of the chart. */
async function startAsServiceAccount(): Promise<Simulator> {
  simulator = await startSimulator({ settings: { provisioningMs: 100, installingMs: 100, deletingMs: 100 } });
  const kubeconfigPath = await controlPlane.kubeconfigForServiceAccount(namespace, RELEASE);
  const args = operatorArgs(
    { kubeconfigPath, namespace, primeUrl: simulator.url },
    { 'leader-elect': 'false' },
  );
  const loaded = loadConfig(args, { PRIME_API_KEY: simulator.apiKey });
  if (loaded.kind !== 'ok') throw new Error(JSON.stringify(loaded));
  operator = await startOperator(loaded.config, new RecordingLog());
  return simulator;
}

async function apply(name: string, spec: object = {}, metadata: object = {}): Promise<void> {
  const manifest = stringify({
    apiVersion: 'gpupod.dev/v1alpha1',
    kind: 'GpuPod',
    metadata: { name, ...metadata },
    spec: { gpu: { types: ['H100_80GB'] }, maxPrice: 3, ...spec },
  });
  const applied = await controlPlane.kubectl(['-n', namespace, 'apply', '-f', '-'], { input: manifest });
  expect(applied).toMatchObject({ code: 0 });
}

async function waitReady(...names: readonly string[]): Promise<void> {
  const gpuPods = names.map((name) => `gpupod/${name}`);
  await kubectl('wait', ...gpuPods, '--for=condition=Ready', '--timeout=120s');
}

/** A GpuPod as an operator left it that no longer runs. */
async function applyRented(name: string, spec: object = {}): Promise<void> {
  await apply(name, spec, { finalizers: ['gpupod.dev/rental'] });
  const status = JSON.stringify({ status: rentedStatus() });
  await kubectl('patch', 'gpupod', name, '--subresource=status', '--type=merge', '-p', status);
}

async function podIdOf(name: string): Promise<string> {
  return await kubectl('get', 'gpupod', name, '-o', 'jsonpath={.status.podId}');
}

/** Removes the GpuPods of this test without an operator. */
async function removeGpuPods(): Promise<void> {
  for (const name of (await kubectl('get', 'gpupods', '-o', 'name')).split('\n').filter(Boolean)) {
    await kubectl('patch', name, '--type=merge', '-p', '{"metadata":{"finalizers":null}}');
    await kubectl('delete', name, '--ignore-not-found');
  }
}

/** The objects of the release and of its hooks that exist. */
async function objectsLeft(): Promise<readonly string[]> {
  const kinds = 'deployments,jobs,serviceaccounts,roles,rolebindings,clusterroles,clusterrolebindings';
  const selector = ['-l', `app.kubernetes.io/instance=${RELEASE}`, '-o', 'name'];
  const names = (await kubectl('get', kinds, ...selector)).split('\n').filter(Boolean);
  // Other tests leave releases of the same name in their namespaces.
  return names.filter((name) => !name.startsWith('clusterrole') || name.includes(`/${namespace}-`));
}

beforeAll(async () => {
  controlPlane = await startControlPlane();
  namespace = 'default';
}, 40 * MINUTE_MS);

afterEach(async () => {
  await operator?.stop();
  operator = undefined;
  await simulator?.stop();
  simulator = undefined;
  await removeGpuPods();
  await controlPlane.kubectl(['delete', 'namespace', namespace, '--wait=false']);
});

afterAll(async () => {
  await controlPlane.stop();
});

describe('helm uninstall', () => {
  it('fails while an instance runs, lists it, and deletes nothing; it succeeds once the GpuPod is deleted', async () => {
    await install('watchNamespace=system-1', 'crds.enabled=true');
    await startAsServiceAccount();
    await apply('train');
    await waitReady('train');
    const before = await objectsLeft();

    const refused = await uninstall(controlPlane, RELEASE, namespace);
    expect(refused.isSuccess).toBe(false);
    expect(refused.check).toMatch(
      new RegExp(`\n${namespace} +train +${await podIdOf('train')} +1\\.90 .* Delete\n`),
    );
    expect(refused.check).toContain('They cost 1.90 USD per hour, 45.60 USD per day.');
    expect(refused.check).toContain(`kubectl delete gpupods --all --namespace ${namespace}`);
    expect((await objectsLeft()).filter((name) => !name.includes('uninstall'))).toEqual(before);

    await kubectl('delete', 'gpupods', '--all', '--timeout=120s');
    const done = await uninstall(controlPlane, RELEASE, namespace);
    expect(done).toMatchObject({
      isSuccess: true,
      check: expect.stringContaining('No GpuPod has an instance'),
    });
    expect(await objectsLeft()).toEqual([]);
  });

  it('can be followed by an upgrade after a refusal, once the release is rolled back', async () => {
    await install();
    await applyRented('train');
    expect(await uninstall(controlPlane, RELEASE, namespace)).toMatchObject({ isSuccess: false });
    const upgrade = ['upgrade', RELEASE, chart, '-n', namespace, '--reuse-values'];
    await expect(helm(...upgrade)).rejects.toThrow('has no deployed releases');
    await helm('rollback', RELEASE, '1', '-n', namespace);
    await helm(...upgrade, '--set', 'uninstall.policy=Retain');
    expect(await uninstall(controlPlane, RELEASE, namespace)).toMatchObject({ isSuccess: true });
  });

  it('skips the check with --no-hooks', async () => {
    await install();
    await applyRented('train');
    expect(await uninstall(controlPlane, RELEASE, namespace, '--no-hooks')).toMatchObject({
      isSuccess: true,
      check: undefined,
    });
  });

  it('fails for a GpuPod that it cannot read, and names it', async () => {
    await install();
    const crd = await kubectl('get', 'crd', 'gpupods.gpupod.dev', '-o', 'json');
    const any = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
    const loosen = [{ op: 'replace', path: '/spec/versions/0/schema/openAPIV3Schema', value: any }];
    await kubectl('patch', 'crd', 'gpupods.gpupod.dev', '--type=json', '-p', JSON.stringify(loosen));
    await applyRented('odd', { gpu: 'H100' });
    const refused = await uninstall(controlPlane, RELEASE, namespace);
    expect(refused.isSuccess).toBe(false);
    expect(refused.check).toMatch(/ odd +pod-1 .* unreadable, so it may have an instance: spec\.gpu/);
    await removeGpuPods();
    const { spec } = JSON.parse(crd) as { readonly spec: unknown };
    await kubectl('patch', 'crd', 'gpupods.gpupod.dev', '--type=merge', '-p', JSON.stringify({ spec }));
  });

  it('fails with crds.keep=false while a suspended GpuPod has the finalizer, and then deletes the CRD as well', async () => {
    await kubectl('delete', 'crd', 'gpupods.gpupod.dev', '--ignore-not-found', '--timeout=60s');
    await install('crds.enabled=true', 'crds.keep=false');
    await startAsServiceAccount();
    await apply('rested');
    await waitReady('rested');
    await kubectl('patch', 'gpupod', 'rested', '--type=merge', '-p', '{"spec":{"suspend":true}}');
    const isSuspended = '--for=jsonpath={.status.conditions[?(@.type=="Ready")].reason}=Suspended';
    await kubectl('wait', 'gpupod/rested', isSuspended, '--timeout=60s');

    const refused = await uninstall(controlPlane, RELEASE, namespace);
    expect(refused).toMatchObject({
      isSuccess: false,
      check: expect.stringContaining('1 GpuPod without an instance still has the finalizer of the operator'),
    });
    expect(
      await kubectl('get', 'crd', 'gpupods.gpupod.dev', '-o', 'jsonpath={.metadata.deletionTimestamp}'),
    ).toBe('');

    await kubectl('delete', 'gpupods', '--all', '--timeout=60s');
    expect(await uninstall(controlPlane, RELEASE, namespace)).toMatchObject({ isSuccess: true });
    await kubectl('wait', 'crd/gpupods.gpupod.dev', '--for=delete', '--timeout=60s');
    await install('crds.enabled=true');
  });

  it('succeeds where there is no CRD', async () => {
    await install();
    await kubectl('delete', 'crd', 'gpupods.gpupod.dev', '--timeout=60s');
    expect(await uninstall(controlPlane, RELEASE, namespace)).toMatchObject({ isSuccess: true });
    await install('crds.enabled=true');
  });
});

describe('uninstall.policy=Retain', () => {
  it('succeeds, lists what keeps billing, and keeps its record', async () => {
    await install('uninstall.policy=Retain');
    const { ledger } = await startAsServiceAccount();
    await apply('train');
    await waitReady('train');
    const podId = await podIdOf('train');
    const done = await uninstall(controlPlane, RELEASE, namespace);
    expect(done).toMatchObject({ isSuccess: true, check: expect.stringContaining(` ${podId} `) });
    expect(done.check).toContain('They cost 1.90 USD per hour');
    expect(ledger.live().map(({ id }) => id)).toEqual([podId]);
    expect(await podIdOf('train')).toBe(podId);
    await kubectl('get', 'configmap', 'gpupod-operator-installation');
  });
});

describe('uninstall.policy=Terminate', () => {
  it('deletes all GpuPods, waits for the operator, and says which instance is retained', async () => {
    await install('uninstall.policy=Terminate');
    const { ledger } = await startAsServiceAccount();
    await apply('train');
    await apply('kept', { deletionPolicy: 'Retain' });
    await apply('suspended', { suspend: true });
    await waitReady('train', 'kept');
    const kept = await podIdOf('kept');
    const done = await uninstall(controlPlane, RELEASE, namespace);
    expect(done.isSuccess).toBe(true);
    expect(done.check).toMatch(/^Waiting for 3 GpuPods to be deleted\. They cost 3\.80 USD per hour/);
    expect(done.check).toMatch(new RegExp(`1 GpuPod had deletionPolicy Retain[^]* kept +${kept} `));
    expect(ledger.live().map(({ id }) => id)).toEqual([kept]);
    expect(await kubectl('get', 'gpupods', '-o', 'name')).toBe('');
    expect(await objectsLeft()).toEqual([]);
  });

  it('fails when the time is up, and lists what is left', async () => {
    await install('uninstall.policy=Terminate', 'uninstall.timeout=1s');
    await applyRented('train');
    const refused = await uninstall(controlPlane, RELEASE, namespace);
    expect(refused.isSuccess).toBe(false);
    expect(refused.check).toMatch(
      /The deletion took longer than uninstall\.timeout\.[^]* train +pod-1 +1\.90 .* terminating/,
    );
    expect(await objectsLeft()).toContain(`deployment.apps/${RELEASE}`);
  });
});
