import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { stringify } from 'yaml';
import { startOperator } from '../../src/composition/operator.ts';
import type { RunningOperator } from '../../src/composition/operator.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { startSimulator } from '../../src/simulator/start-simulator.ts';
import type { Simulator } from '../../src/simulator/start-simulator.ts';
import { startControlPlane } from '../control-plane/control-plane.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { RecordingLog } from '../kubernetes/support/recording-log.ts';
import {
  chart,
  helm as runHelm,
  kubectl as runKubectl,
  SOME_IMAGE,
  template,
} from '../manifests/support/helm.ts';
import { parseInstalled, parseManifests, permissions, podSpecOf } from '../manifests/support/manifest.ts';
import { operatorArgs } from '../support/operator-settings.ts';
import { until } from '../support/until.ts';

const MINUTE_MS = 60_000;
jest.setTimeout(3 * MINUTE_MS);

const SYSTEM = 'rent-system';
const WATCHED = ['team-a', 'team-b'];
const SOME_NAMESPACES = ['--set', `watchNamespaces={${WATCHED.join(',')}}`];
/** What the administrator of a namespace hands on to the operator, and does not have without the CRD's owner. */
const HAND_OVER = stringify({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRole',
  metadata: { name: 'hand-over', labels: { 'rbac.authorization.k8s.io/aggregate-to-admin': 'true' } },
  rules: [
    { apiGroups: ['gpupod.dev'], resources: ['gpupods'], verbs: ['get', 'list', 'watch', 'patch'] },
    { apiGroups: ['gpupod.dev'], resources: ['gpupods/status'], verbs: ['update'] },
  ],
});

let controlPlane: ControlPlane;

async function kubectl(...args: readonly string[]): Promise<string> {
  return await runKubectl(controlPlane, ...args);
}

/** Helm as the administrator of the namespaces of this test, who has no right in the rest of the cluster. */
async function helm(...args: readonly string[]): Promise<string> {
  return await runHelm(controlPlane, ...args, '-n', SYSTEM, '--kube-as-user', 'jane');
}

async function apply(text: string, ...args: readonly string[]): Promise<void> {
  const { stderr } = await controlPlane.kubectl(['apply', '-f', '-', ...args], { input: text });
  expect(stderr).toBe('');
}

function gpuPod(namespace: string): string {
  return stringify({
    apiVersion: 'gpupod.dev/v1alpha1',
    kind: 'GpuPod',
    metadata: { name: 'train', namespace },
    spec: { gpu: { types: ['H100_80GB'] }, maxPrice: 3 },
  });
}

beforeAll(async () => {
  controlPlane = await startControlPlane({ controllerManager: true, crdPaths: ['crds'] });
  await apply(HAND_OVER);
  for (const namespace of [SYSTEM, ...WATCHED]) {
    await kubectl('create', 'namespace', namespace);
    await kubectl('-n', namespace, 'create', 'rolebinding', 'jane', '--clusterrole=admin', '--user=jane');
  }
  await until(
    'the administrator may hand over rights',
    async () => {
      const may = await controlPlane.kubectl([
        'auth',
        'can-i',
        'patch',
        'gpupods',
        '-n',
        'team-a',
        '--as=jane',
      ]);
      return may.code === 0 ? true : undefined;
    },
    () => 'the ClusterRole admin has no rights on GpuPods',
  );
}, 40 * MINUTE_MS);

afterAll(async () => {
  await controlPlane.stop();
});

describe('an installation for some namespaces', () => {
  it('names a namespace that does not exist, and creates nothing', async () => {
    await runHelm(controlPlane, 'list', '-n', SYSTEM);
    const sets = [...SOME_IMAGE, '--set', 'watchNamespaces={team-a,taem-b}'];
    await expect(runHelm(controlPlane, 'install', 'rent', chart, '-n', SYSTEM, ...sets)).rejects.toThrow(
      'watchNamespaces: namespace "taem-b" does not exist: create it first, or correct the name',
    );
    expect(await kubectl('-n', 'team-a', 'get', 'roles', '-o', 'name')).toBe('');
  });

  it('works with the rights of an administrator of these namespaces', async () => {
    const notes = await helm('install', 'rent', chart, ...SOME_IMAGE, ...SOME_NAMESPACES);
    expect(notes).toContain('STATUS: deployed');
    expect(notes).toContain('It watches team-a, team-b.');
    expect(notes).not.toContain('WARNING');
  });

  it('lists the instances of a namespace that an upgrade no longer watches', async () => {
    await apply(gpuPod('team-b'));
    const status = { status: { podId: 'pod-1', cost: { pricePerHour: 1.9 } } };
    const patch = ['--subresource=status', '--type=merge', '-p', JSON.stringify(status)];
    await kubectl('-n', 'team-b', 'patch', 'gpupod', 'train', ...patch);

    const notes = await helm('upgrade', 'rent', chart, ...SOME_IMAGE, '--set', 'watchNamespaces={team-a}');
    expect(notes).toContain('no longer watches the namespaces of these instances');
    expect(notes).toContain('team-b/train: instance pod-1, 1.9 USD/h');

    const again = await helm('upgrade', 'rent', chart, ...SOME_IMAGE, ...SOME_NAMESPACES);
    expect(again).not.toContain('WARNING');
    await kubectl('-n', 'team-b', 'delete', 'gpupod', 'train');
  });
});

