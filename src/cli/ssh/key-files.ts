import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { SecretKeys } from './secret-keys.ts';

/** Paths of the files that hold the keys of a Secret while a program runs. */
export interface KeyFiles {
  readonly privateKey?: string;
  readonly knownHosts?: string;
}

/** Only this user may read a private key; ssh refuses any other. */
const OWNER_ONLY = 0o600;

/** Runs work with the keys in files of a directory that only this user can enter, and removes it afterwards. */
export async function withKeyFiles<R>(keys: SecretKeys, work: (files: KeyFiles) => Promise<R>): Promise<R> {
  if (keys.privateKey === undefined && keys.knownHosts === undefined) {
    return await work({});
  }
  const directory = await mkdtemp(path.join(tmpdir(), 'gpupod-'));
  try {
    const privateKey = await write(directory, 'id', keys.privateKey);
    const knownHosts = await write(directory, 'known_hosts', keys.knownHosts);
    return await work({
      ...(privateKey === undefined ? {} : { privateKey }),
      ...(knownHosts === undefined ? {} : { knownHosts }),
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function write(directory: string, name: string, text: string | undefined): Promise<string | undefined> {
  if (text === undefined) {
    return undefined;
  }
  const file = path.join(directory, name);
  await writeFile(file, text, { mode: OWNER_ONLY });
  return file;
}
