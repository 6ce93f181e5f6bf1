import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../src/clock.ts';
import { startControlPlane, type ControlPlane } from '../control-plane/control-plane.ts';
import {
  chart,
  helm as runHelm,
  kubectl as runKubectl,
  SOME_IMAGE,
  template,
} from '../manifests/support/helm.ts';
import { parseManifests, permissions, podSpecOf, type Manifest } from '../manifests/support/manifest.ts';

const MINUTE_MS = 60_000;
const root = path.resolve(import.meta.dirname, '../..');
/** Where deploy/ goes. */
const DEPLOY = 'gpupod-system';
/** Where the chart is installed as it is, and where with `watchNamespace`. */
const CHART = 'chart-system';
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
  return parseManifests(await template(values, namespace));
}

/** A release counts its own Pods only; deploy/ is there once. */
function withoutInstance(pod: object): unknown {
  return JSON.parse(
    JSON.stringify(pod).replaceAll('"app.kubernetes.io/instance":"gpupod-operator",', ''),
  ) as unknown;
}

/** A namespace that takes no pod but one that keeps to the strictest rules. */
async function createRestricted(namespace: string): Promise<void> {
  await kubectl('create', 'namespace', namespace);
  await kubectl('label', 'namespace', namespace, 'pod-security.kubernetes.io/enforce=restricted');
}

/** Whether the operator of this namespace may do that, by the word of the API server itself. */
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

  it('start the same process, in the same way', async () => {
    const { containers, ...pod } = podSpecOf(
      await rendered(DEPLOY, 'image.repository=registry.invalid/gpupod-operator'),
    );
    const { containers: deployContainers, ...deployPod } = podSpecOf(fromDeploy);

    expect(withoutInstance(pod)).toEqual(deployPod);
    expect([{ ...containers[0], args: containers[0].args ?? [] }]).toEqual([
      // A release says whose Lease it holds; IfNotPresent is the default for an image that has a version.
      {
        ...deployContainers[0],
        args: ['--lease-owner=gpupod-operator'],
        imagePullPolicy: 'IfNotPresent',
      },
    ]);
  });

  it.each(['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding'])(
    'refuse the same by their %s',
    async (kind) => {
      const policy = await readFile(
        path.join(root, 'deploy/components/admission-policy/policy.yaml'),
        'utf8',
      );
      const specs = (manifests: readonly Manifest[]): unknown[] =>
        manifests.filter((manifest) => manifest.kind === kind).map(({ spec }) => spec);

      const fromChart = specs(await rendered(DEPLOY, 'admissionPolicy.enabled=true'));
      expect(fromChart).toHaveLength(1);
      expect(fromChart).toEqual(specs(parseManifests(policy)));
    },
  );

  it('bind the roles to the account that the pod runs as', async () => {
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

  it('hands its settings to the operator as flags', async () => {
    const manifests = await rendered(CHART, 'settings.max-price-ceiling=12.50', 'watchNamespace=team-a');
    expect(podSpecOf(manifests).containers[0].args).toEqual([
      '--max-price-ceiling=12.50',
      '--watch-namespace=team-a',
      '--lease-owner=gpupod-operator',
    ]);
  });

  it.each([
    { value: 'replica=3', why: 'a misspelled value would do nothing' },
    { value: 'settings.Max_Price=1', why: 'no flag is spelled like this' },
    { value: 'replicas=0', why: 'nobody would end any machine' },
  ])('refuses --set $value: $why', async ({ value }) => {
    await expect(rendered(CHART, value)).rejects.toThrow("values don't meet the specifications");
  });
});

describe('a cluster that enforces the restricted pod security standard', () => {
  it.each([DEPLOY, CHART, NARROW])(
    'takes the pods in %s',
    async (namespace) => {
      expect(await untilPodsExist(namespace, 2)).toHaveLength(2);
    },
    2 * MINUTE_MS,
  );
});

/** Resources by their full names: a short one could be another group's. */
const GPUPODS = 'gpupods.gpupod.dev';
const ALL = '--all-namespaces';

