import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { stringify } from 'yaml';
import * as z from 'zod';
import type { RunningOperator } from '../../src/composition/operator.ts';
import { startOperator } from '../../src/composition/operator.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { startSimulator } from '../../src/simulator/start-simulator.ts';
import type { Simulator } from '../../src/simulator/start-simulator.ts';
import { plantPod } from '../../src/simulator/world/plant-pod.ts';
import { startControlPlane } from '../control-plane/control-plane.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { RecordingLog } from '../kubernetes/support/recording-log.ts';
import { chart, helm, kubectl, SOME_IMAGE, template } from '../manifests/support/helm.ts';
import { parseInstalled, permissions } from '../manifests/support/manifest.ts';
import { prepareAccountAudit } from '../support/account-audit.ts';
import type { AccountAudit, AuditedRequest } from '../support/account-audit.ts';
import { operatorArgs } from '../support/operator-settings.ts';
import { until } from '../support/until.ts';

const MINUTE_MS = 60_000;

/** Has a variable from a Secret and a retained instance, so that the operator uses Secrets and ConfigMaps. */
const RETAINED = stringify({
  apiVersion: 'gpupod.dev/v1alpha1',
  kind: 'GpuPod',
  metadata: { name: 'retained' },
  spec: {
    gpu: { types: ['H100_80GB'] },
    maxPrice: 3,
    deletionPolicy: 'Retain',
    env: [{ name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'training', key: 'token' } } }],
  },
});
const ENDED = RETAINED.replace('name: retained', 'name: ended').replace('Retain', 'Delete');

/** Used only when something gets in the way, which this test does not stage. Other tests do. */
const RARE: Readonly<Record<string, string>> = {
  'get gpupods.gpupod.dev/*': 'to read a GpuPod again after a conflict',
  'patch events./*': 'to count an event that repeats',
  'update secrets./*': 'to correct a connection Secret that exists already',
};

/** What an operator of one namespace asks for in vain, because it cannot know how it was installed. */
const DENIED_IN_ONE_NAMESPACE: Readonly<Record<string, string>> = {
  'get customresourcedefinitions.apiextensions.k8s.io': 'to compare the CRD with its own',
  'get namespaces.': 'to tell this cluster from a copy of it, by kube-system',
  'list gpupods.gpupod.dev': 'to tell an orphan from the instance of a GpuPod elsewhere',
};

const Retained = z.object({ data: z.record(z.string(), z.string()) });

let directory: string;
let audit: AccountAudit;
let controlPlane: ControlPlane;
let simulator: Simulator;
let operator: RunningOperator | undefined;
let log: RecordingLog;

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'gpupod-audit-'));
  audit = await prepareAccountAudit(directory);
  controlPlane = await startControlPlane({ apiServerFlags: audit.flags });
}, 40 * MINUTE_MS);

afterEach(async () => {
  await operator?.stop();
  await simulator.stop();
});

afterAll(async () => {
  await controlPlane.stop();
  await rm(directory, { recursive: true });
});

/** Installs the chart, and starts the operator in this process as the service account of the chart. */
async function install(namespace: string, watched: string | undefined): Promise<void> {
  const values = watched === undefined ? [] : ['--set', `watchNamespace=${watched}`];
  await helm(
    controlPlane,
    'install',
    'gpupod-operator',
    chart,
    '-n',
    namespace,
    '--create-namespace',
    ...SOME_IMAGE,
    ...values,
  );
  const kubeconfigPath = await controlPlane.kubeconfigForServiceAccount(namespace, 'gpupod-operator');
  simulator = await startSimulator({ settings: { provisioningMs: 100, installingMs: 100, deletingMs: 100 } });
  const args = operatorArgs(
    { kubeconfigPath, namespace, primeUrl: simulator.url },
    {
      'gpu-accounts': 'false',
      'orphan-policy': 'Terminate',
      'window-sweep': '300ms',
      'watch-namespace': watched ?? '',
    },
  );
  const loaded = loadConfig(
    args.filter((arg) => arg !== '--watch-namespace='),
    { PRIME_API_KEY: simulator.apiKey },
  );
  if (loaded.kind !== 'ok') throw new Error(JSON.stringify(loaded));
  log = new RecordingLog();
  operator = await startOperator(loaded.config, log);
}

