import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { stringify } from 'yaml';
import { startOperator } from '../../src/composition/operator.ts';
import type { RunningOperator } from '../../src/composition/operator.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { startSimulator } from '../../src/simulator/start-simulator.ts';
import type { Simulator } from '../../src/simulator/start-simulator.ts';
import { startControlPlane } from '../control-plane/control-plane.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import type { KubectlResult } from '../control-plane/kubectl.ts';
import { RecordingLog } from '../kubernetes/support/recording-log.ts';
import { kubectl as runKubectl } from '../manifests/support/helm.ts';
import { operatorArgs } from '../support/operator-settings.ts';
import { until } from '../support/until.ts';

const MINUTE_MS = 60_000;
jest.setTimeout(5 * MINUTE_MS);

const root = path.resolve(import.meta.dirname, '../..');
const OPERATOR = 'gpupod-system';
/** A user with all RBAC rights on GpuPods. */
const TENANT = ['--as=tenant', '--as-group=system:authenticated'];

const FINALIZERS = '/metadata/finalizers/-';
const ADD_FINALIZER = JSON.stringify([{ op: 'add', path: FINALIZERS, value: 'example.com/mine' }]);
const REMOVE_FINALIZER = JSON.stringify([
  { op: 'test', path: '/metadata/finalizers/1', value: 'example.com/mine' },
  { op: 'remove', path: '/metadata/finalizers/1' },
]);

let controlPlane: ControlPlane;
let simulator: Simulator;
let operator: RunningOperator | undefined;
const log = new RecordingLog();
let namespace: string;
let namespaces = 0;

async function kubectl(...args: readonly string[]): Promise<string> {
  return await runKubectl(controlPlane, ...args);
}

/** Runs kubectl as the tenant in the namespace of this test. A refusal is a valid result. */
async function tenant(args: readonly string[], input?: string): Promise<KubectlResult> {
  const call = input === undefined ? {} : { input };
  return await controlPlane.kubectl(['-n', namespace, ...TENANT, ...args], call);
}

function manifest(name: string): string {
  return stringify({
    apiVersion: 'gpupod.dev/v1alpha1',
    kind: 'GpuPod',
    metadata: { name },
    spec: { gpu: { types: ['H100_80GB'] }, maxPrice: 3 },
  });
}

/** The names of the instances of this test that are billing. */
function livePods(): string[] {
  return simulator.ledger.live().flatMap(({ name }) => (name.includes(namespace) ? [name] : []));
}

/** The stored fields that the policy protects. */
async function intentOf(name: string): Promise<string> {
  const path_ = '{.metadata.finalizers}{.metadata.annotations.gpupod\\.dev/intent}{.status.podId}';
  return await kubectl('-n', namespace, 'get', 'gpupod', name, '-o', `jsonpath=${path_}`);
}

async function rent(name: string): Promise<void> {
  expect(await tenant(['apply', '-f', '-'], manifest(name))).toMatchObject({ code: 0 });
  await kubectl('-n', namespace, 'wait', `gpupod/${name}`, '--for=condition=Ready', '--timeout=120s');
}

/** An overlay as a user writes it: the manifests of deploy/ with both policies. */
async function installWithPolicy(): Promise<void> {
  const overlay = path.join(controlPlane.directory, 'overlay');
  await mkdir(overlay);
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: [path.relative(overlay, path.join(root, 'deploy'))],
    components: ['admission-policy', 'deletion-guard'].map((component) =>
      path.relative(overlay, path.join(root, 'deploy/components', component)),
    ),
  };
  await writeFile(path.join(overlay, 'kustomization.yaml'), stringify(kustomization));
  await kubectl('apply', '-k', overlay);
  await kubectl('wait', 'crd/gpupods.gpupod.dev', '--for=condition=Established', '--timeout=60s');
}

/** A policy takes effect some seconds after it was written. */
async function untilInForce(): Promise<void> {
  await kubectl('-n', 'default', 'create', '-f', await manifestFile('probe'));
  const patch = ['patch', 'gpupod', 'probe', '--subresource=status', '--type=merge', '-p', '{"status":{}}'];
  await until(
    'the policy is in force',
    async () => {
      const { code } = await controlPlane.kubectl(['-n', 'default', ...patch, '--dry-run=server']);
      return code === 0 ? undefined : true;
    },
    () => 'status could still be written',
  );
  await kubectl('-n', 'default', 'delete', 'gpupod', 'probe');
}

