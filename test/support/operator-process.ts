import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');

/** How an operator process is started. */
export interface OperatorProcessOptions {
  /** What Node runs. @default the sources, `src/main.ts` */
  readonly program?: string;
  /** Without the program's own two. */
  readonly args: readonly string[];
  /** The whole environment of the process but for PATH and HOME: nothing of this process' own slips in. */
  readonly env: Readonly<Record<string, string>>;
  /** Gets what the process writes. */
  readonly logFile: string;
  /** Gets its process id, for a watchdog. */
  readonly pidFile?: string;
}

/** How a process ended. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The operator as a process of its own. */
export interface OperatorProcess {
  /** What anybody on the machine can see of it, with `ps`. */
  readonly args: readonly string[];
  readonly ended: Promise<ProcessEnd>;
  isRunning(): boolean;
  /** All that it has written. */
  log(): Promise<string>;
  /** Sends a signal that does not end it, as SIGSTOP. */
  send(signal: NodeJS.Signals): void;
  /** Sends the signal, SIGTERM by default, and resolves when the process has ended. */
  stop(signal?: NodeJS.Signals): Promise<ProcessEnd>;
}

/** Starts the operator at the head of its own process group: Ctrl-C in the terminal does not reach it. */
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
    // Its number may soon be another process'.
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
