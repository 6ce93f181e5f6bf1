import { errorFields } from './error-fields.ts';
import type { Log } from './log.ts';

/** A part of the process that is started and stopped in its turn. A pool of connections has no start, only an end. */
export interface Runnable {
  start?(): void | Promise<void>;
  /** Resolves when nothing of it is running any more. */
  stop(): void | Promise<void>;
}

/** Parts that start one after the other and are told to stop at once, so that none begins anything while another finishes. */
export function together(runnables: readonly Runnable[]): Runnable {
  return {
    start: async () => {
      for (const runnable of runnables) {
        await runnable.start?.();
      }
    },
    stop: async () => {
      await Promise.all(runnables.map(async (runnable) => await runnable.stop()));
    },
  };
}

/** Parts that stand on one another: started in order, stopped in reverse order. */
export class RunnableStack {
  readonly #log: Log;
  readonly #started: Runnable[] = [];

  constructor(log: Log) {
    this.#log = log;
  }

  /** Starts them; once the signal aborts no other. */
  async start(runnables: readonly Runnable[], signal: AbortSignal): Promise<void> {
    for (const runnable of runnables) {
      if (signal.aborted) {
        return;
      }
      this.#started.push(runnable);
      await runnable.start?.();
    }
  }

  /** Stops what was started, the last one first. One that fails does not keep the others running. */
  async stop(): Promise<void> {
    for (const runnable of this.#started.splice(0).reverse()) {
      try {
        await runnable.stop();
      } catch (error) {
        this.#log.error({ ...errorFields(error) }, 'failed to stop a part of the operator in good order');
      }
    }
  }
}
