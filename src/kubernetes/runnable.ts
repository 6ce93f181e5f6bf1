import { errorFields } from './error-fields.ts';
import type { Log } from './log.ts';

/** A part of the process with a start and a stop. A pool of connections has only a stop. */
export interface Runnable {
  start?(): void | Promise<void>;
  /** Resolves when nothing of it runs any more. */
  stop(): void | Promise<void>;
}

/**
 * Parts that start one after the other and stop at the same time, so that none begins anything while another
 * finishes.
 */
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

/** Parts that depend on the earlier ones: they start in order, and stop in reverse. */
export class RunnableStack {
  readonly #log: Log;
  readonly #started: Runnable[] = [];

  constructor(log: Log) {
    this.#log = log;
  }

  /** Starts the parts. Once the signal aborts it starts no other. */
  async start(runnables: readonly Runnable[], signal: AbortSignal): Promise<void> {
    for (const runnable of runnables) {
      if (signal.aborted) {
        return;
      }
      this.#started.push(runnable);
      await runnable.start?.();
    }
  }

  /** Stops the started parts, the last one first. A failure does not keep the others running. */
  async stop(): Promise<void> {
    for (const runnable of this.#started.splice(0).reverse()) {
      try {
        await runnable.stop();
      } catch (error) {
        this.#log.error({ ...errorFields(error) }, 'failed to stop a part of the operator cleanly');
      }
    }
  }
}
