import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { kubeConfigText, writeFiles } from '../kubernetes/support/kubectl-rules.ts';
import { LOOPBACK_CERTIFICATE, LOOPBACK_KEY } from '../prime/loopback-certificate.ts';
import { startOperatorProcess } from '../support/operator-process.ts';
import type { OperatorProcess } from '../support/operator-process.ts';
import { TlsServer } from '../support/tls-server.ts';
import { until } from '../support/until.ts';

const CA = { 'certificate-authority-data': Buffer.from(LOOPBACK_CERTIFICATE).toString('base64') };

let directory: string;
let server: TlsServer;
let operator: OperatorProcess | undefined;

beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'kube-config-process-test-'));
  server = await TlsServer.open({
    certificate: LOOPBACK_CERTIFICATE,
    key: LOOPBACK_KEY,
    answer: () => ({ status: 503 }),
  });
});

afterEach(async () => {
  await operator?.stop();
  operator = undefined;
  await server.close();
  await rm(directory, { recursive: true });
});

function start(env: Readonly<Record<string, string>>): OperatorProcess {
  operator = startOperatorProcess({
    args: ['--http-address', '127.0.0.1:0', '--leader-elect=false'],
    env: { HOME: directory, PRIME_API_KEY: 'pit_canary_0123456789abcdef', ...env },
    logFile: path.join(directory, 'log'),
  });
  return operator;
}

function listOf(...names: string[]): string {
  return names.map((name) => path.join(directory, name)).join(path.delimiter);
}

describe('the operator as a process', () => {
  it('starts with a list in which a file is missing and two define the same names', async () => {
    await writeFiles(directory, {
      a: kubeConfigText({ cluster: { server: server.url, ...CA }, user: { tokenFile: 'token' } }),
      token: 'of-the-first',
      b: kubeConfigText({ cluster: { server: 'https://127.0.0.1:1' }, user: { token: 'of-the-second' } }),
    });

    const running = start({ KUBECONFIG: listOf('missing', 'a', 'b') });
    await until(
      'a request to the API server',
      async () => await Promise.resolve(server.requests[0]),
      async () => await running.log(),
    );

    expect(running.isRunning()).toBe(true);
    expect(new Set(server.requests.map(({ headers }) => headers.authorization))).toEqual(
      new Set(['Bearer of-the-first']),
    );
  });

  it.each([
    {
      title: 'a certificate file that is missing',
      config: kubeConfigText({
        cluster: { server: 'https://127.0.0.1:1', 'certificate-authority': '/nonexistent/ca.crt' },
      }),
      message: 'unable to read certificate-authority /nonexistent/ca.crt for c due to ENOENT',
    },
    { title: 'a kubeconfig that says nothing, outside of a Pod', config: '', message: 'no kubeconfig found' },
  ])('exits with code 2 and the reason: $title', async ({ config, message }) => {
    await writeFiles(directory, { config });

    const { code } = await start({ KUBECONFIG: listOf('config') }).ended;

    expect(code).toBe(2);
    expect(await readFile(path.join(directory, 'log'), 'utf8')).toContain(message);
  });
});
