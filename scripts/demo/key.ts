import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Simulator } from '../../src/simulator/start-simulator.ts';

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
    await promisify(execFile)('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'demo', '-f', file]);
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
