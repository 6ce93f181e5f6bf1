import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { stringAt } from '../../json.ts';
import { CliError } from '../cli-error.ts';
import type { CliParts } from '../parts.ts';

/** Signals that end this process by default. The program gets those of the terminal itself. */
const FORWARDED = ['SIGTERM', 'SIGHUP'] as const;
const OF_TERMINAL = ['SIGINT', 'SIGQUIT'] as const;
/** As shells report a program that a signal ended. */
const SIGNAL_EXIT_CODE = 128;

/**
 * Runs a program of the PATH on this terminal, without a shell, and waits for its end. This process outlives it, so
 * that files can be removed afterwards.
 *
 * @returns its exit code
 * @throws {CliError} if the program cannot be started
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  env: CliParts['env'],
): Promise<number> {
  const ended = Promise.withResolvers<number>();
  const child = spawn(program, args, { stdio: 'inherit', env: { ...env } });
  child.once('error', (error) => {
    ended.reject(new CliError(startProblem(program, stringAt(error, 'code')), { cause: error }));
  });
  child.once('close', (code, signal) => {
    ended.resolve(code ?? SIGNAL_EXIT_CODE + (signal === null ? 0 : constants.signals[signal]));
  });
  const forward = (signal: NodeJS.Signals): void => {
    child.kill(signal);
  };
  const ignore = (): void => undefined;
  for (const signal of FORWARDED) {
    process.on(signal, forward);
  }
  for (const signal of OF_TERMINAL) {
    process.on(signal, ignore);
  }
  try {
    return await ended.promise;
  } finally {
    for (const signal of FORWARDED) {
      process.off(signal, forward);
    }
    for (const signal of OF_TERMINAL) {
      process.off(signal, ignore);
    }
  }
}

function startProblem(program: string, code = 'unknown error'): string {
  return code === 'ENOENT'
    ? `The program ${program} is not on the PATH. Install the OpenSSH client, which contains ssh and scp.`
    : `The program ${program} cannot be started (${code}).`;
}
