import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { systemClock } from '../../src/clock.ts';
import type { Clock } from '../../src/clock.ts';

/** Generous, because the host may be busy compiling. */
const startTimeoutMs = 120_000;
const pollMs = 50;
/** A process that still runs then is killed. Nothing is lost, because the data is in etcd's files. */
const stopTimeoutMs = 5_000;
/** The maximum length of the log in an error. */
const logTailLength = 3_000;

/** A server to run. Flags have no dashes. */
export interface Server {
  readonly name: string;
  readonly executable: string;
  readonly flags: Readonly<Record<string, string>>;
  /** For the log and the pid file. */
  readonly directory: string;
  /** May throw while nothing listens yet. */
  readonly isReady: () => Promise<boolean>;
}

/** A server exited before it was ready. `log` is the end of its output. */
export class ServerStartError extends Error {
  override readonly name = 'ServerStartError';
  readonly log: string;

  constructor(message: string, log: string) {
    super(`${message}\n${log}`);
    this.log = log;
  }
}

/** One server process that can be stopped and started again with the same flags, ports and data. */
export class ServerProcess {
  readonly #server: Server;
  readonly #clock: Clock;
  #child: ChildProcess | undefined;

  constructor(server: Server, clock: Clock = systemClock) {
    this.#server = server;
    this.#clock = clock;
  }

  /** Starts it and waits until it is ready. Does nothing while it runs. */
  async start(): Promise<void> {
    if (this.#child !== undefined) return;
    const child = this.#spawn();
    const deadlineMs = this.#clock.monotonicMs() + startTimeoutMs;
    while (!(await this.#isReady())) {
      if (!this.#runs(child)) throw await this.#startError('ended before it was ready');
      if (this.#clock.monotonicMs() > deadlineMs) {
        await this.kill();
        throw await this.#startError(`was not ready after ${String(startTimeoutMs)} ms`);
      }
      await this.#clock.sleep(pollMs);
    }
  }

  /** Stops it in order, and kills it if that takes long. */
  async stop(): Promise<void> {
    const timer = setTimeout(() => this.#child?.kill('SIGKILL'), stopTimeoutMs);
    await this.#end('SIGTERM');
    clearTimeout(timer);
  }

  /** Kills it at once, like a crash. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  #spawn(): ChildProcess {
    const { executable, flags } = this.#server;
    const log = openSync(this.#file('log'), 'a');
    const args = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`);
    // Output goes to a file, because a pipe would block the server while this process is too busy to read.
    const child = spawn(executable, args, { stdio: ['ignore', log, log] });
    closeSync(log);
    this.#child = child;
    const ended = (): void => {
      this.#child = undefined;
      rmSync(this.#file('pid'), { force: true });
    };
    child.once('exit', ended);
    child.once('error', ended);
    if (child.pid !== undefined) writeFileSync(this.#file('pid'), String(child.pid));
    return child;
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    const exit = once(child, 'exit');
    child.kill(signal);
    await exit;
  }

  #runs(child: ChildProcess): boolean {
    return this.#child === child;
  }

  async #isReady(): Promise<boolean> {
    try {
      return await this.#server.isReady();
    } catch {
      return false;
    }
  }

  async #startError(what: string): Promise<ServerStartError> {
    const log = await readFile(this.#file('log'), 'utf8');
    return new ServerStartError(`${this.#server.name} ${what}:`, log.slice(-logTailLength));
  }

  #file(extension: 'log' | 'pid'): string {
    return path.join(this.#server.directory, `${this.#server.name}.${extension}`);
  }
}
