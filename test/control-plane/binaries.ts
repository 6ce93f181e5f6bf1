import path from 'node:path';
import { cacheFor, findCached, findExecutable } from './cache.ts';
import type { Cache } from './cache.ts';
import { downloadWithEnvtest } from './download.ts';
import type { Download } from './download.ts';
import { goBuild } from './go-build.ts';
import type { GoResult } from './go-command.ts';
import { withFileLock } from './lock.ts';
import type { ProgressListener } from './progress.ts';
import { coreBinaries, readRecipe } from './recipe.ts';
import type { BinaryName, GoModule, Recipe } from './recipe.ts';

/** Options of `ensureBinaries`. Tests replace the environment and the download. */
export interface EnsureOptions {
  readonly onProgress?: ProgressListener;
  readonly env?: NodeJS.ProcessEnv;
  readonly download?: Download;
}

/** No source has the executables. The message says what was tried and what a person can do. */
export class BinariesUnavailableError extends Error {
  override readonly name = 'BinariesUnavailableError';
}

/** The state of one search. `found` grows from source to source. */
interface Search {
  readonly names: readonly BinaryName[];
  readonly recipe: Recipe;
  readonly cache: Cache;
  readonly env: NodeJS.ProcessEnv;
  readonly onProgress: ProgressListener;
  readonly download: Download;
  readonly found: Map<BinaryName, string>;
  readonly tried: string[];
}

/**
 * Paths of executables, from the first source that has them: `KUBEBUILDER_ASSETS`; the cache; a download; a
 * build from Go modules, which takes minutes the first time. Only one process at a time fills the cache.
 *
 * @throws BinariesUnavailableError when no source has one of them.
 */
export async function ensureBinaries<const N extends BinaryName>(
  names: readonly N[],
  options: EnsureOptions = {},
): Promise<Readonly<Record<N, string>>> {
  const { onProgress = () => undefined, env = process.env, download = downloadWithEnvtest } = options;
  const recipe = await readRecipe();
  const cache = cacheFor(recipe, env);
  const search: Search = { names, recipe, cache, env, onProgress, download, found: new Map(), tried: [] };
  await lookInAssets(search);
  await lookInCache(search);
  if (missing(search).length > 0) await fillCache(search);
  // fromEntries loses the types of the keys. Each of them was found above, or an error was thrown.
  return Object.fromEntries(names.map((name) => [name, search.found.get(name)])) as Record<N, string>;
}

function missing({ names, found }: Search): BinaryName[] {
  return names.filter((name) => !found.has(name));
}

/** A folder that a person named must be complete, because another source may have another version. */
async function lookInAssets(search: Search): Promise<void> {
  const directory = search.env['KUBEBUILDER_ASSETS'];
  if (directory === undefined || directory === '') return;
  for (const name of new Set([...coreBinaries, ...search.names])) {
    const file = await findExecutable(directory, name);
    if (file !== undefined) search.found.set(name, file);
    else if (coreBinaries.includes(name)) {
      throw new BinariesUnavailableError(
        `KUBEBUILDER_ASSETS is ${directory}, but there is no executable ${name} in it. ` +
          `It must hold ${coreBinaries.join(', ')}; unset it to let them be downloaded or built.`,
      );
    }
  }
}

async function lookInCache(search: Search): Promise<void> {
  for (const name of missing(search)) {
    const file = await findCached(search.cache, name);
    if (file !== undefined) search.found.set(name, file);
  }
}

async function fillCache(search: Search): Promise<void> {
  const lockFile = path.join(path.dirname(search.cache.builtDirectory), 'build.lock');
  const onWait = (): void => {
    search.onProgress({ message: 'another process is preparing the executables: waiting for it' });
  };
  await withFileLock(
    lockFile,
    async () => {
      await lookInCache(search);
      await downloadMissing(search);
      for (const module of search.recipe.modules) await buildMissing(search, module);
    },
    { onWait },
  );
}

async function downloadMissing(search: Search): Promise<void> {
  if (!missing(search).some((name) => coreBinaries.includes(name))) return;
  search.onProgress({ message: 'looking for a download of etcd, kube-apiserver and kubectl' });
  const result = await search.download(search.cache, search.onProgress);
  if (result.kind === 'unavailable') search.tried.push(`download: ${result.message}`);
  await lookInCache(search);
}

async function buildMissing(search: Search, module: GoModule): Promise<void> {
  const names = withWholeCore(missing(search).filter((name) => module.binaries.includes(name)));
  if (names.length === 0) return;
  const { recipe, cache, env, onProgress } = search;
  onProgress({
    message:
      `building ${names.join(', ')} from Go modules; the first time this takes about 5 to 10 minutes, ` +
      `and the result is kept in ${cache.builtDirectory}`,
  });
  const result = await goBuild({
    module,
    names,
    linkerFlags: recipe.linkerFlags,
    outputDirectory: cache.builtDirectory,
    env,
    onProgress,
  });
  if (result.kind !== 'done') throw unavailable(search, names, result);
  await lookInCache(search);
}

/** The core is one build, because three builds would repeat compilations and link in sequence. */
function withWholeCore(names: readonly BinaryName[]): BinaryName[] {
  const core = names.some((name) => coreBinaries.includes(name)) ? coreBinaries : [];
  return [...new Set([...core, ...names])];
}

function unavailable(
  search: Search,
  names: readonly BinaryName[],
  result: Exclude<GoResult, { kind: 'done' }>,
): BinariesUnavailableError {
  const build = result.kind === 'missing' ? 'there is no go on the PATH' : result.message;
  const lines = [
    `No source has ${names.join(', ')}. Tried:`,
    '- KUBEBUILDER_ASSETS: not set, or without them',
    `- cache: nothing in ${search.cache.builtDirectory}`,
    ...search.tried.map((line) => `- ${line}`),
    `- build from Go modules: ${build}`,
    `The way out: install Go ${search.recipe.goVersion} or newer (https://go.dev/dl/), or set KUBEBUILDER_ASSETS to a ` +
      `folder that holds ${coreBinaries.join(', ')}.`,
  ];
  return new BinariesUnavailableError(lines.join('\n'));
}
