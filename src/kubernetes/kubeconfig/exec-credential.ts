import { spawn } from 'node:child_process';
import type { Clock } from '../../clock.ts';
import { parseJson, recordAt, stringAt } from '../../json.ts';
import { ApiError } from '../client/api-errors.ts';
import type { ClusterEntry, UserEntry } from './kube-config-entries.ts';
import { readTlsMaterial } from './tls-material.ts';

/** The program of a kubeconfig that provides credentials. */
export interface ExecPlugin {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
}

/** The output of the program. */
export interface ExecCredential {
  readonly token?: string;
  readonly cert?: string;
  readonly key?: string;
  /** Wall time in milliseconds; absent: unknown. */
  readonly expiresAtMs?: number;
}

/** The program provided no credential. The message says why, and repeats nothing from its output. */
class ExecPluginError extends ApiError {
  override name = 'ExecPluginError';

  constructor(command: string, problem: string) {
    super(`the credential plug-in "${command}" of the kubeconfig ${problem}`);
  }
}

const MAX_OUTPUT_CHARACTERS = 1024 * 1024;
const MAX_SAID_CHARACTERS = 150;

/**
 * The plug-in of a kubeconfig's user; undefined if its credentials come from elsewhere. The plug-in learns about the
 * cluster from the variable that client-go sets, if the kubeconfig asks for it.
 *
 * @throws if a file of the cluster cannot be read
 */
export async function execPluginOf(
  user: UserEntry | null,
  cluster: ClusterEntry,
): Promise<ExecPlugin | undefined> {
  const exec = recordAt(user, 'exec');
  const command = stringAt(exec, 'command');
  if (command === undefined) {
    return undefined;
  }
  const args: unknown = exec['args'];
  const env: unknown = exec['env'];
  const info = {
    kind: 'ExecCredential',
    apiVersion: stringAt(exec, 'apiVersion') ?? 'client.authentication.k8s.io/v1',
    spec: {
      ...(exec['provideClusterInfo'] === true ? { cluster: await clusterInfo(cluster) } : {}),
      interactive: false,
    },
  };
  return {
    command,
    args: Array.isArray(args) ? args.map(String) : [],
    env: [
      ...(Array.isArray(env)
        ? env.map((item) => ({ name: stringAt(item, 'name') ?? '', value: stringAt(item, 'value') ?? '' }))
        : []),
      { name: 'KUBERNETES_EXEC_INFO', value: JSON.stringify(info) },
    ],
  };
}

/** The cluster as plug-ins read it. */
async function clusterInfo(cluster: ClusterEntry): Promise<object> {
  const { server, tlsServerName, skipTLSVerify, proxyUrl, execConfig } = cluster;
  const { ca } = await readTlsMaterial(cluster, null);
  return {
    server,
    ...(tlsServerName === undefined ? {} : { 'tls-server-name': tlsServerName }),
    ...(skipTLSVerify ? { 'insecure-skip-tls-verify': true } : {}),
    ...(ca === undefined ? {} : { 'certificate-authority-data': Buffer.from(ca).toString('base64') }),
    ...(proxyUrl === undefined ? {} : { 'proxy-url': proxyUrl }),
    ...(execConfig === undefined ? {} : { config: execConfig }),
  };
}

/**
 * Runs the program once. client-node would wait for it without limit, and keep its first output permanently, even if
 * that has expired, was refused or is no credential.
 *
 * @throws {ExecPluginError} if the program provides no credential
 */
export async function runExecPlugin(
  plugin: ExecPlugin,
  { clock, timeoutMs }: { readonly clock: Clock; readonly timeoutMs: number },
): Promise<ExecCredential> {
  const { command } = plugin;
  const limit = new AbortController();
  const run = runProgram(plugin);
  try {
    const end = await Promise.race([
      run.ended,
      clock.sleep(timeoutMs, limit.signal).then(() => 'late' as const),
    ]);
    if (end === 'late') {
      throw new ExecPluginError(command, `did not exit within ${String(timeoutMs / 1_000)} s and was killed`);
    }
    if (end.problem !== undefined) {
      throw new ExecPluginError(command, end.problem);
    }
    return readCredential(command, end.output, clock.nowMs());
  } finally {
    limit.abort();
    run.kill();
  }
}

interface ProgramEnd {
  readonly output: string;
  readonly problem?: string;
}

function runProgram({ command, args, env }: ExecPlugin): { ended: Promise<ProgramEnd>; kill: () => void } {
  // The program `env` adds variables to the inherited environment, which only the entry point may read.
  const set = env.map(({ name, value }) => `${name}=${value}`);
  const [file, words] = set.length === 0 ? [command, args] : ['env', [...set, command, ...args]];
  const child = spawn(file, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<ProgramEnd>((resolve) => {
    let output = '';
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(0, MAX_OUTPUT_CHARACTERS);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(0, MAX_SAID_CHARACTERS);
    });
    child.on('error', (error) => {
      resolve({ output: '', problem: `cannot be run: ${stringAt(error, 'code') ?? error.message}` });
    });
    child.on('close', (code, signal) => {
      const how = code === null ? `was killed by ${String(signal)}` : `exited with code ${String(code)}`;
      resolve(code === 0 ? { output } : { output: '', problem: `${how}: ${said.trim()}` });
    });
  });
  return {
    ended,
    kill: () => {
      child.kill('SIGKILL');
      // A process that the program started may hold the pipes open.
      child.stdout.destroy();
      child.stderr.destroy();
    },
  };
}

function readCredential(command: string, output: string, nowMs: number): ExecCredential {
  const status = recordAt(parseJson(output), 'status');
  const token = stringAt(status, 'token');
  const cert = stringAt(status, 'clientCertificateData');
  const key = stringAt(status, 'clientKeyData');
  if (token === undefined && (cert === undefined || key === undefined)) {
    throw new ExecPluginError(command, 'printed no ExecCredential with a token or a certificate');
  }
  const expiresAtMs = Date.parse(stringAt(status, 'expirationTimestamp') ?? '');
  if (expiresAtMs <= nowMs) {
    throw new ExecPluginError(command, 'returned a credential that has already expired');
  }
  return {
    ...(token === undefined ? {} : { token }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(Number.isNaN(expiresAtMs) ? {} : { expiresAtMs }),
  };
}