/** What the chart allows the operator in this namespace, and no request has used. */
async function unusedPermissions(
  namespace: string,
  watched: string | undefined,
  requests: readonly AuditedRequest[],
): Promise<readonly string[]> {
  const values = watched === undefined ? [] : [`watchNamespace=${watched}`];
  const installed = parseInstalled(await template(values, namespace));
  const own = installed.filter(({ metadata }) => !metadata.name.endsWith('-view'));
  const allowed = [...permissions(own, 'ClusterRole'), ...permissions(own, 'Role')];
  return allowed.filter((line) => {
    const [permission = '', name = ''] = line.split(/\/(?=[^/]*$)/);
    return !requests.some(
      (request) => request.permission === permission && (name === '*' || request.name === name),
    );
  });
}

async function untilGone(podId: string): Promise<void> {
  await until(
    `pod ${podId} was ended`,
    async () => await Promise.resolve(endedAtMs(podId) === undefined ? undefined : true),
    () => JSON.stringify(log.lines),
  );
}

async function untilLogged(text: string): Promise<void> {
  await until(
    `the log says: ${text}`,
    async () => await Promise.resolve(log.lines.find(({ message }) => message.includes(text))),
    () => JSON.stringify(log.lines),
  );
}

function endedAtMs(podId: string): number | undefined {
  return simulator.ledger.entries().find(({ id }) => id === podId)?.endedAtMs ?? undefined;
}

describe('the rights of the chart', () => {
  it.each([
    { name: 'in all namespaces', namespace: 'wide-system', work: 'team-a', watched: undefined },
    { name: 'in one namespace', namespace: 'narrow-system', work: 'team-b', watched: 'team-b' },
  ])(
    'suffice for everything that the operator does $name',
    async ({ namespace, work, watched }) => {
      await kubectl(controlPlane, 'create', 'namespace', work);
      await kubectl(
        controlPlane,
        '-n',
        work,
        'create',
        'secret',
        'generic',
        'training',
        '--from-literal=token=abc',
      );
      await install(namespace, watched);

      const { stderr } = await controlPlane.kubectl(['-n', work, 'apply', '-f', '-'], {
        input: `${RETAINED}---\n${ENDED}`,
      });
      expect(stderr).toBe('');
      await kubectl(
        controlPlane,
        ...['-n', work, 'wait', 'gpupod/retained', 'gpupod/ended', '--for=condition=Ready', '--timeout=60s'],
      );
      await kubectl(controlPlane, '-n', work, 'get', 'secret', 'retained-connection');
      const suspended = ['patch', 'gpupod', 'ended', '--type=merge', '-p', '{"spec":{"suspend":true}}'];
      await kubectl(controlPlane, '-n', work, ...suspended);
      const removed = ['wait', 'secret/ended-connection', '--for=delete', '--timeout=60s'];
      await kubectl(controlPlane, '-n', work, ...removed);
      await kubectl(controlPlane, '-n', work, 'delete', 'gpupod', 'retained', 'ended', '--timeout=60s');

      const record = ['-n', namespace, 'get', 'configmap'];
      const retained = await kubectl(controlPlane, ...record, 'gpupod-operator-retained', '-o', 'json');
      const [podId = ''] = Object.keys(Retained.parse(JSON.parse(retained)).data);
      const id = await kubectl(
        controlPlane,
        ...[...record, 'gpupod-operator-installation', '-o', 'jsonpath={.data.installationId}'],
      );
      const orphan = plantPod(simulator.world, { name: `gp-${id}-0123456789-1-lost` });
      const isSeenAll = watched === undefined;
      await (isSeenAll
        ? untilGone(orphan.id)
        : untilLogged('others cannot be seen, so the operator does not terminate it'));
      expect(endedAtMs(orphan.id) !== undefined).toBe(isSeenAll);

      expect(endedAtMs(podId)).toBeUndefined();
      expect(log.lines.filter(({ level }) => level === 'error')).toEqual([]);
      const unread = log.lines.filter(({ message }) => message.startsWith('failed to read the CRD'));
      expect(unread.map(({ level }) => level)).toEqual(isSeenAll ? [] : ['warn']);

      // Gives up the Lease.
      await operator?.stop();
      operator = undefined;
      const requests = await audit.requestsOf(namespace, 'gpupod-operator');
      const denied = requests.filter(({ code }) => code === 403).map(({ permission }) => permission);
      expect([...new Set(denied)].sort()).toEqual(isSeenAll ? [] : Object.keys(DENIED_IN_ONE_NAMESPACE));
      const unused = await unusedPermissions(namespace, watched, requests);
      expect(unused.filter((permission) => !(permission in RARE))).toEqual([]);
    },
    3 * MINUTE_MS,
  );
});
