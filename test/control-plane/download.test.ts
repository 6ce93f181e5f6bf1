import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { stringify } from 'yaml';
import { cacheFor, findCached, goArchitecture, goPlatform } from './cache.ts';
import type { Cache } from './cache.ts';
import { envtestDownload } from './download.ts';
import type { DownloadResult } from './download.ts';
import { coreBinaries, readRecipe } from './recipe.ts';

// These tests start processes, on a host that may be busy compiling.
let directory: string;
let cache: Cache;
let server: Server;
let url: string;
/** Answers of the server by path. Other paths get no answer. */
let content: Map<string, Buffer | string>;

beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'download-test-'));
  cache = cacheFor(await readRecipe(), { XDG_CACHE_HOME: directory });
  content = new Map();
  server = createServer((request, response) => {
    const body = content.get(String(request.url));
    if (body !== undefined) response.end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  url = `http://127.0.0.1:${String(address.port)}`;
});

afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(directory, { recursive: true });
});

async function archive(): Promise<Buffer> {
  const folder = path.join(directory, 'controller-tools', 'envtest');
  await mkdir(folder, { recursive: true });
  for (const name of coreBinaries) await writeFile(path.join(folder, name), '#!/bin/sh\n');
  const file = path.join(directory, 'archive.tar.gz');
  await promisify(execFile)('tar', ['-czf', file, '-C', directory, 'controller-tools']);
  return readFile(file);
}

/** An index that has these versions, each with an archive for this platform. */
function index(versions: readonly string[], hash: string): string {
  const releases = versions.map((version): [string, object] => {
    const name = `envtest-${version}-${goPlatform()}-${goArchitecture()}.tar.gz`;
    return [version, { [name]: { hash, selfLink: `${url}/${version}` } }];
  });
  return stringify({ releases: Object.fromEntries(releases) });
}

async function download(connectTimeoutMs = 30_000): Promise<DownloadResult> {
  return envtestDownload({ indexUrl: `${url}/index`, connectTimeoutMs })(cache, () => undefined);
}

describe('envtestDownload', () => {
  it('puts the newest patch of our minor version into the cache', async () => {
    const body = await archive();
    const minor = `v${cache.kubernetesMinor}`;
    const sha512 = createHash('sha512').update(body).digest('hex');
    content.set('/index', index(['v1.20.0', `${minor}.0`, `${minor}.1`, 'v1.99.0'], sha512));
    content.set(`/${minor}.1`, body);
    expect(await download()).toEqual({ kind: 'downloaded' });
    const found = await findCached(cache, 'kube-apiserver');
    expect(found).toContain(path.join(cache.downloadDirectory, 'k8s', `${minor}.1-`));
  });

  it('keeps nothing of an archive with another checksum', async () => {
    const version = `v${cache.kubernetesMinor}.0`;
    content.set('/index', index([version], '0'.repeat(128)));
    content.set(`/${version}`, await archive());
    expect(await download()).toEqual({
      kind: 'unavailable',
      message: expect.stringContaining('SHA-512 mismatch'),
    });
    expect(await findCached(cache, 'etcd')).toBeUndefined();
  });

  it('reports an index that lacks our version', async () => {
    content.set('/index', index(['v1.20.0'], '0'.repeat(128)));
    expect(await download()).toEqual({ kind: 'unavailable', message: expect.stringContaining('not found') });
  });

  it.each(['index', 'archive'])('gives up on a host that never answers for the %s', async (silent) => {
    if (silent === 'archive') content.set('/index', index([`v${cache.kubernetesMinor}.0`], '0'.repeat(128)));
    expect(await download(200)).toEqual({ kind: 'unavailable', message: expect.stringContaining('timeout') });
  });

  it('gives up if nobody listens', async () => {
    server.close();
    expect(await download()).toEqual({
      kind: 'unavailable',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });
});
