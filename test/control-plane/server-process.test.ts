import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { onFreePort } from './ports.ts';
import { ServerProcess, ServerStartError } from './server-process.ts';
import type { Server } from './server-process.ts';

// These tests start processes, on a host that may be busy compiling.
let directory: string;
let servers: ServerProcess[];

beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'server-test-'));
  servers = [];
});

afterEach(async () => {
  for (const server of servers) await server.kill();
  await rm(directory, { recursive: true });
});

/** A server that runs this JavaScript, and is ready once its log contains "listening". */
function serverOf(javascript: string, overrides: Partial<Server> = {}): ServerProcess {
  const server = new ServerProcess({
    name: 'fake',
    executable: process.execPath,
    directory,
    flags: { eval: javascript },
    isReady: async () => (await readFile(path.join(directory, 'fake.log'), 'utf8')).includes('listening'),
    ...overrides,
  });
  servers.push(server);
  return server;
}

const running = `setInterval(Object, 2 ** 30); console.log('listening');`;

async function pid(): Promise<string> {
  return readFile(path.join(directory, 'fake.pid'), 'utf8');
}

describe('ServerProcess', () => {
  it('starts another process after a stop, and none while it runs', async () => {
    const server = serverOf(running);
    await server.start();
    const first = await pid();
    await server.start();
    expect(await pid()).toBe(first);
    await server.stop();
    await server.start();
    expect(await pid()).not.toBe(first);
  });

  it('removes its pid file when it stops, so that the watchdog kills no other process', async () => {
    const server = serverOf(running);
    await server.start();
    await server.stop();
    expect(existsSync(path.join(directory, 'fake.pid'))).toBe(false);
  });

  it('waits while the readiness check fails', async () => {
    let checks = 0;
    const server = serverOf(running, {
      isReady: async () => {
        checks += 1;
        if (checks < 3) throw new Error('connection refused');
        return Promise.resolve(checks === 4);
      },
    });
    await server.start();
    expect(checks).toBe(4);
  });

  it('fails with the log when the process exits before it is ready', async () => {
    const server = serverOf(`console.error('no such flag'); process.exit(3);`);
    await expect(server.start()).rejects.toThrow(/fake ended before it was ready:\n.*no such flag/s);
  });

  it('fails if the executable does not exist', async () => {
    const server = serverOf(running, { executable: path.join(directory, 'nothing') });
    await expect(server.start()).rejects.toThrow(ServerStartError);
  });
});

describe('onFreePort', () => {
  const portTaken = `console.error('listen tcp 127.0.0.1:1: bind: address already in use'); process.exit(1);`;

  it('tries another port if the first was taken meanwhile', async () => {
    const ports: number[] = [];
    const start = async (port: number): Promise<number> => {
      ports.push(port);
      if (ports.length === 1) await serverOf(portTaken).start();
      return port;
    };
    const port = await onFreePort(start);
    expect(port).toBe(ports[1]);
  });

  it('gives up after three ports', async () => {
    let attempts = 0;
    const start = async (): Promise<void> => {
      attempts += 1;
      await serverOf(portTaken).start();
    };
    await expect(onFreePort(start)).rejects.toThrow(/address already in use/);
    expect(attempts).toBe(3);
  });

  it('does not repeat any other failure', async () => {
    let attempts = 0;
    const start = async (): Promise<void> => {
      attempts += 1;
      await serverOf(`process.exit(1);`).start();
    };
    await expect(onFreePort(start)).rejects.toThrow(ServerStartError);
    expect(attempts).toBe(1);
  });
});
