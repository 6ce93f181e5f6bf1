import { beforeAll, describe, expect, it } from '@jest/globals';
import { recordAt } from '../../src/json.ts';
import { conditionText } from '../support/scene.ts';
import { useBench } from '../support/use-bench.ts';
import { OFFERS } from '../simulation/world-offers.ts';

const cluster = useBench();

const CRD = 'gpupods.gpupod.dev';
/** What an older CRD does not know, and what limits rest on. */
const UNKNOWN = ['attempts', 'failedAttempts', 'searchStartedAt', 'lastHandledReconcileAt'];

function statusSchema(crd: unknown): Record<string, unknown> {
  const { versions } = recordAt(crd, 'spec');
  const [version] = Array.isArray(versions) ? (versions as readonly unknown[]) : [];
  const schema = recordAt(recordAt(version, 'schema'), 'openAPIV3Schema');
  return recordAt(recordAt(recordAt(schema, 'properties'), 'status'), 'properties');
}

beforeAll(async () => {
  const { controlPlane } = cluster.bench;
  const crd: unknown = JSON.parse((await controlPlane.kubectl(['get', 'crd', CRD, '-o', 'json'])).stdout);
  for (const field of UNKNOWN) Reflect.deleteProperty(statusSchema(crd), field);
  await controlPlane.kubectl(['replace', '-f', '-'], { input: JSON.stringify(crd) });
});

describe('a CRD that drops fields of the status', () => {
  it('lifts no limit and starts no loop of writes: it is told, and nothing new is rented', async () => {
    const scene = await cluster.open({
      simulator: { offers: { gpus: [...OFFERS] }, settings: { podRules: [{ outcome: 'Error' }] } },
    });
    await scene.startOperator();
    await scene.create(
      'old',
      { gpu: { types: ['H100_80GB'] }, maxPrice: 3 },
      { 'gpupod.dev/reconcile-requested-at': 'now' },
    );
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
    await scene.delete('old');
    await scene.untilGone('old');
  });
});
