import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { bundle } from '../../scripts/build/bundle.ts';
import type { Bundle } from '../../scripts/build/bundle.ts';
import { LicenceMissingError, thirdPartyNotices } from '../../scripts/build/notices.ts';
import { OPERATOR_VERSION } from '../../src/config/version.ts';
import { publicOr } from '../../src/network/public-address.ts';
import { SshProber } from '../../src/probe/ssh-prober.ts';

const dockerfile = readFileSync('Dockerfile', 'utf8');
const Entrypoint = z.tuple([z.literal('node'), z.string()]);
/** Neither the user of the image nor that of this process, because OpenShift picks its own. */
const RANDOM_UID = 1_234_560_001;
const isRoot = process.getuid?.() === 0;

let directory: string;
/** The files of the last stage of the Dockerfile, at the same paths. */
let app: string;
let bundles: Bundle[];

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'image-'));
  await chmod(directory, 0o755);
  app = path.join(directory, 'app');
  await mkdir(app);
  bundles = await bundle(path.join(directory, 'dist'));
  for (const [, from = ''] of dockerfile.matchAll(/^COPY --from=build (.*) \.\/$/gm)) {
    for (const file of from.split(' ')) {
      await copyFile(
        file.replace('/build/dist', path.join(directory, 'dist')),
        path.join(app, path.basename(file)),
      );
    }
  }
});

afterAll(async () => {
  await rm(directory, { recursive: true });
});

/** Node that may read only these files and write nothing, as another user if possible. */
function nodeCommand(file: string, ...args: readonly string[]): readonly [string, readonly string[], object] {
  const limits = [
    '--permission',
    `--allow-fs-read=${app}`,
    '--allow-net',
    '--disable-warning=ExperimentalWarning',
  ];
  const user = isRoot ? { uid: RANDOM_UID, gid: RANDOM_UID } : {};
  return [process.execPath, [...limits, file, ...args], { cwd: app, env: { HOME: '/nowhere' }, ...user }];
}

