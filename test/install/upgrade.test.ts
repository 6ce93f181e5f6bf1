import { cp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { startOperator } from '../../src/composition/operator.ts';
import type { RunningOperator } from '../../src/composition/operator.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { startSimulator } from '../../src/simulator/start-simulator.ts';
import type { Simulator } from '../../src/simulator/start-simulator.ts';
import { startControlPlane } from '../control-plane/control-plane.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { RecordingLog } from '../kubernetes/support/recording-log.ts';
import { chart, helm as runHelm, kubectl as runKubectl, SOME_IMAGE } from '../manifests/support/helm.ts';
import { parseManifests, podSpecOf } from '../manifests/support/manifest.ts';
import { operatorArgs } from '../support/operator-settings.ts';

const MINUTE_MS = 60_000;
jest.setTimeout(5 * MINUTE_MS);

const RELEASE = 'gpupod-operator';
const NAMESPACE = 'gpupod-system';
const CRD_FILE = 'files/gpupods.gpupod.dev.yaml';

let controlPlane: ControlPlane;
let simulator: Simulator;
let operator: RunningOperator | undefined;
/** The chart of a release whose CRD had no `displayPerHour` yet. */
let previousChart: string;

async function helm(...args: readonly string[]): Promise<string> {
  return await runHelm(controlPlane, ...args);
}

async function kubectl(...args: readonly string[]): Promise<string> {
  return await runKubectl(controlPlane, '-n', NAMESPACE, ...args);
}

/** Does what a kubelet does after a change of the Deployment: ends the old process, and starts one with its arguments. */
async function rollOut(): Promise<void> {
  await operator?.stop();
  const deployed = parseManifests(await kubectl('get', 'deployment', RELEASE, '-o', 'json'));
  const { containers, serviceAccountName } = podSpecOf(deployed);
  const kubeconfigPath = await controlPlane.kubeconfigForServiceAccount(NAMESPACE, serviceAccountName);
  const place = { kubeconfigPath, namespace: NAMESPACE, primeUrl: simulator.url };
  const args = [...operatorArgs(place, {}), ...(containers[0].args ?? [])];
  const loaded = loadConfig(args, { PRIME_API_KEY: simulator.apiKey });
  if (loaded.kind !== 'ok') throw new Error(JSON.stringify(loaded));
  operator = await startOperator(loaded.config, new RecordingLog());
}

async function apply(name: string): Promise<void> {
  const manifest = { apiVersion: 'gpupod.dev/v1alpha1', kind: 'GpuPod', metadata: { name } };
  const spec = { gpu: { types: ['H100_80GB'] }, maxPrice: 3 };
  const input = JSON.stringify({ ...manifest, spec });
  expect(await controlPlane.kubectl(['-n', NAMESPACE, 'apply', '-f', '-'], { input })).toMatchObject({
    code: 0,
  });
}

async function waitFor(name: string, condition: string): Promise<void> {
  await kubectl('wait', `gpupod/${name}`, `--for=condition=${condition}`, '--timeout=120s');
}

async function statusOf(name: string, field: string): Promise<string> {
  return await kubectl('get', 'gpupod', name, '-o', `jsonpath={.status.${field}}`);
}

/** The instances that the provider bills, and how many it ever created. */
function billed(): { readonly live: readonly string[]; readonly created: number } {
  const entries = simulator.ledger.entries();
  const live = entries.filter(({ endedAtMs }) => endedAtMs === null);
  return { live: live.map(({ id }) => id), created: entries.length };
}

beforeAll(async () => {
  controlPlane = await startControlPlane();
  simulator = await startSimulator({ settings: { provisioningMs: 100, installingMs: 100, deletingMs: 100 } });
  previousChart = path.join(controlPlane.directory, 'previous');
  await cp(chart, previousChart, { recursive: true });
  const file = path.join(previousChart, CRD_FILE);
  const crd = await readFile(file, 'utf8');
  const older = crd.replace(/\n {20}displayPerHour:\n(?: {22}.*\n)+/, '\n');
  expect(older).not.toBe(crd);
  await writeFile(file, older.replace(/crd-hash: .*/, 'crd-hash: previous'));
}, 40 * MINUTE_MS);

afterEach(async () => {
  await operator?.stop();
  operator = undefined;
});

afterAll(async () => {
  await simulator.stop();
  await controlPlane.stop();
});

describe('a release with a running instance', () => {
  it('is upgraded, rolled back and upgraded again, and the instance is neither lost nor rented twice', async () => {
    const where = ['-n', NAMESPACE];
    await helm('install', RELEASE, chart, ...where, '--create-namespace', ...SOME_IMAGE);
    await rollOut();
    await apply('train');
    await waitFor('train', 'Ready');
    const podId = await statusOf('train', 'podId');
    expect(billed()).toEqual({ live: [podId], created: 1 });

    // A rollback to the CRD of an older release: what runs is kept, and nothing new is paid for.
    await helm('upgrade', RELEASE, previousChart, ...where, ...SOME_IMAGE);
    await rollOut();
    await apply('waiting');
    await waitFor('waiting', 'Stalled');
    expect(await statusOf('waiting', 'conditions[?(@.type=="Stalled")].reason')).toBe('CrdOutdated');
    expect(billed()).toEqual({ live: [podId], created: 1 });

    await helm('rollback', RELEASE, '1', ...where);
    await rollOut();
    await waitFor('waiting', 'Ready');
    expect(await statusOf('train', 'podId')).toBe(podId);
    expect(await statusOf('train', 'cost.displayPerHour')).toMatch(/^\d+\.\d\d/);
    expect(billed()).toMatchObject({ live: expect.arrayContaining([podId]), created: 2 });

    await helm(
      'upgrade',
      RELEASE,
      chart,
      ...where,
      ...SOME_IMAGE,
      '--set',
      'settings.max-price-ceiling=2.50',
    );
    await rollOut();
    await kubectl('delete', 'gpupod', 'train', 'waiting', '--timeout=60s');
    expect(billed()).toEqual({ live: [], created: 2 });
  });
});
