import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createSecret, openBench } from '../support/bench.ts';
import type { Bench } from '../support/bench.ts';
import { openScene } from '../support/scene.ts';
import type { Scene } from '../support/scene.ts';

const MINUTE_MS = 60_000;
jest.setTimeout(3 * MINUTE_MS);

const crds = path.resolve(import.meta.dirname, '../../crds');
const ACCOUNT_CRD = path.join(crds, 'gpuaccounts.gpupod.dev.yaml');
const H100 = { gpu: { types: ['H100_80GB'] }, maxPrice: 3 };

let bench: Bench;
let scene: Scene;

beforeAll(async () => {
  bench = await openBench({ crdPaths: [path.join(crds, 'gpupods.gpupod.dev.yaml')] });
}, 20 * MINUTE_MS);

afterEach(async () => {
  await scene.stop();
});

afterAll(async () => {
  await bench.close();
});

function payers(): readonly string[] {
  return scene.simulator.ledger.entries().map(({ userId }) => userId);
}

async function applyCrd(input: string): Promise<void> {
  const { controlPlane } = bench;
  const apply = ['apply', '--server-side', '--force-conflicts', '-f', '-'];
  expect(await controlPlane.kubectl(apply, { input })).toMatchObject({ code: 0 });
  await controlPlane.kubectl(['wait', 'crd/gpuaccounts.gpupod.dev', '--for=condition=Established']);
}

/** The CRD of a version without the limit of GPUs for the whole account. */
function withoutLimit(crd: string): string {
  const limit = /\n {20}maxGpus:\n(?: {22}.*\n)+/;
  if (!limit.test(crd)) throw new Error('the CRD has no limits.maxGpus to take away');
  return crd.replace(limit, '\n');
}

async function bringAccount(): Promise<void> {
  await createSecret(bench, scene.namespace, 'team-key', { 'api-key': 'other-key' });
  const account = { apiVersion: 'gpupod.dev/v1alpha1', kind: 'GpuAccount', metadata: { name: 'team' } };
  const spec = { apiKeySecretRef: { name: 'team-key' } };
  await scene.kubectl(['apply', '-f', '-'], JSON.stringify({ ...account, spec }));
}

describe('an operator with the default settings', () => {
  it('rents without the CRDs of accounts, and serves accounts as soon as they exist', async () => {
    scene = await openScene(bench);
    await scene.startOperator();
    await scene.create('first', H100);
    await scene.untilReady('first');
    expect(payers()).toEqual(['user_1']);

    await applyCrd(await readFile(ACCOUNT_CRD, 'utf8'));
    await bringAccount();
    await scene.create('second', { ...H100, accountRef: { name: 'team' } });
    await scene.untilReady('second');
    expect(payers()).toEqual(['user_1', 'user_2']);
    const waited = await scene.kubectl(['wait', 'gpuaccount/team', '--for=condition=Ready', '--timeout=60s']);
    expect(waited.stdout).toContain('condition met');
  });

  it('rents nothing new while an older CRD of accounts drops a limit, and goes on with the right one', async () => {
    const current = await readFile(ACCOUNT_CRD, 'utf8');
    await applyCrd(withoutLimit(current));
    scene = await openScene(bench);
    await scene.startOperator();
    await bringAccount();
    await scene.create('waiting', { ...H100, accountRef: { name: 'team' } });
    const told = await scene.untilCondition('waiting', 'Stalled=True CrdOutdated');
    expect(told.status.conditions?.find(({ type }) => type === 'Synced')?.message).toContain(
      'The installed CRD gpuaccounts.gpupod.dev lacks spec.limits.maxGpus.',
    );
    expect(payers()).toEqual([]);
    await applyCrd(current);
    await scene.untilReady('waiting');
    expect(payers()).toEqual(['user_2']);
  });

  it('does not list an account that it was told not to serve', async () => {
    scene = await openScene(bench);
    await scene.startOperator({ 'gpu-accounts': 'false' });
    await scene.create('refused', { ...H100, accountRef: { name: 'team' } });
    await scene.untilCondition('refused', 'Synced=False NotAllowed');
    expect(payers()).toEqual([]);
  });
});