describe('whoever has the ClusterRole', () => {
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
    { role: 'view', verb: 'list', expected: 'yes', why: 'what runs and what it costs is no secret' },
    { role: 'view', verb: 'create', expected: 'no', why: 'to view is not to spend' },
    { role: 'edit', verb: 'watch', expected: 'yes', why: 'an editor may see as much' },
    {
      role: 'edit',
      verb: 'create',
      expected: 'no',
      why: 'an editor spends money only where that was decided',
    },
  ])('$role may $verb GpuPods: $expected, $why', async ({ role, verb, expected }) => {
    const args = ['auth', 'can-i', verb, GPUPODS, '-n', 'default', '--as', `jane-${role}`];
    expect((await controlPlane.kubectl(args)).stdout.trim()).toBe(expected);
  });
});

describe('what the operator of the chart may do', () => {
  it.each([
    { question: `list ${GPUPODS} ${ALL}`, expected: 'yes', why: 'it watches all of them' },
    { question: `watch ${GPUPODS} ${ALL}`, expected: 'yes', why: 'it watches all of them' },
    { question: `patch ${GPUPODS} -n default`, expected: 'yes', why: 'finalizer and intent' },
    { question: `update ${GPUPODS} --subresource=status -n default`, expected: 'yes', why: 'status' },
    { question: `update ${GPUPODS} -n default`, expected: 'no', why: 'the spec is the person’s' },
    { question: `create ${GPUPODS} -n default`, expected: 'no', why: 'only a person asks for a machine' },
    { question: `delete ${GPUPODS} -n default`, expected: 'no', why: 'only a person gives one up' },
    { question: 'get secrets -n default', expected: 'yes', why: 'variables come from named Secrets' },
    { question: 'create secrets -n default', expected: 'yes', why: 'the connection Secret' },
    { question: `list secrets ${ALL}`, expected: 'no', why: 'it must know the name of what it reads' },
    { question: 'watch secrets -n default', expected: 'no', why: 'it must know the name of what it reads' },
    { question: 'create events -n default', expected: 'yes', why: 'it tells what it does' },
    { question: 'get namespaces/kube-system', expected: 'yes', why: 'its uid is that of the cluster' },
    { question: 'get namespaces/default', expected: 'no', why: 'the others do not concern it' },
    { question: `create pods ${ALL}`, expected: 'no', why: 'machines are rented, not run here' },
    { question: `create configmaps -n ${CHART}`, expected: 'yes', why: 'the record of the installation' },
    {
      question: `get configmaps/gpupod-operator-installation -n ${CHART}`,
      expected: 'yes',
      why: 'the record',
    },
    {
      question: `patch configmaps/gpupod-operator-retained -n ${CHART}`,
      expected: 'yes',
      why: 'retained pods',
    },
    {
      question: `get configmaps/another -n ${CHART}`,
      expected: 'no',
      why: 'others are none of its business',
    },
    { question: 'create configmaps -n default', expected: 'no', why: 'its records are in its own namespace' },
    {
      question: `update leases.coordination.k8s.io/gpupod-operator -n ${CHART}`,
      expected: 'yes',
      why: 'to lead',
    },
    { question: `update leases.coordination.k8s.io/another -n ${CHART}`, expected: 'no', why: 'not its own' },
    { question: 'create clusterroles.rbac.authorization.k8s.io', expected: 'no', why: 'it gives no rights' },
    { question: 'impersonate users', expected: 'no', why: 'it is itself' },
  ])('$question: $expected, $why', async ({ question, expected }) => {
    expect(await may(CHART, question)).toBe(expected);
  });

  it.each([
    { question: `list ${GPUPODS} -n ${WATCHED}`, expected: 'yes', why: 'the namespace that it watches' },
    { question: `patch ${GPUPODS} -n ${WATCHED}`, expected: 'yes', why: 'finalizer and intent' },
    { question: `get secrets -n ${WATCHED}`, expected: 'yes', why: 'variables and connection Secret' },
    { question: `list ${GPUPODS} ${ALL}`, expected: 'no', why: 'the others are not watched' },
    { question: 'get secrets -n default', expected: 'no', why: 'nothing outside of that namespace' },
    { question: 'get namespaces/kube-system', expected: 'no', why: 'nothing that no namespace holds' },
    { question: `create configmaps -n ${NARROW}`, expected: 'yes', why: 'the record of the installation' },
  ])('with watchNamespace: $question: $expected, $why', async ({ question, expected }) => {
    expect(await may(NARROW, question)).toBe(expected);
  });
});
