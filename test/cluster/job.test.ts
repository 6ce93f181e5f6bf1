import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import * as z from 'zod';
import { stringsOf } from '../../src/json.ts';
import type { Scene } from '../support/scene.ts';
import { hasOpenSsh } from '../support/ssh-client.ts';
import type { Finished } from '../support/ssh-client.ts';
import { useBench } from '../support/use-bench.ts';

const root = path.resolve(import.meta.dirname, '../..');
const example = path.join(root, 'examples/job.yaml');
const NAME = 'job';
const SECRET = 'job-connection';
const GPUS = /^GPU 0: NVIDIA H100 80GB \(UUID: GPU-[0-9a-f]{8}-0\)\n/m;
const PROBING = { 'ssh-probe': 'true', 'ssh-probe-allowed-cidrs': '127.0.0.1/32' };

const jobSchema = z.object({
  spec: z.object({
    template: z.object({
      spec: z.object({
        containers: z.tuple([
          z.object({
            env: z.array(z.object({ name: z.string(), value: z.string() })),
            command: z.tuple([z.string(), z.string(), z.string()]),
            volumeMounts: z.array(z.object({ name: z.string(), mountPath: z.string() })),
          }),
        ]),
      }),
    }),
  }),
});

const cluster = useBench();
const describeWithSsh = hasOpenSsh ? describe : describe.skip;
let directory: string;
let scene: Scene;

async function finish(
  program: string,
  args: readonly string[],
  env: Record<string, string>,
): Promise<Finished> {
  try {
    const done = await promisify(execFile)(program, args, { env: { PATH: process.env['PATH'], ...env } });
    return { code: 0, ...done };
  } catch (error) {
    // execFile rejects with the output and the exit code in these fields.
    const { code, stdout, stderr } = error as Finished;
    return { code, stdout, stderr };
  }
}

/** What the Job says to run, as the API server stores it. */
async function storedJob(): Promise<z.infer<typeof jobSchema>> {
  const { stdout } = await scene.kubectl(['get', 'job', NAME, '-o', 'json']);
  return jobSchema.parse(JSON.parse(stdout));
}

/** Runs the command of the Job on this computer, with directories in the place of its volumes. */
async function runJob(connection: string): Promise<Finished> {
  const [{ env, command, volumeMounts }] = (await storedJob()).spec.template.spec.containers;
  const places: Readonly<Record<string, string>> = {
    connection,
    results: path.join(directory, 'results'),
    tmp: path.join(directory, 'tmp'),
  };
  const placed = env.map(({ name, value }): [string, string] => {
    const mount = volumeMounts.find(({ mountPath }) => mountPath === value);
    return [name, places[mount?.name ?? ''] ?? value];
  });
  const [program, ...args] = command;
  return await finish(program, args, Object.fromEntries<string>(placed));
}

/** Writes the Secret as the kubelet mounts it. */
async function mountSecret(): Promise<string> {
  const secret = await cluster.bench.secrets.get({ namespace: scene.namespace, name: SECRET });
  const target = path.join(directory, 'connection');
  await mkdir(target, { recursive: true });
  for (const [key, value] of Object.entries(stringsOf(secret?.['data']))) {
    await writeFile(path.join(target, key), Buffer.from(value, 'base64'));
  }
  return target;
}

async function gpupod(command: string, ...args: readonly string[]): Promise<Finished> {
  const program = path.join(root, 'src/cli/main.ts');
  return await finish(process.execPath, [program, command, '-n', scene.namespace, ...args], {
    KUBECONFIG: cluster.bench.controlPlane.kubeconfigPath,
    // Nothing of the person who runs the tests.
    HOME: directory,
  });
}

beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'gpupod-job-'));
  for (const name of ['results', 'tmp']) await mkdir(path.join(directory, name));
  scene = await cluster.open({ simulator: { ssh: { runsCommands: true } }, flags: PROBING });
  await scene.startOperator();
  const { code, stderr } = await scene.kubectl(['apply', '--validate=strict', '-f', example]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  await scene.untilReady(NAME);
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

describeWithSsh('examples/job.yaml', () => {
  it('runs its command on the GPU, copies the result back, and refuses another host key', async () => {
    const connection = await mountSecret();
    expect(await runJob(connection)).toMatchObject({ code: 0, stdout: expect.stringMatching(GPUS) });
    expect(await readFile(path.join(directory, 'results/gpus.txt'), 'utf8')).toMatch(GPUS);

    const { status } = await scene.untilCondition(NAME, 'Reachable=True Answers');
    scene.simulator.pods.changeHostKey(status.podId ?? '');
    const refused = await runJob(connection);
    expect(refused.code).toBe(255);
    expect(refused.stderr).toContain('REMOTE HOST IDENTIFICATION HAS CHANGED');

    const changed = await scene.untilCondition(NAME, 'Reachable=False HostKeyChanged');
    expect(changed.status.ssh?.hostKey).toBe(status.ssh?.hostKey);
    expect(changed.status.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('True');
    // The pin stays, so a Job that starts now is refused as well.
    expect(await runJob(await mountSecret())).toMatchObject({ code: 255 });
  });

  it('is what gpupod ssh and gpupod cp do, with the key and host key of the Secret', async () => {
    const ran = await gpupod('ssh', NAME, '--', 'nvidia-smi', '-L', '|', 'tee', 'gpus.txt');
    expect(ran).toMatchObject({ code: 0, stdout: expect.stringMatching(GPUS) });
    const copied = path.join(directory, 'copied.txt');
    expect(await gpupod('cp', `${NAME}:gpus.txt`, copied)).toMatchObject({ code: 0 });
    expect(await readFile(copied, 'utf8')).toMatch(GPUS);

    const { status } = await scene.untilReady(NAME);
    scene.simulator.pods.changeHostKey(status.podId ?? '');
    const refused = await gpupod('ssh', NAME, '--', 'true');
    expect(refused).toMatchObject({ code: 255 });
    expect(refused.stderr).toContain('REMOTE HOST IDENTIFICATION HAS CHANGED');
  });
});

describeWithSsh('a key pair of a person', () => {
  it('opens the instance whose GpuPod has its public half, and no other one', async () => {
    const file = path.join(directory, 'mine');
    const made = await finish('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file], {});
    expect(made).toMatchObject({ code: 0 });
    const publicKey = (await readFile(`${file}.pub`, 'utf8')).trim();
    await scene.create('mine', { gpu: { types: ['H100_80GB'] }, maxPrice: 3, ssh: { publicKey } });
    await scene.untilCondition('mine', 'Reachable=True Answers');

    const ran = await gpupod('ssh', 'mine', '-i', file, '--', 'nvidia-smi', '-L');
    expect(ran).toMatchObject({ code: 0, stdout: expect.stringMatching(GPUS) });
    const other = await finish('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', `${file}-2`], {});
    expect(other).toMatchObject({ code: 0 });
    expect(await gpupod('ssh', 'mine', '-i', `${file}-2`, '--', 'true')).toMatchObject({ code: 255 });
  });
});

describeWithSsh('docs/how-to/run-a-job.md', () => {
  it('has the commands that make an entry for OpenSSH', async () => {
    const page = await readFile(path.join(root, 'docs/how-to/run-a-job.md'), 'utf8');
    const commands = /```sh\n(NAME=job\n.*?)```/s.exec(page)?.[1] ?? '';
    const bin = path.join(directory, 'bin');
    await mkdir(bin);
    const { kubectlPath, kubeconfigPath } = cluster.bench.controlPlane;
    const kubectl = `#!/bin/sh\nexec ${kubectlPath} -n ${scene.namespace} "$@"\n`;
    await writeFile(path.join(bin, 'kubectl'), kubectl, { mode: 0o755 });
    const env = {
      PATH: `${bin}:${process.env['PATH'] ?? ''}`,
      HOME: directory,
      KUBECONFIG: kubeconfigPath,
    };
    expect(await finish('/bin/sh', ['-euc', commands], env)).toMatchObject({ code: 0, stderr: '' });
    const entry = path.join(directory, '.ssh/gpupod/job.conf');
    const login = await finish('ssh', ['-F', entry, 'gpupod-job', 'nvidia-smi -L'], env);
    expect(login).toMatchObject({ code: 0, stdout: expect.stringMatching(GPUS) });
  });
});

describe('the file', () => {
  it('holds a GpuPod and the Job that uses its Secret', async () => {
    const kinds = parseAllDocuments(await readFile(example, 'utf8')).map((document) => document.get('kind'));
    expect(kinds).toEqual(['GpuPod', 'Job']);
  });
});
