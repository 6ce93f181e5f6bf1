import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { bundle, type Bundle } from '../../scripts/build/bundle.ts';
import { OPERATOR_VERSION } from '../../src/config/version.ts';

/** Outside of the project, where no node_modules is in reach. */
let directory: string;
let bundles: Bundle[];

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'bundle-'));
  bundles = await bundle(path.join(directory, 'dist'));
});

afterAll(async () => {
  await rm(directory, { recursive: true });
});

describe('the bundles', () => {
  it('are one for each program', () => {
    expect(bundles.map(({ file }) => path.basename(file)).sort()).toEqual([
      'gpupod-operator.mjs',
      'prime-simulator.mjs',
    ]);
  });

  it('are small: with all of the Kubernetes models they would take twice as long to parse', () => {
    for (const { bytes } of bundles) expect(bytes).toBeLessThan(8_000_000);
  });

  it('start the operator from one file, without a word on stderr', async () => {
    const alone = path.join(directory, 'operator.mjs');
    await copyFile(path.join(directory, 'dist/gpupod-operator.mjs'), alone);

    const { stdout, stderr } = await promisify(execFile)(process.execPath, [alone, '--version'], {
      cwd: directory,
    });

    expect(stdout).toContain(OPERATOR_VERSION);
    expect(stderr).toBe('');
  });

  it('start the simulator with the offers that come with it', async () => {
    const file = path.join(directory, 'dist/prime-simulator.mjs');
    const child = spawn(process.execPath, [file, '--port', '0'], { cwd: directory });
    try {
      const [line] = z.tuple([z.instanceof(Buffer)]).parse(await once(child.stdout, 'data'));

      const { url, apiKey } = z.object({ url: z.url(), apiKey: z.string() }).parse(JSON.parse(String(line)));
      const answer = await fetch(new URL('/api/v1/availability/gpus', url), {
        headers: { authorization: `Bearer ${apiKey}` },
      });
      expect(answer.status).toBe(200);
    } finally {
      child.kill();
      await once(child, 'close');
    }
  });
});
