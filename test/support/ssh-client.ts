import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const TIMEOUT_MS = 30_000;

/** Whether the OpenSSH client is installed on this computer. Without it, its tests are skipped by name. */
export const hasOpenSsh = ['ssh', 'scp', 'ssh-keygen'].every(isInstalled);

function isInstalled(name: string): boolean {
  return (process.env['PATH'] ?? '').split(path.delimiter).some((directory) => {
    try {
      accessSync(path.join(directory, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A directory with a new key pair and, if wanted, a known_hosts file. */
export interface SshFiles {
  readonly directory: string;
  readonly privateKeyFile: string;
  readonly publicKey: string;
  /** Runs `ssh` or `scp` with this key and nothing of the person who runs the tests. */
  run(program: 'ssh' | 'scp', args: readonly string[], input?: string): Promise<Finished>;
  /** Makes the following runs accept these host keys and no other. Before that, they accept every key. */
  pin(knownHosts: string): Promise<void>;
  remove(): Promise<void>;
}

export async function createSshFiles(): Promise<SshFiles> {
  const directory = await mkdtemp(path.join(tmpdir(), 'gpupod-ssh-'));
  const privateKeyFile = path.join(directory, 'id');
  const knownHostsFile = path.join(directory, 'known_hosts');
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', privateKeyFile]);
  let isStrict = 'no';
  const options = (): string[] =>
    [
      `UserKnownHostsFile=${knownHostsFile}`,
      'GlobalKnownHostsFile=none',
      `StrictHostKeyChecking=${isStrict}`,
      'IdentitiesOnly=yes',
      'BatchMode=yes',
      'ConnectTimeout=10',
      'LogLevel=ERROR',
    ].flatMap((option) => ['-o', option]);
  return {
    directory,
    privateKeyFile,
    publicKey: (await readFile(`${privateKeyFile}.pub`, 'utf8')).trim(),
    async run(program, args, input = '') {
      const all = ['-F', 'none', '-i', privateKeyFile, ...options(), ...args];
      return await finish(program, all, input);
    },
    async pin(knownHosts) {
      isStrict = 'yes';
      await writeFile(knownHostsFile, knownHosts);
    },
    async remove() {
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function finish(program: string, args: readonly string[], input: string): Promise<Finished> {
  try {
    const started = run(program, args, { timeout: TIMEOUT_MS, env: { PATH: process.env['PATH'] } });
    started.child.stdin?.end(input);
    const { stdout, stderr } = await started;
    return { code: 0, stdout, stderr };
  } catch (error) {
    // execFile rejects with the output and the exit code in these fields.
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
}
