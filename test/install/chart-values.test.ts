import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { parse } from 'yaml';
import * as z from 'zod';
import { METRICS } from '../../src/observability/metric-definitions.ts';
import { startControlPlane } from '../control-plane/control-plane.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { DEPLOYMENT_EFFECTS, NAMESPACE } from '../manifests/support/chart-effects.ts';
import type { Effect } from '../manifests/support/chart-effects.ts';
import { alerts, OBJECT_EFFECTS } from '../manifests/support/chart-object-effects.ts';
import {
  chart,
  helm as runHelm,
  kubectl as runKubectl,
  SOME_IMAGE,
  template,
} from '../manifests/support/helm.ts';
import { isHook, objectsIn, one } from '../manifests/support/rendered.ts';
import type { Objects } from '../manifests/support/rendered.ts';

const MINUTE_MS = 60_000;
jest.setTimeout(3 * MINUTE_MS);

const EFFECTS: readonly Effect[] = [...DEPLOYMENT_EFFECTS, ...OBJECT_EFFECTS];

let controlPlane: ControlPlane;

beforeAll(async () => {
  controlPlane = await startControlPlane();
}, 40 * MINUTE_MS);

afterAll(async () => {
  await controlPlane.stop();
});

/** The objects of an installation, without those of `helm test`, which have their own tests. */
async function rendered(sets: readonly string[]): Promise<Objects> {
  const objects = objectsIn(await template(sets, NAMESPACE));
  return objects.filter((object) => !isHook(object, 'test'));
}

function policyNames(objects: Objects): readonly unknown[] {
  const policies = objects.filter(({ kind }) => kind === 'ValidatingAdmissionPolicy');
  return policies.map(({ metadata }) => recordOf(metadata)['name']);
}

function recordOf(value: unknown): Record<string, unknown> {
  return z.record(z.string(), z.unknown()).parse(value);
}

/** The paths of all values: `image.tag`. An empty object or a list is one value. */
function valuePaths(values: unknown, path: string): readonly string[] {
  const isParent = typeof values === 'object' && values !== null && !Array.isArray(values);
  const entries = isParent ? Object.entries(values) : [];
  if (entries.length === 0) return [path];
  return entries.flatMap(([key, value]) => valuePaths(value, path === '' ? key : `${path}.${key}`));
}

describe('every value of the chart', () => {
  it('has a test here', () => {
    const all = valuePaths(parse(readFileSync(`${chart}/values.yaml`, 'utf8')), '');
    const set = EFFECTS.flatMap(({ sets }) => sets);
    expect(all.length).toBeGreaterThan(20);
    expect(all.filter((path) => !set.some((text) => text.startsWith(path)))).toEqual([]);
  });

  it.each(EFFECTS)('changes the $kind with $sets', async ({ sets, kind, name, expected }) => {
    const objects = await rendered(sets);
    const named = objects.filter(({ metadata }) => name === undefined || recordOf(metadata)['name'] === name);
    expect(one(named, kind)).toMatchObject(expected);
  });

  it.each(['View', 'Edit'])('removes the ClusterRole with rbac.aggregateTo%s=false', async (who) => {
    const objects = await rendered([`rbac.aggregateTo${who}=false`]);
    const names = objects.map(({ metadata }) => recordOf(metadata)['name']);
    expect(names).not.toContain(`${NAMESPACE}-gpupod-operator-${who.toLowerCase()}`);
  });

  it.each([
    { kind: 'Secret', why: 'Helm stores a key from values in the release' },
    { kind: 'ServiceMonitor', why: 'not every cluster has that kind' },
    { kind: 'PrometheusRule', why: 'not every cluster has that kind' },
    { kind: 'NetworkPolicy', why: 'the ports of the API server vary' },
    { kind: 'Extra', why: 'no further objects are configured' },
    { kind: 'Service', why: 'scraping is optional' },
  ])('creates no $kind by default, because $why', async ({ kind }) => {
    expect(one(await rendered([]), kind)).toBeUndefined();
  });

  it.each([
    { sets: [], why: 'some recoveries need a decision of the administrator' },
    { sets: ['watchNamespace=team-a'], why: 'a release for namespaces creates no cluster-scoped object' },
  ])('creates no policy for GpuPods with $sets, because $why', async ({ sets }) => {
    const names = policyNames(await rendered(sets));
    expect(names).toEqual(sets.length === 0 ? [`${NAMESPACE}-gpupod-operator-deletion`] : []);
  });

  it.each([
    { set: 'protectRecord=false', expected: [], why: 'the value says so' },
    {
      set: 'protectRecord=true',
      expected: [`${NAMESPACE}-gpupod-operator-deletion`],
      why: 'the value says so, also with watchNamespace',
    },
  ])('protects the record or not with $set, because $why', async ({ set, expected }) => {
    expect(policyNames(await rendered([`uninstall.${set}`, 'watchNamespace=team-a']))).toEqual(expected);
  });

  it('creates no PodDisruptionBudget for a single process, because it would block every drain', async () => {
    expect(one(await rendered(['replicas=1']), 'PodDisruptionBudget')).toBeUndefined();
  });
});

describe('the manifests of the chart', () => {
  it('are accepted by a real API server, and the admission policy takes effect', async () => {
    const sets = ['admissionPolicy.enabled=true', 'metrics.service=true', 'networkPolicy.enabled=true'];
    const args = [...sets, 'primeApiKey.value=pit_abc'].flatMap((set) => ['--set', set]);
    const notes = await runHelm(
      controlPlane,
      ...['install', 'gpupod-operator', chart, '-n', NAMESPACE, '--create-namespace', ...SOME_IMAGE, ...args],
    );
    expect(notes).toContain('The API key is in the Secret prime-api-key.');
    expect(notes).toContain('No price ceiling is set');
    const kinds = 'validatingadmissionpolicy,networkpolicy,service,poddisruptionbudget,secret';
    const made = await runKubectl(
      controlPlane,
      ...['-n', NAMESPACE, 'get', kinds, '-l', 'app.kubernetes.io/instance=gpupod-operator', '-o', 'name'],
    );
    expect(made.trim().split('\n')).toHaveLength(8);
  });

  it('are accepted when all names look like numbers', async () => {
    const sets = ['simulator.enabled', 'metrics.service', 'networkPolicy.enabled', 'rbac.aggregateToEdit'];
    const args = ['-n', '3240286e-210077', '--create-namespace', ...SOME_IMAGE];
    expect(
      await runHelm(
        controlPlane,
        ...['install', '43764', chart, ...args, ...sets.flatMap((set) => ['--set', `${set}=true`])],
      ),
    ).toContain('STATUS: deployed');
  });
});

describe('the alerts', () => {
  const names: readonly string[] = Object.values(METRICS).map(({ name }) => name);

  it.each(alerts.groups.flatMap(({ rules }) => rules))('use existing metrics in $alert', ({ expr }) => {
    const asked = expr.match(/(?:gpupod|controller_runtime|workqueue|rest_client)_\w+/g) ?? [];
    expect(asked).not.toEqual([]);
    expect(asked.filter((name) => !names.includes(name))).toEqual([]);
  });
});
