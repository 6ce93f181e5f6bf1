import type { Clock } from '../clock.ts';
import type { Log } from '../kubernetes/log.ts';
import { WorkQueue } from '../kubernetes/work-queue.ts';
import type { InstanceSnapshot } from '../lifecycle/provider.ts';
import type { ProtocolTimings } from '../lifecycle/settings.ts';
import { mayAsk } from './account-evidence.ts';
import type { AccountWatch } from './account-watch.ts';
import type { Inventory } from './inventory.ts';
import type { InstancePoller } from './instance-poller.ts';
import type { ProviderHealth } from './provider-health.ts';
import type { RetainedUpkeep } from './retained-upkeep.ts';
import type { Sweep } from './sweep.ts';

export interface HousekeepingOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly timings: Pick<ProtocolTimings, 'busyPollMs' | 'sweepMs'>;
  /** In place of Math.random, for tests. */
  readonly random?: () => number;
}

/** What the tasks work on. */
export interface HousekeepingParts {
  readonly account: Pick<AccountWatch, 'state' | 'failure' | 'check'>;
  readonly poller: Pick<InstancePoller, 'poll'>;
  readonly inventory: Pick<Inventory, 'take'>;
  readonly sweep: Pick<Sweep, 'run'>;
  readonly upkeep: Pick<RetainedUpkeep, 'run'>;
  readonly health: Pick<ProviderHealth, 'report' | 'reportAccount'>;
}

/** How often the API key is looked at for a change: one small file. */
const KEY_CHECK_MS = 1_000;
const CONCURRENCY = 4;
const BACK_OFF = { baseMs: 1_000, maxMs: 30_000 };

/**
 * The tasks that all GpuPods share: whose key it is, status polls, complete lists, sweeps. They run on a work
 * queue of their own: one at a time of each kind, each in its time.
 */
export class Housekeeping {
  readonly #options: HousekeepingOptions;
  readonly #queue: WorkQueue;
  #parts: HousekeepingParts | undefined;

  constructor(options: HousekeepingOptions) {
    this.#options = options;
    const { clock, log, random = Math.random } = options;
    this.#queue = new WorkQueue({ clock, log, random, backOff: BACK_OFF });
  }

  /** Wants a complete list in `inMs`, or earlier if one was promised. */
  scheduleInventory(inMs: number): void {
    this.#queue.addAfter('inventory', inMs);
  }

  start(parts: HousekeepingParts): void {
    this.#parts = parts;
    void this.#queue.run(
      async (task) => {
        await this.#run(task, parts);
      },
      { concurrency: CONCURRENCY },
    );
    for (const task of ['account', 'poll', 'sweep']) {
      this.#queue.add(task);
    }
  }

  async stop(): Promise<void> {
    await this.#queue.stop();
  }

  /** The account became known or changed: what waited for it goes on. */
  wake(): void {
    if (this.#parts !== undefined) {
      this.#queue.add('poll');
      this.#queue.add('sweep');
    }
  }

  async #run(task: string, parts: HousekeepingParts): Promise<void> {
    try {
      const requeueAfterMs = await this.#perform(task, parts);
      if (requeueAfterMs === 'failed') {
        this.#queue.retry(task);
        return;
      }
      this.#queue.forget(task);
      if (requeueAfterMs !== undefined) {
        this.#queue.addAfter(task, requeueAfterMs);
      }
    } catch (error) {
      this.#options.log.error({ err: error, task }, 'housekeeping task failed');
      this.#queue.retry(task);
    }
  }

  /** @returns when the task wants to run again; `failed`: after its back-off. */
  async #perform(task: string, parts: HousekeepingParts): Promise<number | 'failed' | undefined> {
    const { timings } = this.#options;
    switch (task) {
      case 'account':
        return (await checkAccount(parts)) ? KEY_CHECK_MS : 'failed';
      case 'poll':
        return isTrusted(parts) ? await parts.poller.poll() : timings.busyPollMs;
      case 'sweep':
        return parts.account.state.kind === 'fits' ? await this.#sweep(parts) : timings.sweepMs;
      default:
        // After one that was unstable the census itself says when it wants the next.
        if (!isTrusted(parts)) {
          // Those who wait for a list must not wait for ever, where this key comes to be known.
          return timings.busyPollMs;
        }
        return (await this.#takeList(parts)) === 'failed' ? 'failed' : undefined;
    }
  }

  async #sweep(parts: HousekeepingParts): Promise<number | 'failed'> {
    const instances = await this.#takeList(parts);
    if (typeof instances === 'string') {
      return 'failed';
    }
    await parts.sweep.run(instances);
    await parts.upkeep.run();
    return this.#options.timings.sweepMs;
  }

  /** @returns the pods of a complete list; else those who wait for one wait on. */
  async #takeList(parts: HousekeepingParts): Promise<readonly InstanceSnapshot[] | 'failed' | 'unstable'> {
    const result = await parts.inventory.take();
    const isFailure = 'kind' in result;
    parts.health.report('complete list', isFailure ? result : undefined);
    if (!isFailure) {
      return result.instances;
    }
    // Whose wallet fails, or that the key does, is warned of once; this is each try.
    this.#options.log.debug(
      { reason: result.reason, problem: result.message },
      'failed to list all instances',
    );
    return result.isUnstable === true ? 'unstable' : 'failed';
  }
}

async function checkAccount({ account, health }: HousekeepingParts): Promise<boolean> {
  const isKnown = await account.check();
  health.reportAccount(account.failure);
  return isKnown;
}

/** Answers to a key of nobody knows whom say nothing; what those of another account say, `gather` tells apart. */
function isTrusted({ account }: HousekeepingParts): boolean {
  return mayAsk(account.state);
}
