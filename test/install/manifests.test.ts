import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../src/clock.ts';
import { startControlPlane } from '../control-plane/control-plane.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import {
  chart,
  helm as runHelm,
  kubectl as runKubectl,
  SOME_IMAGE,
  template,
} from '../manifests/support/helm.ts';
import { deployPolicies } from '../manifests/support/deploy-policies.ts';
import { parseInstalled, parseManifests, permissions, podSpecOf } from '../manifests/support/manifest.ts';
import type { Manifest } from '../manifests/support/manifest.ts';

const MINUTE_MS = 60_000;
const root = path.resolve(import.meta.dirname, '../..');
/** The namespace of deploy/. */
const DEPLOY = 'gpupod-system';
/** The namespaces of the chart with default values, with accounts, and with `watchNamespace`. */
const CHART = 'chart-system';
const ACCOUNTS = 'accounts-system';
const NARROW = 'narrow-system';
const WATCHED = 'team-a';

let controlPlane: ControlPlane;
let fromDeploy: readonly Manifest[];

async function kubectl(...args: readonly string[]): Promise<string> {
  return await runKubectl(controlPlane, ...args);
}

async function helm(...args: readonly string[]): Promise<string> {
  return await runHelm(controlPlane, ...args);
}

async function rendered(namespace: string, ...values: readonly string[]): Promise<readonly Manifest[]> {
  return parseInstalled(await template(values, namespace));
}

/** A release selects only its own Pods. deploy/ exists once. */
function withoutInstance(pod: object): unknown {
  return JSON.parse(
    JSON.stringify(pod).replaceAll('"app.kubernetes.io/instance":"gpupod-operator",', ''),
  ) as unknown;
}

/** A namespace that enforces the restricted Pod security standard. */
async function createRestricted(namespace: string): Promise<void> {
  await kubectl('create', 'namespace', namespace);
  await kubectl('label', 'namespace', namespace, 'pod-security.kubernetes.io/enforce=restricted');
}

/** Asks the API server whether the operator of this namespace may do that. */
async function may(namespace: string, question: string): Promise<string> {
  const kubeconfig = await controlPlane.kubeconfigForServiceAccount(namespace, 'gpupod-operator');
  const args = ['auth', 'can-i', ...question.split(' ')];
  return (await controlPlane.kubectl(args, { kubeconfig })).stdout.trim();
}

async function untilPodsExist(namespace: string, count: number): Promise<readonly string[]> {
  const deadlineMs = systemClock.monotonicMs() + MINUTE_MS;
  for (;;) {
    const names = (await kubectl('get', 'pods', '-n', namespace, '-o', 'name')).split('\n').filter(Boolean);
    if (names.length >= count) return names;
    if (systemClock.monotonicMs() > deadlineMs) {
      throw new Error(await kubectl('get', 'events', '-n', namespace));
    }
    await systemClock.sleep(200);
  }
}

beforeAll(async () => {
  controlPlane = await startControlPlane({ controllerManager: true });
  fromDeploy = parseManifests(await kubectl('kustomize', path.join(root, 'deploy')));
  await kubectl('apply', '-k', path.join(root, 'deploy'));
  await createRestricted(CHART);
  await helm('install', 'gpupod-operator', chart, '-n', CHART, ...SOME_IMAGE);
  await createRestricted(ACCOUNTS);
  const accounts = ['--set', 'accounts.enabled=true,crds.enabled=false'];
  await helm('install', 'gpupod-operator', chart, '-n', ACCOUNTS, ...SOME_IMAGE, ...accounts);
  await createRestricted(NARROW);
  await kubectl('create', 'namespace', WATCHED);
  const watched = ['--set', `watchNamespace=${WATCHED}`];
  await helm('install', 'gpupod-operator', chart, '-n', NARROW, ...SOME_IMAGE, ...watched);
}, 40 * MINUTE_MS);

afterAll(async () => {
  await controlPlane.stop();
});

