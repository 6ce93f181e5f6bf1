import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

/** How a program exited: -1 if a signal stopped it, or if it does not exist. */
export interface ProgramResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program with an empty standard input, so that one that asks a question does not wait forever. */
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
