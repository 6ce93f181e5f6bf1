import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Children } from './children.ts';

/** A program to run, and its name for people. */
export interface Command {
  readonly title: string;
  readonly program: string;
  readonly args: readonly string[];
}

/** The result of a command. */
export interface CommandResult {
  readonly title: string;
  readonly succeeded: boolean;
  /** Its output, both streams in the order of arrival. Empty if it wrote to the terminal directly. */
  readonly output: string;
  readonly elapsedMs: number;
}

/** Runs a command and captures its output. A program that cannot be started is a failed command. */
export async function runQuietly(
  command: Command,
  children: Children,
  onErrorLine?: (line: string) => void,
): Promise<CommandResult> {
  const startedMs = performance.now();
  const child = children.start(command.program, command.args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const chunks: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk));
  }
  if (onErrorLine !== undefined && child.stderr !== null) {
    createInterface({ input: child.stderr }).on('line', onErrorLine);
  }
  const problem = await problemOf(child);
  return {
    title: command.title,
    succeeded: problem === undefined,
    output: chunks.join('') + (problem ?? ''),
    elapsedMs: performance.now() - startedMs,
  };
}

/** Runs a command that writes directly to the terminal. */
export async function runVisibly(command: Command, children: Children): Promise<CommandResult> {
  const startedMs = performance.now();
  const child = children.start(command.program, command.args, { stdio: ['ignore', 'inherit', 'inherit'] });
  const problem = await problemOf(child);
  return {
    title: command.title,
    succeeded: problem === undefined,
    output: problem ?? '',
    elapsedMs: performance.now() - startedMs,
  };
}

/** Why a command failed, or undefined if it succeeded. */
async function problemOf(child: ChildProcess): Promise<string | undefined> {
  try {
    await once(child, 'close');
  } catch (error) {
    return `could not be started: ${String(error)}\n`;
  }
  if (child.exitCode === 0) return undefined;
  return `ended with ${child.signalCode ?? `exit code ${String(child.exitCode)}`}\n`;
}
