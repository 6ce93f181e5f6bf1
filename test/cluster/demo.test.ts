import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { shownLines, textOfPicture } from '../../scripts/demo/picture.ts';
import { until } from '../support/until.ts';

const MINUTE_MS = 60_000;
// The first control plane on a host is built here.
jest.setTimeout(20 * MINUTE_MS);

const script = path.resolve(import.meta.dirname, '../../scripts/demo.ts');
const picture = path.resolve(import.meta.dirname, '../../docs/images/demo.svg');

/** Rows that a run may show or miss, because they last for moments. */
const PASSING_ROW = /^train-1 +(?:False|\[)/;

/** What does not depend on the run: no passing rows, and neither ages nor bills. */
function formsOf(lines: readonly string[]): readonly string[] {
  return lines
    .filter((line) => !PASSING_ROW.test(line))
    .map((line) => line.replace(/ -p \d+$/, ' -p port'))
    .map((line) => line.replace(/GPU-[0-9a-f]{8}/, 'GPU-id'))
    .map((line) => line.replace(/\d+s$/, 'age').replace(/[\d.]+ s at (.*) = .*/, 'time at $1'));
}

/** All temporary files of the demo. Every file that is left is a leak. */
let temporary: string;

beforeEach(async () => {
  temporary = await mkdtemp(path.join(os.tmpdir(), 'demo-test-'));
});

afterEach(async () => {
  await rm(temporary, { recursive: true, force: true });
});

interface Demo {
  readonly child: ChildProcess;
  readonly text: () => string;
}

function startDemo(...args: readonly string[]): Demo {
  const child = spawn(process.execPath, [script, ...args], {
    env: { ...process.env, TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const chunks: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk));
  }
  return { child, text: () => chunks.join('') };
}

async function untilCleanedUp(): Promise<void> {
  await until(
    'nothing of the demo is left',
    async () => ((await readdir(temporary)).length === 0 ? true : undefined),
    async () => (await readdir(temporary)).join(', '),
  );
}

describe('npm run demo', () => {
  it('rents and terminates one instance, reports that, and leaves no files or processes', async () => {
    const { child, text } = startDemo();
    await once(child, 'close');
    expect(text()).toContain('The ledger confirms all of it.');
    expect(text()).toMatch(
      /train-1 +True +Ready +Available +\["H100_80GB"\] +1 +H100_80GB +hyperstack +1\.90/,
    );
    expect(text()).toContain('cheapest of 2 offers that fit');
    expect(text()).toContain('✔ instances that still bill: 0, must be 0');
    expect(text()).toMatch(/^GPU 0: NVIDIA H100 80GB \(UUID: GPU-[0-9a-f]{8}-0\)$|no ssh and ssh-keygen/m);
    expect(text()).not.toContain('✘');
    expect(child.exitCode).toBe(0);
    // The picture in the README. `npm run demo:picture` draws it again.
    expect(formsOf(textOfPicture(await readFile(picture, 'utf8')))).toEqual(formsOf(shownLines(text())));
    await untilCleanedUp();
  });

  it('keeps running with --keep until it is interrupted, and then cleans up', async () => {
    const { child, text } = startDemo('--keep');
    await until(
      'the way in',
      async () => await Promise.resolve(/^export KUBECONFIG=(.*)$/m.exec(text())?.[1]),
      text,
    );
    const kubeconfig = /^export KUBECONFIG=(.*)$/m.exec(text())?.[1] ?? '';
    expect(existsSync(kubeconfig)).toBe(true);
    expect(text()).toContain('kubectl describe gpupod train-1');
    child.kill('SIGINT');
    await once(child, 'close');
    expect(child.exitCode).toBe(0);
    await untilCleanedUp();
  });

  it('fails when it is interrupted, and still cleans up', async () => {
    const { child, text } = startDemo();
    await until(
      'the object',
      async () => await Promise.resolve(text().includes('train-1 created') ? true : undefined),
      text,
    );
    child.kill('SIGTERM');
    await once(child, 'close');
    expect(child.exitCode).toBe(1);
    await untilCleanedUp();
  });
});
