import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/**
 * Reads until its standard input ends, which it does when the process that holds the other end is gone, then
 * kills what still has a pid file in the folder and removes the folder. The second removal is for files that
 * a dying process wrote during the first.
 */
const script = `
cat >/dev/null
for file in "$0"/*.pid; do
  [ -f "$file" ] && kill -9 "$(cat "$file")" 2>/dev/null
done
rm -rf "$0" 2>/dev/null || { sleep 1; rm -rf "$0"; }
`;

/** Cleans up after this process, however it ends. */
export interface Watchdog {
  /** Cleans up the folder now. Resolves when that is done. */
  release(): Promise<void>;
}

/**
 * Watches over the processes that have a pid file (`*.pid`) in `directory`.
 *
 * Hooks on exit and signals are not enough: a test runner kills its workers with SIGKILL, and signal hooks
 * change how the process dies. A pipe that closes with its owner covers every ending, by way of a process in
 * a session of its own, which Ctrl-C in the terminal does not reach.
 */
export function watchOver(directory: string): Watchdog {
  const child = spawn('/bin/sh', ['-c', script, directory], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // The watchdog must not keep this process alive, because it waits for this process to end.
  child.unref();
  return {
    async release() {
      await end(child);
    },
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.ref();
  const exit = once(child, 'exit');
  child.stdin?.end();
  await exit;
}
