import { cp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { startControlPlane } from '../control-plane/control-plane.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import {
  chart,
  helm as runHelm,
  kubectl as runKubectl,
  SOME_IMAGE,
  template,
} from '../manifests/support/helm.ts';
import { parseManifests } from '../manifests/support/manifest.ts';

const MINUTE_MS = 60_000;
jest.setTimeout(3 * MINUTE_MS);

const CRD = 'gpupods.gpupod.dev';
const CRD_FILE = `crds/${CRD}.yaml`;
const SYSTEM = 'gpupod-system';

let controlPlane: ControlPlane;
/** A chart from before the status had a `hint`. */
let olderChart: string;
let olderCrd: string;

async function helm(...args: readonly string[]): Promise<string> {
  return await runHelm(controlPlane, ...args);
}

async function kubectl(...args: readonly string[]): Promise<string> {
  return await runKubectl(controlPlane, ...args);
}

/** Each name contains the release, so that releases do not share names. */
async function install(release: string, ...args: readonly string[]): Promise<string> {
  const where = ['-n', `${release}-system`, '--create-namespace'];
  return await helm('install', release, chart, ...where, ...SOME_IMAGE, ...args);
}

async function knowsHint(): Promise<boolean> {
  const hint = '{.spec.versions[0].schema.openAPIV3Schema.properties.status.properties.hint.type}';
  return (await kubectl('get', 'crd', CRD, '-o', `jsonpath=${hint}`)) === 'string';
}

/** Removes one property of the status and everything below it. */
function withoutHint(crd: string): string {
  const hint = /\n {16}hint:\n(?: {18}.*\n)+/;
  if (!hint.test(crd)) throw new Error('the CRD has no status.hint to take away');
  return crd.replace(hint, '\n').replace(/crd-hash: .*/, 'crd-hash: older');
}

beforeAll(async () => {
  controlPlane = await startControlPlane();
  olderCrd = withoutHint(await readFile(CRD_FILE, 'utf8'));
  olderChart = path.join(controlPlane.directory, 'older-chart');
  await cp(chart, olderChart, { recursive: true });
  await writeFile(path.join(olderChart, `files/${CRD}.yaml`), olderCrd);
}, 40 * MINUTE_MS);

afterAll(async () => {
  await controlPlane.stop();
});

describe('the CRD of a release', () => {
  it('is upgraded and rolled back with it, and is kept with every GpuPod when it is uninstalled', async () => {
    const where = ['-n', SYSTEM];
    await helm('install', 'gpupod', olderChart, ...where, '--create-namespace', ...SOME_IMAGE);
    expect(await knowsHint()).toBe(false);
    await kubectl('apply', '-f', 'examples/gpupod.yaml');

    await helm('upgrade', 'gpupod', chart, ...where, ...SOME_IMAGE);
    expect(await knowsHint()).toBe(true);

    await helm('rollback', 'gpupod', '1', ...where);
    expect(await knowsHint()).toBe(false);
    await helm('upgrade', 'gpupod', chart, ...where, ...SOME_IMAGE);

    // No kubelet runs the check.
    await helm('uninstall', 'gpupod', ...where, '--no-hooks');
    expect(await kubectl('get', 'gpupods', '-o', 'name')).toBe('gpupod.gpupod.dev/train-1\n');
    expect(await knowsHint()).toBe(true);
  });

  it('may belong to another release, as long as it is that of the chart', async () => {
    expect(await install('second')).toContain('STATUS: deployed');
    expect(await helm('get', 'manifest', 'second', '-n', 'second-system')).not.toContain(
      'kind: CustomResourceDefinition',
    );
  });
});

describe('a CRD that this release does not manage', () => {
  it('is rejected when it differs, with the commands that transfer it to the release', async () => {
    await writeFile(path.join(controlPlane.directory, 'older.yaml'), olderCrd);
    await kubectl('replace', '-f', path.join(controlPlane.directory, 'older.yaml'));
    const refused = await install('third').catch(String);
    expect(refused).toContain(`${CRD}: this cluster has another version of it`);
    expect(await knowsHint()).toBe(false);

    const [annotate = '', label = ''] = [...refused.matchAll(/kubectl ((?:annotate|label) crd [^&,]*)/g)].map(
      ([, command = '']) => command.trim(),
    );
    await kubectl(...annotate.split(' '));
    await kubectl(...label.split(' '));
    expect(await install('third', '--force-conflicts')).toContain('STATUS: deployed');
    expect(await knowsHint()).toBe(true);
  });

  it('is not changed with crds.enabled=false', async () => {
    await kubectl('replace', '-f', path.join(controlPlane.directory, 'older.yaml'));
    expect(await install('fourth', '--set', 'crds.enabled=false')).toContain('STATUS: deployed');
    expect(await knowsHint()).toBe(false);
  });
});

