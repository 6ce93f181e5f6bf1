import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { bundle } from '../../scripts/build/bundle.ts';
import { OPERATOR_VERSION } from '../../src/config/version.ts';
import { rentedStatus } from '../support/builders/gpu-pod.ts';
import { CliBench } from './support/cli-bench.ts';
import { FakePrograms } from './support/fake-program.ts';
import { ready } from './support/ready.ts';

const { bin } = z
  .object({ bin: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync('package.json', 'utf8')));

/** A directory for the PATH, with the names of package.json as npm installs them. */
let installed: string;
let directory: string;
let bench: CliBench;

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'gpupod-program-'));
  installed = path.join(directory, 'bin');
  await mkdir(installed);
  await bundle(path.join(directory, 'dist'));
  for (const [name, file] of Object.entries(bin)) {
    await symlink(path.join(directory, file), path.join(installed, name));
  }
  // The line that starts the program looks for Node on the PATH.
  await symlink(process.execPath, path.join(installed, 'node'));
});

afterAll(async () => {
  await rm(directory, { recursive: true });
});

beforeEach(async () => {
  bench = await CliBench.open();
});

afterEach(async () => {
  await bench.close();
});

interface Ended {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs an installed program by its name alone. */
async function run(name: string, ...args: readonly string[]): Promise<Ended> {
  const env = { PATH: installed, KUBECONFIG: bench.kubeConfig };
  return await promisify(execFile)(path.join(installed, name), args, { env });
}

describe('the installed program', () => {
  it('starts by its name, alone and with nothing on standard error', async () => {
    expect(await run('gpupod', '--version')).toEqual({ stdout: `${OPERATOR_VERSION}\n`, stderr: '' });
  });

  it('is the plug-in of kubectl under the name that kubectl looks for', async () => {
    bench.put({ status: rentedStatus({ phase: 'Ready' }) });

    const { stdout: help } = await run('kubectl-gpupod', 'cost', '--help');
    const { stdout: cost } = await run('kubectl-gpupod', 'cost');

    expect(help).toMatch(/^Usage: kubectl gpupod cost /);
    expect(cost).toMatch(/^train-1 +Ready +pod-1 /m);
  });

  it('completes the arguments of the plug-in under the name that kubectl looks for', async () => {
    bench.put({});

    expect((await run('kubectl_complete-gpupod', 'ssh', 't')).stdout).toBe('train-1\n:4\n');
  });

  it('exits with 1 and prints the problem alone if it fails', async () => {
    await expect(run('gpupod', 'ssh', 'train-9')).rejects.toMatchObject({
      code: 1,
      stdout: '',
      stderr:
        'error: GpuPod team-a/train-9 does not exist. List them with kubectl get gpupods -n team-a, or choose another namespace with -n.\n',
    });
  });

  it('passes a request to stop on to ssh, and removes the private key afterwards', async () => {
    bench.put(ready());
    bench.putSecret('team-a/train-1-connection', { 'ssh-privatekey': 'PRIVATE' });
    const programs = await FakePrograms.install(bench.directory, 'waits');
    const tmp = path.join(bench.directory, 'tmp');
    await mkdir(tmp);
    const env = { PATH: `${programs.path}:${installed}`, KUBECONFIG: bench.kubeConfig, TMPDIR: tmp };
    const child = spawn(path.join(installed, 'gpupod'), ['ssh', 'train-1'], { env });
    const errors = text(child.stderr);
    await once(child.stdout, 'data');

    child.kill('SIGTERM');

    expect(await once(child, 'close')).toEqual([128 + 15, null]);
    expect(Object.values((await programs.callOf('ssh')).files)).toEqual([{ text: 'PRIVATE\n', mode: 0o600 }]);
    expect(await readdir(tmp)).toEqual([]);
    expect(await errors).toBe('');
  });
});