describe('the files of the image', () => {
  it('suffice for its entry point, read-only and as any user', async () => {
    const [, file] = Entrypoint.parse(JSON.parse(/^ENTRYPOINT (.*)$/m.exec(dockerfile)?.[1] ?? ''));
    const inApp = path.join(app, path.relative('/app', file));
    const { stdout, stderr } = await promisify(execFile)(...nodeCommand(inApp, '--version'));
    expect(stdout.trim()).toBe(OPERATOR_VERSION);
    expect(stderr).toBe('');
  });

  it('suffice for the simulator, with the command of the chart', async () => {
    const template = readFileSync('charts/gpupod-operator/templates/simulator.yaml', 'utf8');
    const [, file = ''] = /command: \[node, \/app\/(.*)\]/.exec(template) ?? [];
    const child = spawn(...nodeCommand(path.join(app, file), '--host=::', '--port=0'));
    try {
      const [line] = z.tuple([z.instanceof(Buffer)]).parse(await once(child.stdout, 'data'));
      const { url, apiKey } = z.object({ url: z.url(), apiKey: z.string() }).parse(JSON.parse(String(line)));
      const offers = new URL(`http://127.0.0.1:${new URL(url).port}/api/v1/availability/gpus`);
      const answer = await fetch(offers, { headers: { authorization: `Bearer ${apiKey}` } });
      expect(answer.status).toBe(200);
    } finally {
      child.kill();
      await once(child, 'close');
    }
  });

  it('serve SSH from the simulator without the native parts of ssh2', async () => {
    const child = spawn(...nodeCommand(path.join(app, 'prime-simulator.mjs'), '--port=0', '--ssh'));
    try {
      const [line] = z.tuple([z.instanceof(Buffer)]).parse(await once(child.stdout, 'data'));
      const { url, apiKey } = z.object({ url: z.url(), apiKey: z.string() }).parse(JSON.parse(String(line)));
      await fetch(`${url}/_simulator/pods`, { method: 'POST', body: '{"name": "planted"}' });
      const pods = await fetch(`${url}/api/v1/pods/`, { headers: { authorization: `Bearer ${apiKey}` } });
      const [, port] = /root@127\.0\.0\.1 -p (\d+)/.exec(await pods.text()) ?? [];
      const prober = new SshProber({ isAllowed: publicOr(['127.0.0.1/32']) });
      const answer = await prober.probe(
        { host: '127.0.0.1', port: Number(port) },
        new AbortController().signal,
      );
      expect(answer).toMatchObject({ kind: 'answered', hostKey: expect.stringMatching(/^ssh-ed25519 /) });
    } finally {
      child.kill();
      await once(child, 'close');
    }
  });

  it('include the terms of every package in the bundles', async () => {
    const notices = await readFile(path.join(app, 'THIRD-PARTY-NOTICES.txt'), 'utf8');
    for (const name of ['zod', 'pino', 'got', 'fastify', '@kubernetes/client-node', 'commander']) {
      expect(notices).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\(`, 'm'));
    }
    expect(notices).not.toContain(process.cwd());
  });
});

describe('the third-party notices', () => {
  it('refuse a package without terms', async () => {
    const nameless = path.join(directory, 'node_modules/nameless');
    await mkdir(nameless, { recursive: true });
    await writeFile(path.join(nameless, 'package.json'), '{"name":"nameless","version":"1.0.0"}');
    await expect(thirdPartyNotices(directory, ['node_modules/nameless/index.js'])).rejects.toThrow(
      LicenceMissingError,
    );
  });
});

describe('the bundles', () => {
  it('exist once for each program', () => {
    expect(bundles.map(({ file }) => path.basename(file)).sort()).toEqual([
      'gpupod-operator.mjs',
      'gpupod.mjs',
      'prime-simulator.mjs',
    ]);
  });

  it('are small, because the source of a program stays in memory', () => {
    for (const { bytes } of bundles) expect(bytes).toBeLessThan(2_500_000);
  });

  it('load no large module of Node that the operator never uses', async () => {
    const file = path.join(directory, 'dist/gpupod-operator.mjs');
    const loaded = path.join(directory, 'loaded.json');
    const report = path.join(directory, 'report.cjs');
    await writeFile(
      report,
      `process.on('exit', () =>
        require('node:fs').writeFileSync(${JSON.stringify(loaded)}, JSON.stringify(process.moduleLoadList)));`,
    );

    await promisify(execFile)(process.execPath, ['--require', report, file, '--version']);

    const modules = z.array(z.string()).parse(JSON.parse(await readFile(loaded, 'utf8')));
    expect(modules).toContain('NativeModule https');
    expect(modules.filter((name) => /undici|webstreams|http2/.test(name))).toEqual([]);
  });

  it('start the operator from one file, with nothing on stderr', async () => {
    const alone = path.join(directory, 'operator.mjs');
    await copyFile(path.join(directory, 'dist/gpupod-operator.mjs'), alone);

    const { stdout, stderr } = await promisify(execFile)(process.execPath, [alone, '--version'], {
      cwd: directory,
    });

    expect(stdout).toContain(OPERATOR_VERSION);
    expect(stderr).toBe('');
  });

  async function hashes(folder: string): Promise<Readonly<Record<string, string>>> {
    const files = (await readdir(folder)).sort();
    const entries = files.map(async (file) => {
      const content = await readFile(path.join(folder, file));
      return [file, createHash('sha256').update(content).digest('hex')] as const;
    });
    return Object.fromEntries(await Promise.all(entries));
  }

  it('are identical when they are built twice', async () => {
    await bundle(path.join(directory, 'again'));
    const first = await hashes(path.join(directory, 'dist'));
    expect(Object.keys(first)).toContain('gpupod-operator.mjs');
    expect(await hashes(path.join(directory, 'again'))).toEqual(first);
    const texts = await Promise.all(
      Object.keys(first)
        .filter((file) => !file.endsWith('.map'))
        .map(async (file) => await readFile(path.join(directory, 'dist', file), 'utf8')),
    );
    // The next builder has another working directory.
    expect(texts.filter((text) => text.includes(process.cwd()))).toEqual([]);
  });
});
