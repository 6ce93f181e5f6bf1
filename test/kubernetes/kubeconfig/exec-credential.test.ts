import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../../src/clock.ts';
import { ConnectionSource } from '../../../src/kubernetes/client/connection.ts';
import { runExecPlugin } from '../../../src/kubernetes/kubeconfig/exec-credential.ts';

let directory: string;
let command: string;

beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'exec-test-'));
  command = path.join(directory, 'plugin');
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

async function plugin(script: string): Promise<void> {
  await writeFile(command, `#!/bin/sh\n${script}\n`);
  await chmod(command, 0o755);
}

function credential(status: object): string {
  return `echo '${JSON.stringify({ kind: 'ExecCredential', status })}'`;
}

async function run(timeoutMs = 60_000) {
  return await runExecPlugin({ command, args: [], env: [] }, { clock: systemClock, timeoutMs });
}

describe('a credential plug-in', () => {
  it.each([
    {
      what: 'exits with an error',
      script: 'echo "no session" >&2; exit 3',
      problem: 'exited with code 3: no session',
    },
    { what: 'prints garbage', script: 'echo hello', problem: 'printed no ExecCredential' },
    { what: 'prints null', script: 'echo null', problem: 'printed no ExecCredential' },
    { what: 'prints no status', script: 'echo "{}"', problem: 'printed no ExecCredential' },
    {
      what: 'prints an expired token',
      script: credential({ token: 'old', expirationTimestamp: '2020-01-01T00:00:00Z' }),
      problem: 'has already expired',
    },
    { what: 'is killed by a signal', script: 'kill -9 $$', problem: 'was killed by SIGKILL' },
  ])('is named in the error when it $what', async ({ script, problem }) => {
    await plugin(script);
    const error: unknown = await run().catch((thrown: unknown) => thrown);
    expect(String(error)).toContain(command);
    expect(String(error)).toContain(problem);
  });

  it('is reported when it does not exist', async () => {
    await expect(run()).rejects.toThrow('cannot be run: ENOENT');
  });

  it('is stopped and reported when it hangs', async () => {
    await plugin('sleep 600');
    await expect(run(100)).rejects.toThrow('did not exit within 0.1 s');
  });

  it('gets its own variables in addition to those of the process', async () => {
    await plugin(`echo "{\\"status\\":{\\"token\\":\\"$GREETING-\${PATH:+path}\\"}}"`);
    const env = [{ name: 'GREETING', value: 'hi there' }];
    const given = await runExecPlugin({ command, args: [], env }, { clock: systemClock, timeoutMs: 60_000 });
    expect(given).toEqual({ token: 'hi there-path' });
  });
});

describe('credentials of a plug-in', () => {
  function sourceFor(): ConnectionSource {
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromClusterAndUser(
      { name: 'c', server: 'https://127.0.0.1:1', skipTLSVerify: true },
      { name: 'u', exec: { apiVersion: 'client.authentication.k8s.io/v1', command } },
    );
    return new ConnectionSource({ kubeConfig, clock: systemClock, maxSockets: 1 });
  }

  it('are requested again after the server refuses them, and garbage is not cached', async () => {
    const source = sourceFor();
    await plugin('echo "{}"');
    await expect(source.get()).rejects.toThrow('printed no ExecCredential');
    await plugin(credential({ token: 'one' }));
    expect((await source.get()).headers.Authorization).toBe('Bearer one');
    await plugin(credential({ token: 'two' }));
    expect((await source.get()).headers.Authorization).toBe('Bearer one');
    source.invalidate();
    expect((await source.get()).headers.Authorization).toBe('Bearer two');
    source.close();
  });

  it('are requested once by all concurrent callers', async () => {
    const count = path.join(directory, 'count');
    await plugin(`echo x >> ${count}; sleep 0.2; ${credential({ token: 'one' })}`);
    const source = sourceFor();
    await Promise.all([source.get(), source.get(), source.get()]);
    await plugin(`test $(wc -l < ${count}) = 1 && ${credential({ token: 'once' })}`);
    source.invalidate();
    expect((await source.get()).headers.Authorization).toBe('Bearer once');
    source.close();
  });
});
