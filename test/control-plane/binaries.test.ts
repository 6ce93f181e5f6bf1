import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { BinariesUnavailableError, ensureBinaries } from './binaries.ts';
import type { EnsureOptions } from './binaries.ts';
import { cacheFor, goArchitecture, goPlatform } from './cache.ts';
import type { Cache } from './cache.ts';
import type { Download } from './download.ts';
import { installFakeGo } from './fake-go.ts';
import type { FakeGo } from './fake-go.ts';
import type { Progress } from './progress.ts';
import { coreBinaries, readRecipe } from './recipe.ts';
import type { BinaryName } from './recipe.ts';

// These tests start processes, on a host that may be busy compiling.
const core = ['etcd', 'kube-apiserver', 'kubectl'] as const;

let directory: string;
let env: NodeJS.ProcessEnv;
let cache: Cache;
let fakeGo: FakeGo;
let downloads: number;

beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'binaries-test-'));
  fakeGo = await installFakeGo(directory);
  env = { PATH: fakeGo.path, XDG_CACHE_HOME: path.join(directory, 'cache') };
  cache = cacheFor(await readRecipe(), env);
  downloads = 0;
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

const offline: Download = async () => {
  downloads += 1;
  return Promise.resolve({ kind: 'unavailable', message: 'host not found' });
};

const online: Download = async ({ downloadDirectory }) => {
  downloads += 1;
  await fill(downloadedDirectory(downloadDirectory), coreBinaries);
  return { kind: 'downloaded' };
};

/** Of another patch version than the one that is built. */
function downloadedDirectory(root: string): string {
  const name = `v${cache.kubernetesMinor}.99-${goPlatform()}-${goArchitecture()}`;
  return path.join(root, 'k8s', name);
}

async function fill(folder: string, names: readonly BinaryName[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of names) await writeFile(path.join(folder, name), '', { mode: 0o755 });
}

function pathsIn(folder: string, names: readonly BinaryName[] = core): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, path.join(folder, name)]));
}

function ensure(names: readonly BinaryName[], options: EnsureOptions = {}): Promise<Record<string, string>> {
  return ensureBinaries(names, { env, download: offline, ...options });
}

describe('the search for executables', () => {
  it('prefers KUBEBUILDER_ASSETS to a filled cache', async () => {
    const assets = path.join(directory, 'assets');
    await fill(assets, core);
    await fill(cache.builtDirectory, core);
    env['KUBEBUILDER_ASSETS'] = assets;
    expect(await ensure(core)).toEqual(pathsIn(assets));
  });

  it('refuses KUBEBUILDER_ASSETS without one of the three, even if the cache has it', async () => {
    const assets = path.join(directory, 'assets');
    await fill(assets, ['etcd', 'kube-apiserver']);
    await fill(cache.builtDirectory, core);
    env['KUBEBUILDER_ASSETS'] = assets;
    await expect(ensure(['etcd'])).rejects.toThrow(/no executable kubectl/);
  });

  it('builds what KUBEBUILDER_ASSETS does not contain', async () => {
    const assets = path.join(directory, 'assets');
    await fill(assets, core);
    env['KUBEBUILDER_ASSETS'] = assets;
    expect(await ensure(['etcd', 'kube-controller-manager'])).toEqual({
      ...pathsIn(assets, ['etcd']),
      ...pathsIn(cache.builtDirectory, ['kube-controller-manager']),
    });
    expect({ downloads, builds: await fakeGo.builds() }).toEqual({
      downloads: 0,
      builds: ['kube-controller-manager'],
    });
  });

  it('prefers a build to a download', async () => {
    await fill(cache.builtDirectory, core);
    await fill(downloadedDirectory(cache.downloadDirectory), core);
    expect(await ensure(core)).toEqual(pathsIn(cache.builtDirectory));
  });

  it('reuses a download of any patch version without a request', async () => {
    await fill(downloadedDirectory(cache.downloadDirectory), core);
    expect(await ensure(core)).toEqual(pathsIn(downloadedDirectory(cache.downloadDirectory)));
    expect({ downloads, builds: await fakeGo.builds() }).toEqual({ downloads: 0, builds: [] });
  });

  it('prefers downloading to building', async () => {
    const paths = await ensure(core, { download: online });
    expect(paths).toEqual(pathsIn(downloadedDirectory(cache.downloadDirectory)));
    expect({ downloads, builds: await fakeGo.builds() }).toEqual({ downloads: 1, builds: [] });
  });

  it('builds if nothing can be downloaded', async () => {
    expect(await ensure(core)).toEqual(pathsIn(cache.builtDirectory));
  });

  it('sends no request for an executable that is not part of the download', async () => {
    await ensure(['helm']);
    expect({ downloads, builds: await fakeGo.builds() }).toEqual({ downloads: 0, builds: ['helm'] });
  });
});

