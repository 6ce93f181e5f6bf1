import { mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { systemClock } from '../../src/clock.ts';
import { openBench } from '../support/bench.ts';
import type { Bench } from '../support/bench.ts';
import { Durations } from './support/durations.ts';
import { LEASE } from './support/lease.ts';
import { kubeconfig, openStage } from './support/stage.ts';
import type { Stage } from './support/stage.ts';

const MINUTE_MS = 60_000;
jest.setTimeout(4 * MINUTE_MS);

const H100 = { gpu: { types: ['H100_80GB'] }, maxPrice: 3 };
const FIRST = { key: 'first-key-0123456789', userId: 'user_1' };
const SECOND = { key: 'second-key-0123456789', userId: 'user_1' };
const FOREIGN = { key: 'foreign-key-0123456789', userId: 'user_2' };

let bench: Bench;
let stage: Stage;
const durations = new Durations('from a new key in the file to its first use');

beforeAll(async () => {
  bench = await openBench();
}, 20 * MINUTE_MS);

afterEach(async () => {
  await stage.stop();
});

afterAll(async () => {
  durations.tell();
  await bench.close();
});

/** A file that is replaced atomically. */
async function replaceFile(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text);
  await rename(`${file}.new`, file);
}

interface Mount {
  readonly file: string;
  readonly put: (text: string) => Promise<void>;
}

function plainFile(name: string): Mount {
  const file = path.join(bench.directory, name);
  return { file, put: async (text) => await replaceFile(file, text) };
}

/** A Secret as the kubelet mounts it: `key → ..data/key`, where `..data` is a link that is replaced atomically. */
async function mountedSecret(name: string): Promise<Mount> {
  const folder = path.join(bench.directory, name);
  await mkdir(folder);
  await symlink(path.join('..data', 'key'), path.join(folder, 'key'));
  let version = 0;
  return {
    file: path.join(folder, 'key'),
    async put(text) {
      version += 1;
      const data = `..version-${version}`;
      await mkdir(path.join(folder, data));
      await writeFile(path.join(folder, data, 'key'), text);
      await symlink(data, path.join(folder, '..data_tmp'));
      await rename(path.join(folder, '..data_tmp'), path.join(folder, '..data'));
    },
  };
}

async function openWithKey(mount: Mount): Promise<void> {
  await mount.put(`${FIRST.key}\n`);
  stage = await openStage(bench, { simulator: { settings: { accounts: [FIRST, SECOND, FOREIGN] } } });
}

/** From now on, the provider accepts only these keys. */
function accept(...accounts: (typeof FIRST)[]): void {
  const { settings } = stage.scene.simulator;
  settings.accounts = settings.accounts.filter(({ key }) => accounts.some((one) => one.key === key));
}

const MOUNTS = [
  { what: 'a file', mount: async () => await Promise.resolve(plainFile('key-file')) },
  { what: 'a mounted Secret', mount: async () => await mountedSecret('key-secret') },
];

describe('a new key of the same account', () => {
  it.each(MOUNTS)(
    'in $what is used by the same process, so that the old key can be revoked',
    async ({ mount }) => {
      const mounted = await mount();
      await openWithKey(mounted);
      const { scene } = stage;
      const operator = stage.start({ 'prime-api-key-file': mounted.file }, {});
      await scene.create('before', H100);
      await scene.untilReady('before');

      const { requests } = scene.simulator;
      accept(SECOND);
      const beganMs = systemClock.monotonicMs();
      await mounted.put(SECOND.key);
      const refusedUntil = requests.lastNumber;
      await scene.untilTrue('an answer for the new key', () =>
        requests.all({ afterNumber: refusedUntil }).some(({ status }) => status === 200),
      );
      durations.note('all', systemClock.monotonicMs() - beganMs);
      await scene.create('after', H100);
      await scene.delete('before');
      await scene.untilReady('after');
      await scene.untilGone('before');
      expect(await stage.judge()).toEqual([]);
      expect(operator.isRunning()).toBe(true);
      const log = await operator.log();
      expect([FIRST, SECOND].filter(({ key }) => log.includes(key))).toEqual([]);
    },
  );

  it('is used even if the old key was revoked before', async () => {
    const mounted = plainFile('late-key');
    await openWithKey(mounted);
    const { scene } = stage;
    const operator = stage.start({ 'prime-api-key-file': mounted.file }, {});
    await scene.create('before', H100);
    await scene.untilReady('before');
    accept(SECOND);
    await scene.create('waiting', H100);
    await scene.untilCondition('waiting', 'Synced=False Unauthorized');
    await mounted.put(SECOND.key);
    await scene.untilReady('waiting');
    expect(await stage.judge()).toEqual([]);
    expect(operator.isRunning()).toBe(true);
  });
});

