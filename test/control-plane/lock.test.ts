import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { withFileLock } from './lock.ts';

// These tests start processes, on a host that may be busy compiling.
const lockModule = path.join(import.meta.dirname, 'lock.ts');

/** Takes the lock, reports that, and never releases it. */
const holder = `
  const { withFileLock } = await import(${JSON.stringify(lockModule)});
  await withFileLock(process.argv[1], () => {
    process.stdout.write('locked');
    return new Promise((resolve) => setInterval(resolve, 2 ** 30));
  });`;

let directory: string;
let file: string;
let children: ChildProcess[];

beforeEach(async () => {
  children = [];
  directory = await mkdtemp(path.join(os.tmpdir(), 'lock-test-'));
  file = path.join(directory, 'not-yet-there', 'build.lock');
});

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(directory, { recursive: true });
});

describe('withFileLock', () => {
  it('admits one caller at a time, and tells the waiting ones', async () => {
    const log: string[] = [];
    const entered = Promise.withResolvers<undefined>();
    const leave = Promise.withResolvers<undefined>();
    const first = withFileLock(file, async () => {
      log.push('first in');
      entered.resolve(undefined);
      await leave.promise;
      log.push('first out');
    });
    await entered.promise;
    const second = withFileLock(file, async () => Promise.resolve(log.push('second in')), {
      pollMs: 1,
      onWait: () => {
        log.push('second waits');
        leave.resolve(undefined);
      },
    });
    await Promise.all([first, second]);
    expect(log).toEqual(['first in', 'second waits', 'first out', 'second in']);
  });

  it('returns the result of the work, and releases the lock after a failure', async () => {
    const failure = withFileLock(file, async () => Promise.reject(new Error('no luck')));
    await expect(failure).rejects.toThrow('no luck');
    await expect(withFileLock(file, async () => Promise.resolve(7))).resolves.toBe(7);
  });

  it('takes over the lock of a killed process', async () => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', holder, file], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    await once(child.stdout, 'data');
    const exit = once(child, 'exit');
    let waited = false;
    const result = await withFileLock(file, async () => Promise.resolve('mine'), {
      pollMs: 1,
      onWait: () => {
        waited = true;
        child.kill('SIGKILL');
      },
    });
    await exit;
    expect({ waited, result }).toEqual({ waited: true, result: 'mine' });
  });
});