describe('the chart and deploy/', () => {
  it.each(['Role', 'ClusterRole'] as const)('allow the same in their %s', async (kind) => {
    expect(permissions(await rendered(DEPLOY), kind)).toEqual(permissions(fromDeploy, kind));
  });

  it('start the same process with the same settings', async () => {
    const { containers, ...pod } = podSpecOf(
      await rendered(DEPLOY, 'image.repository=registry.invalid/gpupod-operator'),
    );
    const { containers: deployContainers, ...deployPod } = podSpecOf(fromDeploy);

    expect(withoutInstance(pod)).toEqual(deployPod);
    expect([{ ...containers[0], args: containers[0].args ?? [] }]).toEqual([
      // A release names its Lease. IfNotPresent is the default for an image with a version.
      {
        ...deployContainers[0],
        args: ['--gpu-accounts=false', '--lease-owner=gpupod-operator'],
        imagePullPolicy: 'IfNotPresent',
      },
    ]);
  });

  it.each(['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding'])(
    'reject the same requests with their %s',
    async (kind) => {
      const byName = (manifests: readonly Manifest[]): ReadonlyMap<string, unknown> =>
        new Map(
          manifests
            .filter((manifest) => manifest.kind === kind)
            .map(({ metadata: { name }, spec }) => [name, spec]),
        );

      const fromChart = byName(await rendered(DEPLOY, 'admissionPolicy.enabled=true'));
      expect(fromChart.size).toBe(4);
      expect(fromChart).toEqual(byName(parseManifests(deployPolicies())));
    },
  );

  it('bind the roles to the service account of the Pod', async () => {
    for (const manifests of [fromDeploy, await rendered(DEPLOY)]) {
      const { serviceAccountName } = podSpecOf(manifests);
      const subjects = manifests.flatMap(({ subjects: some = [] }) => some);
      expect(subjects).toEqual([
        { kind: 'ServiceAccount', name: serviceAccountName, namespace: DEPLOY },
        { kind: 'ServiceAccount', name: serviceAccountName, namespace: DEPLOY },
      ]);
    }
  });
});

describe('the chart', () => {
  it('passes every check of helm lint', async () => {
    expect(await helm('lint', '--strict', chart)).toContain('0 chart(s) failed');
  });

  it('passes its settings to the operator as flags', async () => {
    const manifests = await rendered(CHART, 'settings.max-price-ceiling=12.50', 'watchNamespace=team-a');
    expect(podSpecOf(manifests).containers[0].args).toEqual([
      '--max-price-ceiling=12.50',
      '--watch-namespace=team-a',
      '--gpu-accounts=false',
      '--lease-owner=gpupod-operator',
    ]);
  });

  it.each([
    { value: 'replica=3', why: 'a misspelled value would have no effect' },
    { value: 'settings.Max_Price=1', why: 'there is no such flag' },
    { value: 'replicas=0', why: 'no process would terminate instances' },
  ])('rejects --set $value, because $why', async ({ value }) => {
    await expect(rendered(CHART, value)).rejects.toThrow("values don't meet the specifications");
  });
});

describe('a cluster that enforces the restricted Pod security standard', () => {
  it.each([DEPLOY, CHART, NARROW])(
    'accepts the Pods in %s',
    async (namespace) => {
      expect(await untilPodsExist(namespace, 2)).toHaveLength(2);
    },
    2 * MINUTE_MS,
  );
});

/** Full resource names, because a short name could belong to another group. */
const GPUPODS = 'gpupods.gpupod.dev';
const ALL = '--all-namespaces';

describe('a user with the ClusterRole', () => {
  beforeAll(async () => {
    for (const role of ['view', 'edit']) {
      const binding = [
        'create',
        'rolebinding',
        `jane-${role}`,
        `--clusterrole=${role}`,
        `--user=jane-${role}`,
      ];
      await kubectl('-n', 'default', ...binding);
    }
  });

  it.each([
    { role: 'view', verb: 'list', expected: 'yes', why: 'instances and their costs are not secret' },
    { role: 'view', verb: 'create', expected: 'no', why: 'a viewer does not spend money' },
    { role: 'edit', verb: 'watch', expected: 'yes', why: 'an editor can read as well' },
    {
      role: 'edit',
      verb: 'create',
      expected: 'no',
      why: 'an editor spends money only if the administrator allows it',
    },
  ])('$role may $verb GpuPods: $expected, because $why', async ({ role, verb, expected }) => {
    const args = ['auth', 'can-i', verb, GPUPODS, '-n', 'default', '--as', `jane-${role}`];
    expect((await controlPlane.kubectl(args)).stdout.trim()).toBe(expected);
  });
});

