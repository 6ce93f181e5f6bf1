import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { recordAt } from '../../src/json.ts';
import { kubeconfig } from '../faults/support/stage.ts';
import { ApiProxy } from '../support/api-proxy.ts';
import { conditionText } from '../support/scene.ts';
import type { Scene } from '../support/scene.ts';
import { useBench } from '../support/use-bench.ts';
import { OFFERS } from '../simulation/simulation-offers.ts';

const cluster = useBench();

const CRD = 'gpupods.gpupod.dev';
/** Fields that an older CRD lacks and that limits depend on. */
const UNKNOWN = ['attempts', 'failedAttempts', 'searchStartedAt', 'lastHandledReconcileAt'];
const H100 = { gpu: { types: ['H100_80GB'] }, maxPrice: 3 };

/** The CRD of this version, and one without the fields above. */
let current: string;
let older: string;
let proxy: ApiProxy | undefined;

function statusSchema(crd: unknown): Record<string, unknown> {
  const { versions } = recordAt(crd, 'spec');
  const [version] = Array.isArray(versions) ? (versions as readonly unknown[]) : [];
  const schema = recordAt(recordAt(version, 'schema'), 'openAPIV3Schema');
  return recordAt(recordAt(recordAt(schema, 'properties'), 'status'), 'properties');
}

async function replaceCrd(input: string): Promise<void> {
  const { stderr, code } = await cluster.bench.controlPlane.kubectl(['replace', '-f', '-'], { input });
  if (code !== 0) throw new Error(stderr);
}

beforeAll(async () => {
  const { controlPlane } = cluster.bench;
  const crd: unknown = JSON.parse((await controlPlane.kubectl(['get', 'crd', CRD, '-o', 'json'])).stdout);
  Reflect.deleteProperty(recordAt(crd, 'metadata'), 'resourceVersion');
  current = JSON.stringify(crd);
  for (const field of UNKNOWN) Reflect.deleteProperty(statusSchema(crd), field);
  older = JSON.stringify(crd);
});

beforeEach(async () => {
  await replaceCrd(older);
});

afterEach(async () => {
  await proxy?.close();
  proxy = undefined;
});

async function openScene(): Promise<Scene> {
  return await cluster.open({
    simulator: { offers: { gpus: [...OFFERS] }, settings: { podRules: [{ outcome: 'Error' }] } },
  });
}

async function readiness({ log }: Scene): Promise<string> {
  const line = log.lines.findLast(({ message }) => message === 'started serving health and metrics');
  const address: unknown = line === undefined ? undefined : Reflect.get(line.fields, 'address');
  const response = await fetch(`${String(address)}/readyz`);
  return `${String(response.status)} ${await response.text()}`;
}

describe('an older CRD', () => {
  it('is reported at the start and prevents creates but no terminations, until the CRD is applied', async () => {
    const scene = await cluster.open();
    await replaceCrd(current);
    await scene.startOperator();
    await scene.create('running', H100);
    await scene.untilReady('running');
    await scene.stopOperators();

    await replaceCrd(older);
    await scene.create('waiting', H100);
    await scene.startOperator({ 'http-address': '127.0.0.1:0' });
    const told = await scene.untilCondition('waiting', 'Stalled=True CrdOutdated');
    const message = told.status.conditions?.find(({ type }) => type === 'Synced')?.message;
    for (const field of UNKNOWN) expect(message).toContain(`status.${field}`);
    expect(await readiness(scene)).toMatch(
      /^503 .*The installed CRD gpupods\.gpupod\.dev lacks status\.attempts/s,
    );
    await scene.untilTrue('an event', async () => {
      const events = await cluster.bench.controlPlane.kubectl([
        '-n',
        'default',
        'get',
        'events',
        '-o',
        'json',
      ]);
      return /CustomResourceDefinition.*"reason": "CrdOutdated"/s.test(events.stdout);
    });
    expect(
      scene.log.lines.filter(({ message: said }) => said.startsWith('the CRD is not that')),
    ).toHaveLength(1);
    await scene.delete('running');
    await scene.untilGone('running');
    expect(scene.simulator.ledger.entries()).toHaveLength(1);
    expect(scene.simulator.ledger.live()).toEqual([]);

    await replaceCrd(current);
    await scene.untilReady('waiting');
    expect(await readiness(scene)).toMatch(/^200 /);
  });
});

describe('an older CRD that the operator may not read', () => {
  it('is reported and prevents creates, without lifting limits or causing a loop of writes', async () => {
    const scene = await openScene();
    const { controlPlane, directory } = cluster.bench;
    proxy = await ApiProxy.open(controlPlane);
    const body = JSON.stringify({ kind: 'Status', apiVersion: 'v1', code: 403, reason: 'Forbidden' });
    const isCrd = ({ path: asked }: { path: string }): boolean => asked.includes('customresourcedefinitions');
    proxy.answer(isCrd, { status: 403, body }, Infinity);
    const file = path.join(directory, `${scene.namespace}-proxied.kubeconfig`);
    await writeFile(file, kubeconfig(proxy.port, controlPlane.caData));
    await scene.startOperator({ kubeconfig: file });
    await scene.create('old', H100, { 'gpupod.dev/reconcile-requested-at': 'now' });
    const told = await scene.untilCondition('old', 'Stalled=True CrdOutdated');
    expect(conditionText(told, 'Synced')).toBe('False CrdOutdated');
    expect(told.status.conditions?.find(({ type }) => type === 'Synced')?.message).toContain(
      'status.lastHandledReconcileAt',
    );
    const lists = scene.simulator.requests.count({ method: 'GET', path: '/pods/' });
    await scene.untilTrue(
      'a few sweeps pass',
      () => scene.simulator.requests.count({ method: 'GET', path: '/pods/' }) >= lists + 2,
    );
    expect((await scene.find('old'))?.metadata.resourceVersion).toBe(told.metadata.resourceVersion);
    expect(scene.simulator.ledger.entries().length).toBeLessThanOrEqual(1);
    expect(scene.simulator.ledger.live()).toEqual([]);
    await scene.untilEvent('old', /^CrdOutdated: /);
    const warnings = scene.log.lines.filter(({ message }) => message.startsWith('failed to read the CRD'));
    expect(warnings.map(({ level }) => level)).toEqual(['warn']);
    await scene.delete('old');
    await scene.untilGone('old');
  });
});