async function manifestFile(name: string): Promise<string> {
  const file = path.join(controlPlane.directory, `${name}.yaml`);
  await writeFile(file, manifest(name));
  return file;
}

/** Starts the operator in this process, as the service account of deploy/. */
async function startAsServiceAccount(): Promise<void> {
  simulator = await startSimulator({ settings: { provisioningMs: 100, installingMs: 100, deletingMs: 100 } });
  const kubeconfigPath = await controlPlane.kubeconfigForServiceAccount(OPERATOR, 'gpupod-operator');
  const place = { kubeconfigPath, namespace: OPERATOR, primeUrl: simulator.url };
  const args = operatorArgs(place, { 'leader-elect': 'false' });
  const loaded = loadConfig(
    args.filter((arg) => !arg.startsWith('--watch-namespace=')),
    { PRIME_API_KEY: simulator.apiKey },
  );
  if (loaded.kind !== 'ok') throw new Error(JSON.stringify(loaded));
  operator = await startOperator(loaded.config, log);
}

beforeAll(async () => {
  controlPlane = await startControlPlane({ controllerManager: true });
  await installWithPolicy();
  await kubectl('create', 'clusterrole', 'all-of-gpupods', '--verb=*', '--resource=gpupods.gpupod.dev');
  await kubectl(
    'create',
    'clusterrole',
    'status-of-gpupods',
    '--verb=*',
    '--resource=gpupods.gpupod.dev/status',
  );
  for (const role of ['all-of-gpupods', 'status-of-gpupods']) {
    await kubectl('create', 'clusterrolebinding', role, `--clusterrole=${role}`, '--user=tenant');
  }
  await untilInForce();
  await startAsServiceAccount();
}, 40 * MINUTE_MS);

beforeEach(async () => {
  namespaces += 1;
  namespace = `team-${namespaces}`;
  await kubectl('create', 'namespace', namespace);
});

afterEach(() => {
  simulator.faults.clear();
});

afterAll(async () => {
  await operator?.stop();
  await simulator.stop();
  await controlPlane.stop();
});

describe('the admission policies', () => {
  it('pass the type check of the API server', async () => {
    const checked = await until(
      'their types are checked',
      async () => {
        const text = await kubectl('get', 'validatingadmissionpolicy', '-o', 'jsonpath={.items[*].status}');
        return text.split('observedGeneration').length === 5 ? text : undefined;
      },
      () => 'no status',
    );
    expect(checked).not.toContain('expressionWarnings');
  });
});

