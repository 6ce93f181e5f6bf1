import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** How many lines of a failed command are worth showing. */
const keptLines = 30;

/** The result of a `go` command. A missing `go` and a failed build are results, not exceptions. */
export type GoResult =
  | { readonly kind: 'done'; readonly output: readonly string[] }
  | { readonly kind: 'missing' }
  | { readonly kind: 'failed'; readonly message: string };

/** The folder and the environment of a `go` command. */
export interface GoCommand {
  readonly args: readonly string[];
  readonly directory: string;
  readonly env: NodeJS.ProcessEnv;
  /** Called with each line of its standard error. */
  readonly onLine: (line: string) => void;
}

/** Runs `go`, found on the PATH of `env`. */
export async function runGo({ args, directory, env, onLine }: GoCommand): Promise<GoResult> {
  const child = spawn('go', args, {
    cwd: directory,
    // Neither a C compiler nor a go.work in a folder above may affect the result.
    env: { ...env, CGO_ENABLED: '0', GOWORK: 'off' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: string[] = [];
  const errors: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => output.push(line));
  createInterface({ input: child.stderr }).on('line', (line) => {
    errors.push(line);
    if (errors.length > keptLines) errors.shift();
    onLine(line);
  });
  return await new Promise((resolve) => {
    child.once('error', (error) => {
      const missing = 'code' in error && error.code === 'ENOENT';
      resolve(missing ? { kind: 'missing' } : { kind: 'failed', message: error.message });
    });
    child.once('close', (code, signal) => {
      if (code === 0) resolve({ kind: 'done', output });
      else resolve({ kind: 'failed', message: describe(args, code ?? signal, errors) });
    });
  });
}

function describe(args: readonly string[], ending: unknown, errors: readonly string[]): string {
  return [`go ${args[0] ?? ''} ended with ${String(ending)}:`, ...errors].join('\n');
}
