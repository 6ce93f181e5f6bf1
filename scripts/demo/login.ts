import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Simulator } from '../../src/simulator/start-simulator.ts';
import type { Stage } from './stage.ts';
import type { Example } from './story.ts';
import type { Terminal } from './terminal.ts';

const run = promisify(execFile);
const program = path.resolve(import.meta.dirname, '../../src/cli/main.ts');

/** The key pair of the person in the demo. */
export interface DemoKey {
  readonly file: string;
  remove(): Promise<void>;
}

/**
 * Makes a key pair and stores it at the simulated provider as the account's primary key, which instances get that
 * name no other. Undefined if this computer has no OpenSSH.
 */
export async function createKey(simulator: Simulator): Promise<DemoKey | undefined> {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'gpupod-demo-key-'));
  const remove = async (): Promise<void> => {
    await rm(directory, { recursive: true, force: true });
  };
  const file = path.join(directory, 'id_ed25519');
  try {
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'demo', '-f', file]);
  } catch {
    await remove();
    return undefined;
  }
  const { sshKeys } = simulator.world;
  const [account] = simulator.settings.accounts;
  sshKeys.makePrimary(
    sshKeys.add(account?.userId ?? '', 'demo', (await readFile(`${file}.pub`, 'utf8')).trim()),
  );
  return { file, remove };
}

/**
 * Runs a command on the instance over SSH, and shows its output. The connection Secret has the host key, and no other
 * one is accepted.
 *
 * @throws Error if ssh fails
 */
export async function runOnInstance(stage: Stage, { name }: Example, terminal: Terminal): Promise<void> {
  const { controlPlane, key } = stage;
  terminal.heading('They use it');
  if (key === undefined) {
    terminal.line('This computer has no ssh and ssh-keygen, so nobody logs in.');
    return;
  }
  terminal.line(`$ gpupod ssh ${name} -- nvidia-smi -L`);
  const args = [program, 'ssh', name, '-i', key.file, '--', 'nvidia-smi', '-L'];
  const env = {
    PATH: process.env['PATH'],
    HOME: path.dirname(key.file),
    KUBECONFIG: controlPlane.kubeconfigPath,
  };
  const { stdout } = await run(process.execPath, args, { env });
  terminal.line(stdout.trimEnd());
}
