import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse, stringify } from 'yaml';
import { ensureBinaries } from '../control-plane/binaries.ts';
import { chart, template, templateOf } from '../manifests/support/helm.ts';
import { parseManifests } from '../manifests/support/manifest.ts';

const MINUTE_MS = 60_000;
/** Kinds without a namespace. */
const CLUSTER_SCOPED = [
  'ClusterRole',
  'ClusterRoleBinding',
  'CustomResourceDefinition',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
];
const EVERYTHING = [
  'simulator.enabled=true',
  'admissionPolicy.enabled=true',
  'metrics.serviceMonitor.enabled=true',
  'metrics.prometheusRule.enabled=true',
  'metrics.dashboard.enabled=true',
  'networkPolicy.enabled=true',
  'rbac.aggregateToEdit=true',
];

let folder: string;

beforeAll(async () => {
  await ensureBinaries(['helm']);
  folder = await mkdtemp(path.join(tmpdir(), 'parent-'));
  await mkdir(path.join(folder, 'charts'));
  await symlink(chart, path.join(folder, 'charts/gpupod-operator'));
  const condition = 'gpupod-operator.enabled';
  const dependencies = [{ name: 'gpupod-operator', version: '0.x', condition }];
  const platform = { apiVersion: 'v2', name: 'platform', version: '1.0.0', dependencies };
  await writeFile(path.join(folder, 'Chart.yaml'), stringify(platform));
}, 40 * MINUTE_MS);

afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** What a chart renders that contains this one. */
async function parent(isEnabled: boolean): Promise<string> {
  const values = {
    global: { imageRegistry: 'registry.example.com', team: { name: 'a' } },
    'gpupod-operator': {
      enabled: isEnabled,
      image: { repository: 'registry.example.com/gpupod-operator' },
      settings: null,
    },
  };
  await writeFile(path.join(folder, 'values.yaml'), stringify(values));
  return await templateOf(folder, [], 'platform');
}

describe('a chart that contains this one', () => {
  it.each([
    { isEnabled: true, expected: ['platform-gpupod-operator'] },
    { isEnabled: false, expected: [] },
  ])('turns it on or off with a condition: $isEnabled', async ({ isEnabled, expected }) => {
    const manifests = parseManifests(await parent(isEnabled));
    const deployments = manifests.filter(({ kind }) => kind === 'Deployment');
    expect(deployments.map(({ metadata }) => metadata.name)).toEqual(expected);
  });
});

describe('every object with a namespace', () => {
  it.each([{ sets: [] }, { sets: ['primeApiKey.value=a'] }, { sets: EVERYTHING }])(
    'names it with $sets, so that helm template | kubectl apply puts it there',
    async ({ sets }) => {
      const manifests = parseManifests(await template(sets, 'rent-system'));
      const namespaced = manifests.filter(({ kind }) => !CLUSTER_SCOPED.includes(kind));
      expect(namespaced.length).toBeGreaterThan(5);
      const elsewhere = namespaced.filter(({ metadata }) => metadata.namespace !== 'rent-system');
      expect(elsewhere.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([]);
    },
  );
});

describe('a value of null', () => {
  it('unsets a setting', async () => {
    const sets = ['settings.max-price-ceiling=null', 'settings.concurrency=4'];
    const text = await template(sets);
    expect(text).toContain('--concurrency=4');
    expect(text).not.toContain('--max-price-ceiling');
  });

  it('keeps the CRD when it unsets crds.keep', async () => {
    expect(await template(['crds.keep=null'])).toContain('helm.sh/resource-policy: keep');
  });

  it(
    'renders, or is refused by its name: no template fails',
    async () => {
      const paths = pathsOf(parse(await readFile(`${chart}/values.yaml`, 'utf8')), '');
      expect(paths.length).toBeGreaterThan(60);
      const answers: string[] = [];
      for (const one of paths) {
        const rendered = template([...EVERYTHING.slice(1), `${one}=null`]);
        answers.push(
          await rendered.then(
            () => '',
            (error: unknown) => String(error),
          ),
        );
      }
      const failed = answers.filter((answer) => answer !== '');
      expect(failed).not.toEqual([]);
      expect(failed.filter((answer) => !/missing property|image\.repository is empty/.test(answer))).toEqual(
        [],
      );
    },
    5 * MINUTE_MS,
  );
});

/** The path of every value and section. */
function pathsOf(values: unknown, prefix: string): readonly string[] {
  if (typeof values !== 'object' || values === null || Array.isArray(values)) return [];
  return Object.entries(values).flatMap(([key, value]: [string, unknown]) => [
    `${prefix}${key}`,
    ...pathsOf(value, `${prefix}${key}.`),
  ]);
}
