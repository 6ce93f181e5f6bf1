import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { cacheHome } from '../control-plane/cache.ts';
import { withFileLock } from '../control-plane/lock.ts';
import { runProgram } from './run-program.ts';

/** A program from PyPI that tests run. */
export interface PythonTool {
  /** Of its package at PyPI. */
  readonly package: string;
  readonly version: string;
  /** A module whose import shows that the installation still works. */
  readonly module: string;
  /** Name of its program. */
  readonly script: string;
}

/** A program that can be run as `python script …`, or why this host has none. */
export type InstalledTool =
  | { readonly kind: 'ready'; readonly python: string; readonly script: string }
  | { readonly kind: 'unavailable'; readonly reason: string };

/** The Pythons that all tools run on, newest first after the usual one. */
const PYTHONS = ['python3', 'python3.13', 'python3.12', 'python3.11'];
const SUPPORTED = '(3, 11) <= sys.version_info[:2] < (3, 14)';

/** What pip says when nobody answers. A missing or broken package matches none of these, and fails the test. */
const NO_CONNECTION =
  /NewConnectionError|ConnectTimeoutError|ReadTimeoutError|NameResolutionError|ProxyError|Connection (?:refused|reset|aborted)|Network is unreachable|name resolution/i;

/**
 * Installs a program from PyPI into the cache, once for this host.
 *
 * @throws Error when PyPI answers and the installation fails all the same.
 */
export async function installPythonTool(tool: PythonTool, env: NodeJS.ProcessEnv): Promise<InstalledTool> {
  const cache = path.join(cacheHome(env), 'gpupod-operator');
  const directory = path.join(cache, `${tool.package}-${tool.version}`);
  const installed = await find(tool, directory, env);
  if (installed !== undefined) return installed;
  return await withFileLock(path.join(cache, `${tool.package}.lock`), async () => {
    return (await find(tool, directory, env)) ?? (await install(tool, directory, env));
  });
}

/** The cached installation, if it still works. The Python that it uses may have been replaced. */
async function find(
  tool: PythonTool,
  directory: string,
  env: NodeJS.ProcessEnv,
): Promise<InstalledTool | undefined> {
  const python = path.join(directory, 'bin', 'python');
  const { code } = await runProgram(python, ['-c', `import ${tool.module}`], env);
  return code === 0 ? { kind: 'ready', python, script: path.join(directory, 'bin', tool.script) } : undefined;
}

async function install(tool: PythonTool, directory: string, env: NodeJS.ProcessEnv): Promise<InstalledTool> {
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
  const args = [...pip, '--retries', '2', '--timeout', '20', `${tool.package}==${tool.version}`];
  const result = await runProgram(path.join(building, 'bin', 'python'), args, env);
  if (result.code !== 0) {
    await rm(building, { recursive: true, force: true });
    if (NO_CONNECTION.test(result.stderr)) return { kind: 'unavailable', reason: 'PyPI cannot be reached' };
    throw new Error(`${tool.package} ${tool.version} cannot be installed:\n${result.stderr}`);
  }
  await rm(directory, { recursive: true, force: true });
  await rename(building, directory);
  const installed = await find(tool, directory, env);
  if (installed === undefined) {
    throw new Error(`${tool.package} ${tool.version} was installed, and does not start`);
  }
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
