import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');

/** The options of an operator process. */
export interface OperatorProcessOptions {
  /** The program. @default the sources, `src/main.ts` */
  readonly program?: string;
  /** The arguments after the path of the program. */
  readonly args: readonly string[];
  /** The whole environment of the process except PATH and HOME. The process inherits no other variable. */
  readonly env: Readonly<Record<string, string>>;
  /** Gets the output of the process. */
  readonly logFile: string;
  /** Gets its process id, for a watchdog. */
  readonly pidFile?: string;
}

/** The exit status of a process. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** An operator in a separate process. */
export interface OperatorProcess {
  /** What every user of the host sees of it with `ps`. */
  readonly args: readonly string[];
  readonly ended: Promise<ProcessEnd>;
  isRunning(): boolean;
  /** Its output so far. */
  log(): Promise<string>;
  /** Sends a signal that does not end the process, such as SIGSTOP. */
  send(signal: NodeJS.Signals): void;
  /** Sends the signal, SIGTERM by default, and resolves when the process has ended. */
  stop(signal?: NodeJS.Signals): Promise<ProcessEnd>;
}

/** Starts the operator in its own process group, so that Ctrl-C in the terminal does not reach it. */
export function startOperatorProcess(options: OperatorProcessOptions): OperatorProcess {
  const { args, env, logFile, pidFile, program = path.join(root, 'src/main.ts') } = options;
  const log = openSync(logFile, 'a');
  const child = spawn(process.execPath, [program, ...args], {
    detached: true,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  if (pidFile !== undefined && child.pid !== undefined) writeFileSync(pidFile, String(child.pid));
  const ended = once(child, 'exit').then(() => {
    // Another process may soon have its id.
    if (pidFile !== undefined) rmSync(pidFile, { force: true });
    return { code: child.exitCode, signal: child.signalCode };
  });
  return {
    args: child.spawnargs,
    ended,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    log: async () => await readFile(logFile, 'utf8'),
    send: (signal) => {
      child.kill(signal);
    },
    async stop(signal = 'SIGTERM') {
      child.kill(signal);
      return await ended;
    },
  };
}
