import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import https from 'node:https';
import os from 'node:os';
import path from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ConnectionSource } from '../../../src/kubernetes/client/connection.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

let directory: string;
let tokenFile: string;
let clock: VirtualClock;
let source: ConnectionSource;

beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'connection-test-'));
  tokenFile = path.join(directory, 'token');
  clock = new VirtualClock();
});

afterEach(async () => {
  source.close();
  await rm(directory, { recursive: true });
});

interface User {
  name: string;
  token?: string;
  username?: string;
  password?: string;
  impersonateUser?: string;
  authProvider?: { name: string; config: { tokenFile: string } };
}

function sourceFor(user: User, cluster: { server?: string; skipTLSVerify?: boolean } = {}): void {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromClusterAndUser(
    { name: 'c', server: 'https://127.0.0.1:1', skipTLSVerify: false, ...cluster },
    user,
  );
  source = new ConnectionSource({ kubeConfig, clock, maxSockets: 7 });
}

async function authorization(): Promise<string | undefined> {
  return (await source.get()).headers.Authorization;
}

describe('credentials', () => {
  it.each([
    { name: 'a token', user: { token: 'abc' }, header: 'Bearer abc' },
    {
      name: 'a token that ends with a line break, as in a file',
      user: { token: 'abc\n' },
      header: 'Bearer abc',
    },
    { name: 'a name and a password', user: { username: 'me', password: 'pw' }, header: 'Basic bWU6cHc=' },
  ])('are sent as a header: $name', async ({ user, header }) => {
    sourceFor({ name: 'u', ...user });

    expect(await authorization()).toBe(header);
  });

  it('carry an impersonation', async () => {
    sourceFor({ name: 'u', token: 'abc', impersonateUser: 'other' });

    expect((await source.get()).headers['Impersonate-User']).toBe('other');
  });

  it('are read from a service account token file, which may not exist at first', async () => {
    sourceFor({ name: 'u', authProvider: { name: 'tokenFile', config: { tokenFile } } });
    await expect(source.get()).rejects.toThrow('ENOENT');

    await writeFile(tokenFile, 'first');

    expect(await authorization()).toBe('Bearer first');
  });

  it('are read again from the token file as soon as the server refuses them', async () => {
    await writeFile(tokenFile, 'first');
    sourceFor({ name: 'u', authProvider: { name: 'tokenFile', config: { tokenFile } } });
    expect(await authorization()).toBe('Bearer first');
    await writeFile(tokenFile, 'second\n');

    source.invalidate();

    expect(await authorization()).toBe('Bearer second');
  });

  it('are requested again after 10 s, and as soon as the server refuses them', async () => {
    sourceFor({ name: 'u', token: 'abc' });
    const first = await source.get();
    clock.jump(9999);
    expect(await source.get()).toBe(first);

    clock.jump(1);
    const second = await source.get();
    expect(second).not.toBe(first);
    source.invalidate();
    expect(await source.get()).not.toBe(second);
  });
});

describe('sockets', () => {
  it('are pooled for requests up to a limit, and separate for streams', async () => {
    sourceFor({ name: 'u', token: 'abc' });
    const { requestAgent, streamAgent } = await source.get();

    expect(requestAgent).toMatchObject({ keepAlive: true, maxSockets: 7 });
    expect(streamAgent).not.toBe(requestAgent);
    expect(streamAgent.maxSockets).toBe(Number.POSITIVE_INFINITY);
  });

  it('are closed before a proxy drops them silently, which may happen after ten seconds', async () => {
    sourceFor({ name: 'u', token: 'abc' });
    const { requestAgent } = await source.get();

    const { timeout } = requestAgent instanceof https.Agent ? requestAgent.options : {};
    expect(timeout).toBeLessThan(10_000);
  });

  it('stay open when credentials are read again and certificates are the same', async () => {
    sourceFor({ name: 'u', token: 'abc' });
    const { requestAgent } = await source.get();
    clock.jump(60_000);

    expect((await source.get()).requestAgent).toBe(requestAgent);
  });

  it('are refused for plain HTTP that the user did not request', async () => {
    sourceFor({ name: 'u', token: 'abc' }, { server: 'http://127.0.0.1:1' });

    await expect(source.get()).rejects.toThrow('HTTP protocol is not allowed');
  });
});