describe('a CRD that was installed with crds.keep=false', () => {
  const where = ['-n', 'eighth-system'];

  /** The CRDs of earlier releases stay. */
  async function handOver(file: string, name: string): Promise<void> {
    const owner = ['meta.helm.sh/release-name=eighth', 'meta.helm.sh/release-namespace=eighth-system'];
    await kubectl('apply', '--server-side', '--force-conflicts', '-f', file);
    await kubectl('annotate', 'crd', name, ...owner, 'helm.sh/resource-policy-', '--overwrite');
    await kubectl('label', 'crd', name, 'app.kubernetes.io/managed-by=Helm', '--overwrite');
  }

  it.each([
    { sets: ['crds.enabled=false'], crd: CRD },
    { sets: ['accounts.enabled=false'], crd: 'gpuaccounts.gpupod.dev' },
    { sets: ['watchNamespaces={default}', 'crds.keep=true'], crd: CRD },
  ])('is not deleted, with every object of it, by an upgrade with $sets', async ({ sets, crd }) => {
    for (const plural of ['gpupods', 'gpuaccounts', 'clustergpuaccounts']) {
      await handOver(`crds/${plural}.gpupod.dev.yaml`, `${plural}.gpupod.dev`);
    }
    await install('eighth', '--force-conflicts', '--set', 'crds.keep=false,accounts.enabled=true');
    const dropping = ['--reuse-values', ...sets.flatMap((set) => ['--set', set])];
    const upgrade = async (...more: readonly string[]): Promise<string> =>
      await helm('upgrade', 'eighth', chart, ...where, ...more).catch(String);
    expect(await upgrade(...dropping)).toContain(`${crd}: with these values Helm would delete it`);

    expect(await upgrade('--reuse-values', '--set', 'crds.keep=true')).toContain('STATUS: deployed');
    expect(await upgrade(...dropping, '--set', 'crds.keep=true')).toContain('STATUS: deployed');
    expect(await kubectl('get', 'crd', crd, '-o', 'name')).toContain(crd);
    await helm('uninstall', 'eighth', ...where, '--no-hooks');
  });
});

describe('the CRDs of accounts', () => {
  const ACCOUNT_CRDS = ['gpuaccounts', 'clustergpuaccounts'].map((plural) => `${plural}.gpupod.dev`);
  const ACCOUNTS = ['--set', 'accounts.enabled=true'];

  async function existing(): Promise<readonly string[]> {
    const names = await kubectl('get', 'crd', '-o', 'jsonpath={.items[*].metadata.name}');
    return ACCOUNT_CRDS.filter((name) => names.split(' ').includes(name));
  }

  it('come with accounts.enabled, and are kept with every account when it is turned off or uninstalled', async () => {
    await kubectl('apply', '--server-side', '--force-conflicts', '-f', CRD_FILE);
    expect(await install('fifth', ...ACCOUNTS)).toContain('STATUS: deployed');
    const account = {
      apiVersion: 'gpupod.dev/v1alpha1',
      kind: 'ClusterGpuAccount',
      metadata: { name: 'ml' },
    };
    const input = JSON.stringify({ ...account, spec: { apiKeySecretRef: { name: 'ml-key' } } });
    expect(await controlPlane.kubectl(['apply', '-f', '-'], { input })).toMatchObject({ code: 0 });

    const where = ['-n', 'fifth-system'];
    await helm('upgrade', 'fifth', chart, ...where, ...SOME_IMAGE);
    expect(await existing()).toEqual(ACCOUNT_CRDS);
    await helm('upgrade', 'fifth', chart, ...where, ...SOME_IMAGE, ...ACCOUNTS);
    await helm('uninstall', 'fifth', ...where, '--no-hooks');
    expect(await existing()).toEqual(ACCOUNT_CRDS);
    expect(await kubectl('get', 'clustergpuaccounts', '-o', 'name')).toContain('/ml');
  });

  it('cannot be turned off while accounts pay for instances', async () => {
    const where = ['-n', 'ninth-system'];
    await install('ninth', ...ACCOUNTS);
    await kubectl('apply', '-f', 'examples/gpupod.yaml');
    const account = { kind: 'ClusterGpuAccount', name: 'ml', userId: 'user-1' };
    const status = JSON.stringify({ status: { podId: 'pod-1', account } });
    const patch = ['patch', 'gpupod', 'train-1', '--subresource=status', '--type=merge', '-p'];
    await kubectl(...patch, status);
    const upgrade = ['upgrade', 'ninth', chart, ...where, ...SOME_IMAGE];
    expect(await helm(...upgrade).catch(String)).toContain(
      'accounts pay for the instances of 1 GpuPods, such as default/train-1',
    );
    await kubectl(...patch, JSON.stringify({ status: null }));
    expect(await helm(...upgrade)).toContain('STATUS: deployed');
    await helm('uninstall', 'ninth', ...where, '--no-hooks');
  });

  it.each(ACCOUNT_CRDS)('are rejected when %s differs and belongs to somebody else', async (name) => {
    await kubectl('annotate', 'crd', name, 'meta.helm.sh/release-name=other', '--overwrite');
    expect(await install('sixth', ...ACCOUNTS)).toContain('STATUS: deployed');
    await helm('uninstall', 'sixth', '-n', 'sixth-system', '--no-hooks');
    await kubectl('annotate', 'crd', name, 'gpupod.dev/crd-hash=older', '--overwrite');
    expect(await install('seventh', ...ACCOUNTS).catch(String)).toContain(
      `${name}: this cluster has another version of it`,
    );
    await kubectl('apply', '--server-side', '--force-conflicts', '-f', `crds/${name}.yaml`);
  });
});

describe('watchNamespaces', () => {
  it('renders no cluster-scoped object', async () => {
    const manifests = parseManifests(
      await template(['watchNamespaces={team-a,team-b}', 'metrics.service=true', 'simulator.enabled=true']),
    );
    const kinds = await kubectl('api-resources', '--namespaced=false', '--no-headers', '-o', 'wide');
    const clusterScoped = new Set(
      kinds
        .trim()
        .split('\n')
        .map((line) => /\S+ +false +(\S+)/.exec(line)?.[1]),
    );
    expect(clusterScoped).toContain('ClusterRole');
    expect(manifests.filter(({ kind }) => clusterScoped.has(kind))).toEqual([]);
    expect(
      manifests.filter(({ kind }) => kind === 'Role').map(({ metadata }) => metadata.namespace ?? 'its own'),
    ).toEqual(expect.arrayContaining(['team-a', 'team-b', 'gpupod-system']));
  });
});
