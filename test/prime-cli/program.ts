import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

/** How a program ended; -1 where a signal ended it, or where there is no such program. */
export interface ProgramResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program with nothing on its standard input: one that asks a question must not wait for ever. */
export async function runProgram(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<ProgramResult> {
  const child = spawn(program, [...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => {
      resolve(error.message);
    });
    child.once('close', () => {
      resolve('');
    });
  });
  const [stdout, stderr, problem] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code: child.exitCode ?? -1, stdout, stderr: stderr + problem };
}