describe('an operator for some namespaces, with the rights of the chart', () => {
  let simulator: Simulator;
  let operator: RunningOperator;
  const log = new RecordingLog();

  beforeAll(async () => {
    const kubeconfigPath = await controlPlane.kubeconfigForServiceAccount(SYSTEM, 'rent-gpupod-operator');
    simulator = await startSimulator({
      settings: { provisioningMs: 100, installingMs: 100, deletingMs: 100 },
    });
    const args = operatorArgs(
      { kubeconfigPath, namespace: SYSTEM, primeUrl: simulator.url },
      { 'gpu-accounts': 'false', 'watch-namespace': [...WATCHED, 'team-c'].join(',') },
    );
    const loaded = loadConfig(args, { PRIME_API_KEY: simulator.apiKey });
    if (loaded.kind !== 'ok') throw new Error(JSON.stringify(loaded));
    operator = await startOperator(loaded.config, log);
  }, MINUTE_MS);

  afterAll(async () => {
    await operator.stop();
    await simulator.stop();
  });

  it('serves all that it may list, and names the one that does not exist', async () => {
    for (const namespace of WATCHED) await apply(gpuPod(namespace));
    for (const namespace of WATCHED) {
      const ready = ['wait', 'gpupod/train', '--for=condition=Ready', '--timeout=60s'];
      await kubectl('-n', namespace, ...ready);
      await kubectl('-n', namespace, 'delete', 'gpupod', 'train', '--timeout=60s');
    }
    const refused = log.lines.filter(({ message }) => message.startsWith('list failed'));
    expect(refused.filter(({ level }) => level === 'warn')).toEqual([
      expect.objectContaining({
        fields: expect.objectContaining({
          path: '/apis/gpupod.dev/v1alpha1/namespaces/team-c/gpupods',
        }),
      }),
    ]);
    expect(log.messages('error')).toEqual([]);
  });
});

describe('the kustomization for some namespaces', () => {
  it('grants the same rights as the chart, and starts the same process', async () => {
    const overlay = await mkdtemp(path.join(controlPlane.directory, 'overlay-'));
    const deploy = path.relative(overlay, 'deploy');
    const folder = path.join(overlay, 'team-a');
    await mkdir(folder);
    await writeFile(
      path.join(folder, 'kustomization.yaml'),
      stringify({ namespace: 'team-a', resources: [path.join('..', deploy, 'watched-namespace')] }),
    );
    await writeFile(
      path.join(overlay, 'kustomization.yaml'),
      stringify({
        resources: [deploy, 'team-a'],
        components: [path.join(deploy, 'components/watch-namespaces')],
        patches: [
          {
            target: { kind: 'Deployment', name: 'gpupod-operator' },
            patch: stringify([
              {
                op: 'add',
                path: '/spec/template/spec/containers/0/args/-',
                value: '--watch-namespace=team-a',
              },
            ]),
          },
        ],
      }),
    );
    const ofDeploy = parseManifests(await kubectl('kustomize', overlay));
    const ofChart = parseInstalled(await template(['watchNamespaces={team-a}']));

    expect(permissions(ofDeploy, 'Role')).toEqual(permissions(ofChart, 'Role'));
    expect(podSpecOf(ofDeploy).containers[0].args).toEqual([
      '--gpu-accounts=false',
      '--watch-namespace=team-a',
    ]);
    const bindings = ofDeploy.filter(({ kind }) => kind === 'RoleBinding');
    expect(bindings.map(({ metadata }) => metadata.namespace).toSorted()).toEqual([
      'gpupod-system',
      'team-a',
    ]);
    for (const { subjects } of bindings) {
      expect(subjects).toEqual([
        { kind: 'ServiceAccount', name: 'gpupod-operator', namespace: 'gpupod-system' },
      ]);
    }
  });
});