describe('the build', () => {
  it.each<{ what: string; names: BinaryName[]; builds: string[] }>([
    { what: 'the core at once', names: [...core], builds: ['etcd kube-apiserver kubectl'] },
    {
      what: 'the whole core for one of its executables',
      names: ['kubectl'],
      builds: ['etcd kube-apiserver kubectl'],
    },
    {
      what: 'the others only on request',
      names: ['kube-controller-manager'],
      builds: ['kube-controller-manager'],
    },
    {
      what: 'each module separately',
      names: ['helm', 'kubectl'],
      builds: ['etcd kube-apiserver kubectl', 'helm'],
    },
  ])('builds $what', async ({ names, builds }) => {
    await ensure(names);
    expect(await fakeGo.builds()).toEqual(builds);
  });

  it('is done only once', async () => {
    await ensure(core);
    await ensure(core);
    expect(await fakeGo.builds()).toHaveLength(1);
  });

  it('is done once for two concurrent callers', async () => {
    const both = await Promise.all([ensure(core), ensure(core)]);
    expect(both).toEqual([pathsIn(cache.builtDirectory), pathsIn(cache.builtDirectory)]);
    expect({ downloads, builds: await fakeGo.builds() }).toEqual({
      downloads: 1,
      builds: ['etcd kube-apiserver kubectl'],
    });
  });

  it('reports in advance how long it takes and where the result goes, and then counts up to 100', async () => {
    const steps: Progress[] = [];
    await ensure(core, { onProgress: (progress) => steps.push(progress) });
    const percents = steps.flatMap(({ percent }) => (percent === undefined ? [] : [percent]));
    expect(steps.map(({ message }) => message).join('\n')).toContain(
      `about 5 to 10 minutes, and the result is kept in ${cache.builtDirectory}`,
    );
    expect(percents).toEqual([...new Set(percents)].sort((a, b) => a - b));
    expect([percents[0], percents.at(-1)]).toEqual([0, 100]);
  });

  it('leaves nothing behind when it fails, so that the next one starts from nothing', async () => {
    await fakeGo.breakBuilds();
    await expect(ensure(core)).rejects.toThrow('out of luck');
    expect(await readdir(cache.builtDirectory)).toEqual([]);
    await expect(ensure(core)).rejects.toThrow(BinariesUnavailableError);
    expect(await fakeGo.builds()).toHaveLength(2);
  });

  it('removes what a killed build left behind', async () => {
    await fill(path.join(cache.builtDirectory, '.building-abc'), ['etcd']);
    await ensure(core);
    expect((await readdir(cache.builtDirectory)).sort()).toEqual([...core].sort());
  });
});

describe('the error when no source works', () => {
  it('says what was tried, and what to do', async () => {
    env['PATH'] = directory;
    const { goVersion } = await readRecipe();
    const failure = ensure(core);
    await expect(failure).rejects.toThrow(BinariesUnavailableError);
    await expect(failure).rejects.toThrow(/download: host not found/);
    await expect(failure).rejects.toThrow(/there is no go on the PATH/);
    await expect(failure).rejects.toThrow(`install Go ${goVersion} or newer`);
    await expect(failure).rejects.toThrow(/set KUBEBUILDER_ASSETS/);
  });
});

describe('the folder of the cache', () => {
  it.each([
    { why: 'it is configured', configured: '/somewhere', root: '/somewhere/gpupod-operator' },
    { why: 'it is not set', configured: undefined, root: '/home/me/.cache/gpupod-operator' },
    { why: 'an empty value counts as unset', configured: '', root: '/home/me/.cache/gpupod-operator' },
    { why: 'a relative path is ignored', configured: 'here', root: '/home/me/.cache/gpupod-operator' },
  ])('is $root if $configured is configured: $why', async ({ configured, root }) => {
    const { builtDirectory } = cacheFor(await readRecipe(), { XDG_CACHE_HOME: configured, HOME: '/home/me' });
    expect(path.dirname(builtDirectory)).toBe(root);
    expect(path.basename(builtDirectory)).toMatch(/^v1\.\d+\.\d+-go1\.\d+[.\d]*-[a-z0-9]+-[a-z0-9]+$/);
  });
});
