import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { startControlPlane } from '../control-plane/control-plane.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { chart, helm, kubectl as runKubectl, SOME_IMAGE } from '../manifests/support/helm.ts';
import { until } from '../support/until.ts';

const MINUTE_MS = 60_000;
jest.setTimeout(3 * MINUTE_MS);

const SYSTEM = 'gpupod-system';
const ACCOUNTS = ['--set', 'accounts.enabled=true'] as const;
const RELEASE = ['gpupod-operator', '-n', SYSTEM] as const;

let controlPlane: ControlPlane;

async function kubectl(...args: readonly string[]): Promise<string> {
  return await runKubectl(controlPlane, ...args);
}

/** A policy takes effect some seconds after it was written. */
async function untilProtected(kind: string, name: string): Promise<void> {
  await untilDeletable(kind, name, false);
}

async function untilDeletable(kind: string, name: string, isDeletable = true): Promise<void> {
  const remove = ['delete', kind, name, '--dry-run=server'];
  await until(
    `a request to delete ${kind}/${name} ${isDeletable ? 'succeeds' : 'fails'}`,
    async () => ((await controlPlane.kubectl(remove)).code === 0) === isDeletable || undefined,
    () => 'the policy did not change',
  );
}

beforeAll(async () => {
  controlPlane = await startControlPlane();
  await helm(controlPlane, 'install', ...RELEASE, chart, '--create-namespace', ...SOME_IMAGE, ...ACCOUNTS);
  await kubectl('create', 'namespace', 'team-a');
  await untilProtected('namespace', SYSTEM);
}, 40 * MINUTE_MS);

afterAll(async () => {
  await controlPlane.stop();
});

describe('the deletion guard', () => {
  const CRDS = 'customresourcedefinitions';

  it.each([
    { kind: CRDS, name: 'gpupods.gpupod.dev' },
    { kind: CRDS, name: 'gpuaccounts.gpupod.dev' },
    { kind: CRDS, name: 'clustergpuaccounts.gpupod.dev' },
    { kind: 'namespaces', name: SYSTEM },
  ])(
    'rejects the deletion of $kind/$name until it has the annotation that the message names',
    async ({ kind, name }) => {
      const remove = ['delete', kind, name, '--dry-run=server'];
      const refused = await controlPlane.kubectl(remove);
      expect(refused).toMatchObject({
        code: 1,
        stderr: expect.stringContaining(`${kind}/${name} holds the record of rented instances`),
      });
      const [, annotate = ''] = /: kubectl (annotate .*)/.exec(refused.stderr) ?? [];
      await kubectl(...annotate.trim().split(' '));
      expect(await controlPlane.kubectl(remove)).toMatchObject({ code: 0 });
      await kubectl('annotate', kind, name, 'gpupod.dev/allow-deletion=false', '--overwrite');
      expect(await controlPlane.kubectl(remove)).toMatchObject({ code: 1 });
    },
  );

  it('rejects a deletion that names no object', async () => {
    await kubectl('label', 'crd', 'gpupods.gpupod.dev', 'team=a', '--overwrite');
    const all = `/apis/apiextensions.k8s.io/v1/${CRDS}?labelSelector=team%3Da&dryRun=All`;
    expect(await controlPlane.kubectl(['delete', '--raw', all])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('holds the record of rented instances'),
    });
  });

  it('allows the deletion of other namespaces', async () => {
    expect(await controlPlane.kubectl(['delete', 'namespace', 'team-a', '--dry-run=server'])).toMatchObject({
      code: 0,
    });
  });

  it('does not outlive the release, nor hold up its uninstallation', async () => {
    await helm(controlPlane, 'upgrade', ...RELEASE, chart, '--reuse-values', '--set', 'crds.keep=false');
    await untilDeletable('crd', 'gpupods.gpupod.dev');
    await helm(controlPlane, 'uninstall', ...RELEASE, '--no-hooks');
    // The API server removes the objects of a CRD before the CRD itself.
    const crds = ['gpupods', 'gpuaccounts', 'clustergpuaccounts'].map((plural) => `crd/${plural}.gpupod.dev`);
    const gone = ['wait', ...crds, '--for=delete', '--timeout=60s'];
    expect(await controlPlane.kubectl(gone)).toMatchObject({ code: 0 });
    await untilDeletable('namespace', SYSTEM);
  });
});
