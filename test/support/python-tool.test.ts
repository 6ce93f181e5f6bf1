import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { once } from 'node:events';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { installPythonTool } from './python-tool.ts';
import { runProgram } from './run-program.ts';

jest.setTimeout(5 * 60_000);

const python = await runProgram('python3', ['-c', 'import venv, ensurepip'], process.env);
const describeWithPython = python.code === 0 ? describe : describe.skip;

const TOOL = { package: 'some-tool', version: '1.0.0', module: 'some_tool', script: 'some-tool' };

let cache: string;

beforeEach(async () => {
  cache = await mkdtemp(path.join(os.tmpdir(), 'gpupod-cache-'));
});

afterEach(async () => {
  await rm(cache, { recursive: true, force: true });
});

/** An environment whose package index is at this address. */
function envWithIndex(url: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    XDG_CACHE_HOME: cache,
    PIP_CONFIG_FILE: os.devNull,
    PIP_INDEX_URL: url,
    PIP_NO_CACHE_DIR: '1',
  };
}

it('reports a host without Python, and does not fail', async () => {
  expect(await installPythonTool(TOOL, { PATH: cache, XDG_CACHE_HOME: cache })).toEqual({
    kind: 'unavailable',
    reason: expect.stringContaining('no Python'),
  });
});

describeWithPython('the installation from a package index', () => {
  it('reports an unreachable index, and does not fail', async () => {
    const nobody = await listen();
    nobody.server.close();
    expect(await installPythonTool(TOOL, envWithIndex(nobody.url))).toEqual({
      kind: 'unavailable',
      reason: 'PyPI cannot be reached',
    });
    // An incomplete installation would be used by the next run.
    const left = await readdir(path.join(cache, 'gpupod-operator'));
    expect(left.filter((name) => name.includes('-1.0.0'))).toEqual([]);
  });

  it('fails if the index answers without the package, so that it does not look like a skip', async () => {
    const { server, url } = await listen();
    try {
      await expect(installPythonTool(TOOL, envWithIndex(url))).rejects.toThrow(/cannot be installed/);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });
});

/** A server that answers 404 to everything. */
async function listen(): Promise<{ server: Server; url: string }> {
  const server = createServer((_request, response) => {
    response.writeHead(404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening on a port');
  return { server, url: `http://127.0.0.1:${address.port}/simple` };
}