describe('the rights of the operator of the chart', () => {
  it.each([
    { question: `list ${GPUPODS} ${ALL}`, expected: 'yes', why: 'it watches all of them' },
    { question: `watch ${GPUPODS} ${ALL}`, expected: 'yes', why: 'it watches all of them' },
    { question: `patch ${GPUPODS} -n default`, expected: 'yes', why: 'finalizer and intent' },
    { question: `update ${GPUPODS} --subresource=status -n default`, expected: 'yes', why: 'status' },
    { question: `update ${GPUPODS} -n default`, expected: 'no', why: 'the spec belongs to the user' },
    { question: `create ${GPUPODS} -n default`, expected: 'no', why: 'only a user creates GpuPods' },
    { question: `delete ${GPUPODS} -n default`, expected: 'no', why: 'only a user deletes GpuPods' },
    { question: 'get secrets -n default', expected: 'yes', why: 'variables come from named Secrets' },
    { question: 'create secrets -n default', expected: 'yes', why: 'the connection Secret' },
    { question: `list secrets ${ALL}`, expected: 'no', why: 'it reads Secrets by name' },
    { question: 'watch secrets -n default', expected: 'no', why: 'it reads Secrets by name' },
    { question: 'patch secrets -n default', expected: 'no', why: 'without accounts it protects no Secret' },
    { question: 'create events -n default', expected: 'yes', why: 'it records events' },
    { question: 'get namespaces/kube-system', expected: 'yes', why: 'its uid identifies the cluster' },
    { question: 'get namespaces/default', expected: 'no', why: 'it needs no other namespace' },
    { question: `create pods ${ALL}`, expected: 'no', why: 'it rents instances and runs no Pods' },
    { question: `create configmaps -n ${CHART}`, expected: 'yes', why: 'the record of the installation' },
    {
      question: `get configmaps/gpupod-operator-installation -n ${CHART}`,
      expected: 'yes',
      why: 'the record',
    },
    {
      question: `patch configmaps/gpupod-operator-retained -n ${CHART}`,
      expected: 'yes',
      why: 'the record of retained instances',
    },
    {
      question: `get configmaps/another -n ${CHART}`,
      expected: 'no',
      why: 'it needs no other ConfigMap',
    },
    {
      question: 'create configmaps -n default',
      expected: 'no',
      why: 'its records are in the namespace of the operator',
    },
    {
      question: `update leases.coordination.k8s.io/gpupod-operator -n ${CHART}`,
      expected: 'yes',
      why: 'leader election',
    },
    {
      question: `update leases.coordination.k8s.io/another -n ${CHART}`,
      expected: 'no',
      why: 'it is not the Lease of the operator',
    },
    { question: 'create clusterroles.rbac.authorization.k8s.io', expected: 'no', why: 'it grants no rights' },
    { question: 'impersonate users', expected: 'no', why: 'it needs no impersonation' },
  ])('$question: $expected ($why)', async ({ question, expected }) => {
    expect(await may(CHART, question)).toBe(expected);
  });

  it.each([
    { question: `watch secrets -n ${ACCOUNTS}`, expected: 'yes', why: 'the keys of ClusterGpuAccounts' },
    { question: 'watch secrets -n default', expected: 'no', why: 'that would show it all Secrets' },
    { question: `list secrets -n ${ACCOUNTS}`, expected: 'no', why: 'it watches them by name' },
    { question: 'patch secrets -n default', expected: 'yes', why: 'the finalizer of Secrets of accounts' },
  ])('with accounts: $question: $expected ($why)', async ({ question, expected }) => {
    expect(await may(ACCOUNTS, question)).toBe(expected);
  });

  it.each([
    { question: `list ${GPUPODS} -n ${WATCHED}`, expected: 'yes', why: 'the namespace that it watches' },
    { question: `patch ${GPUPODS} -n ${WATCHED}`, expected: 'yes', why: 'finalizer and intent' },
    { question: `get secrets -n ${WATCHED}`, expected: 'yes', why: 'variables and connection Secret' },
    { question: `list ${GPUPODS} ${ALL}`, expected: 'no', why: 'it watches no other namespace' },
    { question: 'get secrets -n default', expected: 'no', why: 'it needs nothing outside that namespace' },
    { question: 'get namespaces/kube-system', expected: 'no', why: 'it needs no cluster-scoped object' },
    { question: `create configmaps -n ${NARROW}`, expected: 'yes', why: 'the record of the installation' },
  ])('with watchNamespace: $question: $expected ($why)', async ({ question, expected }) => {
    expect(await may(NARROW, question)).toBe(expected);
  });
});
