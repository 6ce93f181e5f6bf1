import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

// These tests start processes, on a host that may be busy compiling.
const serverModule = path.join(import.meta.dirname, 'server-process.ts');
const watchdogModule = path.join(import.meta.dirname, 'watchdog.ts');

/** Runs a server under a watchdog, prints the server's process ID, and then acts as its argument says. */
const owner = `
  const [directory, then] = process.argv.slice(1);
  const { ServerProcess } = await import(${JSON.stringify(serverModule)});
  const { watchOver } = await import(${JSON.stringify(watchdogModule)});
  const { readFile } = await import('node:fs/promises');
  const watchdog = watchOver(directory);
  const server = new ServerProcess({
    name: 'fake',
    directory,
    executable: process.execPath,
    flags: { eval: 'setInterval(Object, 2 ** 30)' },
    isReady: async () => true,
  });
  await server.start();
  process.stdout.write(await readFile(directory + '/fake.pid', 'utf8'));
  if (then === 'exit') process.exit(0);
  if (then === 'throw') setImmediate(() => { throw new Error('on purpose'); });
  if (then === 'release') {
    await server.kill();
    await watchdog.release();
  }`;

let directory: string;
let children: ChildProcess[];

beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'watchdog-test-'));
  children = [];
});

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(directory, { recursive: true, force: true });
});

async function startOwner(then: string): Promise<{ child: ChildProcess; serverPid: number }> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', owner, directory, then], {
    stdio: ['ignore', 'pipe', 'ignore'],
    // A separate process group, as a terminal creates for its commands.
    detached: true,
  });
  children.push(child);
  const output: unknown[] = await once(child.stdout, 'data');
  return { child, serverPid: Number(String(output[0])) };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** The time limit of the test stops this if it never happens. */
async function cleanedUp(serverPid: number): Promise<void> {
  while (isAlive(serverPid) || existsSync(directory)) await delay(10);
}

describe('the watchdog', () => {
  it.each(['exit', 'throw', 'release'])(
    'kills the servers and removes the files when the owner ends by %s',
    async (then) => {
      const { serverPid } = await startOwner(then);
      await expect(cleanedUp(serverPid)).resolves.toBeUndefined();
    },
  );

  it.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
    'kills the servers and removes the files when the owner gets %s',
    async (signal) => {
      const { child, serverPid } = await startOwner('stay');
      expect(isAlive(serverPid)).toBe(true);
      child.kill(signal);
      await expect(cleanedUp(serverPid)).resolves.toBeUndefined();
    },
  );

  it('kills the servers and removes the files when Ctrl-C reaches the whole process group of the owner', async () => {
    const { child, serverPid } = await startOwner('stay');
    if (child.pid === undefined) throw new Error('a running process has an id');
    process.kill(-child.pid, 'SIGINT');
    await expect(cleanedUp(serverPid)).resolves.toBeUndefined();
  });
});