describe('the admission policy', () => {
  it('rejects changes that would lose or duplicate an instance, and says what to do', async () => {
    await rent('train');
    const merge = ['patch', 'gpupod', 'train', '--type=merge', '-p'];
    const before = await intentOf('train');
    for (const { args, input, says } of [
      {
        args: [...merge, '{"metadata":{"finalizers":null}}'],
        says: /finalizer gpupod\.dev\/rental .*gpupod\.dev\/force-release/,
      },
      {
        args: [...merge, '{"metadata":{"finalizers":["example.com/mine"]}}'],
        says: /finalizer gpupod\.dev\/rental/,
      },
      {
        args: ['annotate', 'gpupod', 'train', 'gpupod.dev/intent-'],
        says: /gpupod\.dev\/intent is the create intent/,
      },
      {
        args: ['annotate', 'gpupod', 'train', '--overwrite', 'gpupod.dev/intent={}'],
        says: /gpupod\.dev\/intent is the create intent/,
      },
      { args: ['replace', '-f', '-'], input: manifest('train'), says: /use kubectl apply/ },
      {
        args: [...merge, '{"status":{"podId":null}}', '--subresource=status'],
        says: /status of a GpuPod is written by the operator alone/,
      },
    ]) {
      const { code, stderr } = await tenant(args, input);
      expect({ args, code, stderr }).toEqual({ args, code: 1, stderr: expect.stringMatching(says) });
    }
    // The policy applies to administrators too, because their mistakes cost as much.
    const asAdministrator = await controlPlane.kubectl([
      '-n',
      namespace,
      ...merge,
      '{"metadata":{"finalizers":null}}',
    ]);
    expect(asAdministrator.stderr).toMatch(/removed by the operator alone/);
    expect(await intentOf('train')).toBe(before);
  });

  it('rejects a new GpuPod with the create intent or the finalizer of another, except from backup tools', async () => {
    await rent('owner');
    const order = await kubectl(
      ...['-n', namespace, 'get', 'gpupod', 'owner'],
      ...['-o', 'jsonpath={.metadata.annotations.gpupod\\.dev/intent}'],
    );
    expect(order).toContain('"v":1');
    const brought = (name: string, metadata: Readonly<Record<string, unknown>>): string =>
      stringify({
        apiVersion: 'gpupod.dev/v1alpha1',
        kind: 'GpuPod',
        metadata: { name, ...metadata },
        spec: { gpu: { types: ['H100_80GB'] }, maxPrice: 3, suspend: true },
      });
    const withIntent = { annotations: { 'gpupod.dev/intent': order } };
    const withFinalizer = { finalizers: ['gpupod.dev/rental'] };
    for (const metadata of [withIntent, withFinalizer]) {
      const refused = await tenant(['create', '-f', '-'], brought('thief', metadata));
      expect(refused).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/written by the operator alone/),
      });
    }
    const others = { annotations: { 'gpupod.dev/paused': 'true' }, finalizers: ['example.com/mine'] };
    expect(await tenant(['create', '-f', '-', '--dry-run=server'], brought('thief', others))).toMatchObject({
      code: 0,
    });
    const backup = ['--as-group=gpupod.dev:backup', 'create', '-f', '-', '--dry-run=server'];
    expect(await tenant(backup, brought('restored', withIntent))).toMatchObject({ code: 0, stderr: '' });
    const update = ['--as-group=gpupod.dev:backup', 'annotate', 'gpupod', 'owner', 'gpupod.dev/intent-'];
    expect(await tenant(update)).toMatchObject({ code: 1 });
  });

  it('allows what users need, and the whole life cycle of the operator', async () => {
    await rent('train');
    for (const args of [
      ['annotate', 'gpupod', 'train', 'gpupod.dev/paused=true'],
      ['annotate', 'gpupod', 'train', 'gpupod.dev/paused-'],
      ['annotate', 'gpupod', 'train', 'gpupod.dev/reconcile-requested-at=now'],
      ['label', 'gpupod', 'train', 'team=a'],
      ['patch', 'gpupod', 'train', '--type=json', '-p', ADD_FINALIZER],
      ['patch', 'gpupod', 'train', '--type=json', '-p', REMOVE_FINALIZER],
      ['patch', 'gpupod', 'train', '--type=merge', '-p', '{"spec":{"suspend":true}}'],
    ]) {
      expect({ args, ...(await tenant(args)) }).toMatchObject({ args, code: 0, stderr: '' });
    }
    await kubectl(
      '-n',
      namespace,
      'wait',
      'gpupod/train',
      '--for=jsonpath={.status.phase}=Suspended',
      '--timeout=120s',
    );
    expect(livePods()).toEqual([]);
    expect(await tenant(['apply', '-f', '-'], manifest('train'))).toMatchObject({ code: 0 });

    expect(await tenant(['delete', 'gpupod', 'train', '--timeout=120s'])).toMatchObject({ code: 0 });
    expect(livePods()).toEqual([]);
    expect(log.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('does not block force-release', async () => {
    await rent('stuck');
    simulator.faults.add({ method: 'DELETE', effect: { kind: 'IgnoreDelete' } });
    await tenant(['delete', 'gpupod', 'stuck', '--wait=false']);
    const pod = simulator.ledger.live().find(({ name }) => name.endsWith('stuck'));
    expect(
      await tenant(['annotate', 'gpupod', 'stuck', `gpupod.dev/force-release=${String(pod?.id)}`]),
    ).toMatchObject({ code: 0 });
    await kubectl('-n', namespace, 'wait', 'gpupod/stuck', '--for=delete', '--timeout=120s');
  });

  it('does not block the deletion of a namespace', async () => {
    await rent('train');
    await kubectl('delete', 'namespace', namespace, '--timeout=180s');
    expect(livePods()).toEqual([]);
  });
});
