import { spawn } from 'node:child_process';
import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

/** How long a process may take to clean up before it is killed. */
const graceMs = 5_000;

/** The running child processes, so that none of them outlives this process. */
export class Children {
  readonly #running = new Set<ChildProcess>();
  #isStopping = false;

  get isStopping(): boolean {
    return this.#isStopping;
  }

  /**
   * Starts a program as the head of its own process group: what it starts can be ended with it.
   *
   * @throws Error once `stop` was called: what is started then would be left behind.
   */
  start(program: string, args: readonly string[], options: SpawnOptions): ChildProcess {
    if (this.#isStopping) throw new Error(`${program} is not started any more: everything is being ended`);
    const child = spawn(program, args, { ...options, detached: true });
    this.#running.add(child);
    const forget = (): void => {
      this.#running.delete(child);
    };
    child.once('exit', forget);
    child.once('error', forget);
    return child;
  }

  /** Asks every process group to stop, and kills those that do not. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    const ended = [...this.#running].map(async (child) => {
      const exit = once(child, 'exit');
      signalGroup(child, 'SIGTERM');
      await Promise.race([exit, delay(graceMs, undefined, { ref: false })]);
      // Members of the group may outlive its head.
      signalGroup(child, 'SIGKILL');
    });
    await Promise.all(ended);
  }
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The whole group has already stopped.
  }
}