describe('a key of another account', () => {
  it('creates, terminates and releases nothing until the right key is back', async () => {
    const mounted = await mountedSecret('foreign-secret');
    await openWithKey(mounted);
    const { scene } = stage;
    const operator = stage.start({ 'prime-api-key-file': mounted.file, 'orphan-policy': 'Terminate' }, {});
    await scene.create('before', H100);
    await scene.untilReady('before');
    await mounted.put(FOREIGN.key);
    await scene.untilCondition('before', 'Synced=False AccountChanged');
    await scene.delete('before');
    await scene.create('new', H100);
    await scene.untilCondition('new', 'Synced=False AccountChanged');
    expect(await scene.find('before')).toBeDefined();
    expect(scene.simulator.ledger.deletes).toEqual([]);
    expect(stage.createdInstanceCount()).toBe(1);

    await mounted.put(FIRST.key);
    await scene.untilGone('before');
    await scene.untilReady('new');
    expect(await stage.judge()).toEqual([]);
    expect(operator.isRunning()).toBe(true);
  });
});

/** A service account token that is valid as long as a Secret of that name exists. */
async function boundToken(name: string): Promise<string> {
  const { scene } = stage;
  await must(['create', 'secret', 'generic', name]);
  const bound = ['--bound-object-kind', 'Secret', '--bound-object-name', name];
  return (await must(['create', 'token', 'operator', ...bound])).trim();

  async function must(args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await scene.kubectl(args);
    if (code !== 0) throw new Error(stderr);
    return stdout;
  }
}

/** Starts the operator as a service account, with the token in a file, as in a Pod. */
async function startWithToken(tokenFile: string): Promise<ReturnType<Stage['start']>> {
  const { scene, toCluster } = stage;
  await scene.kubectl(['create', 'serviceaccount', 'operator']);
  const account = `${scene.namespace}:operator`;
  await scene.kubectl([
    'create',
    'clusterrolebinding',
    account.replace(':', '-'),
    '--clusterrole=cluster-admin',
    `--serviceaccount=${account}`,
  ]);
  await replaceFile(tokenFile, await boundToken('first'));
  const file = path.join(bench.directory, `${scene.namespace}.token.kubeconfig`);
  // The in-cluster configuration of client-node.
  const user = { 'auth-provider': { name: 'tokenFile', config: { tokenFile } } };
  await writeFile(file, kubeconfig(toCluster.port, bench.controlPlane.caData, user));
  // A leader that is rejected for too long loses its Lease, and exits.
  return stage.start({ ...LEASE, kubeconfig: file });
}

function refusals(): number {
  return stage.proxy.requests.filter(({ status }) => status === 401).length;
}

describe('a service account token', () => {
  it.each([
    { moment: 'before the old one is revoked', isLate: false },
    { moment: 'after the old one was revoked', isLate: true },
  ])('that is replaced $moment is used by the same process', async ({ isLate }) => {
    stage = await openStage(bench);
    const { scene } = stage;
    const tokenFile = path.join(bench.directory, `${scene.namespace}.token`);
    const operator = await startWithToken(tokenFile);
    await scene.create('before', H100);
    await scene.untilReady('before');

    const next = await boundToken('second');
    if (!isLate) await replaceFile(tokenFile, next);
    const { stdout: token } = await scene.kubectl(['delete', 'secret', 'first']);
    expect(token).toContain('deleted');
    if (isLate) {
      // Kubernetes accepts a revoked token for some more seconds. A rejected watch shows the end of that time.
      await scene.untilTrue('a refusal', () => {
        stage.proxy.watches.cut();
        return refusals() > 0;
      });
      await replaceFile(tokenFile, next);
    }
    await scene.create('after', H100);
    await scene.delete('before');
    await scene.untilReady('after');
    await scene.untilGone('before');
    expect(await stage.judge()).toEqual([]);
    expect(operator.isRunning()).toBe(true);
  });
});
