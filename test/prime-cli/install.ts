import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { cacheHome } from '../control-plane/cache.ts';
import { withFileLock } from '../control-plane/lock.ts';
import { runProgram } from './program.ts';

/** The version of the provider's own command line that runs against the simulator. */
const VERSION = '0.18.0';
/** The Pythons that this version runs on, newest first after the usual one. */
const PYTHONS = ['python3', 'python3.13', 'python3.12', 'python3.11'];
const SUPPORTED = '(3, 11) <= sys.version_info[:2] < (3, 14)';

/** The official `prime` command line, or why this host has none. */
export type PrimeCli =
  | { readonly kind: 'ready'; readonly python: string; readonly script: string }
  | { readonly kind: 'unavailable'; readonly reason: string };

/** What pip says when nobody answers. A missing or broken package matches none of these, and fails the test. */
const NO_CONNECTION =
  /NewConnectionError|ConnectTimeoutError|ReadTimeoutError|NameResolutionError|ProxyError|Connection (?:refused|reset|aborted)|Network is unreachable|name resolution/i;

/**
 * Installs the official command line from PyPI into the cache, once for this host.
 *
 * @throws Error when PyPI answers and the installation fails all the same.
 */
export async function installPrimeCli(env: NodeJS.ProcessEnv): Promise<PrimeCli> {
  const cache = path.join(cacheHome(env), 'gpupod-operator');
  const directory = path.join(cache, `prime-cli-${VERSION}`);
  const installed = await find(directory, env);
  if (installed !== undefined) return installed;
  return await withFileLock(path.join(cache, 'prime-cli.lock'), async () => {
    return (await find(directory, env)) ?? (await install(directory, env));
  });
}

/** The cached installation, if it still works. The Python that it uses may have been replaced. */
async function find(directory: string, env: NodeJS.ProcessEnv): Promise<PrimeCli | undefined> {
  const python = path.join(directory, 'bin', 'python');
  const { code } = await runProgram(python, ['-c', 'import prime_cli.main'], env);
  return code === 0 ? { kind: 'ready', python, script: path.join(directory, 'bin', 'prime') } : undefined;
}

async function install(directory: string, env: NodeJS.ProcessEnv): Promise<PrimeCli> {
  const python = await findPython(env);
  if (python === undefined) {
    return { kind: 'unavailable', reason: 'no Python 3.11 to 3.13 with venv and pip on the PATH' };
  }
  // Only a complete installation gets its final name.
  const building = `${directory}.building`;
  await rm(building, { recursive: true, force: true });
  await mkdir(path.dirname(building), { recursive: true });
  await succeed(python, ['-m', 'venv', building], env);
  const pip = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '--quiet'];
  const args = [...pip, '--retries', '2', '--timeout', '20', `prime==${VERSION}`];
  const result = await runProgram(path.join(building, 'bin', 'python'), args, env);
  if (result.code !== 0) {
    await rm(building, { recursive: true, force: true });
    if (NO_CONNECTION.test(result.stderr)) return { kind: 'unavailable', reason: 'PyPI cannot be reached' };
    throw new Error(`prime ${VERSION} cannot be installed:\n${result.stderr}`);
  }
  await rm(directory, { recursive: true, force: true });
  await rename(building, directory);
  const installed = await find(directory, env);
  if (installed === undefined) throw new Error(`prime ${VERSION} was installed, and does not start`);
  return installed;
}

async function findPython(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const check = `import sys, venv, ensurepip; sys.exit(0 if ${SUPPORTED} else 1)`;
  for (const python of PYTHONS) {
    const { code } = await runProgram(python, ['-c', check], env);
    if (code === 0) return python;
  }
  return undefined;
}

async function succeed(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const { code, stdout, stderr } = await runProgram(program, args, env);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')}:\n${stdout}${stderr}`);
}
