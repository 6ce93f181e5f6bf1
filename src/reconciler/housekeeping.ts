import type { Clock } from '../clock.ts';
import { Controller } from '../kubernetes/controller.ts';
import type { ControllerObserver, Reconciled } from '../kubernetes/controller.ts';
import type { Log } from '../kubernetes/log.ts';
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
  readonly observer?: ControllerObserver | undefined;
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
 * The tasks that all GpuPods share: whose key it is, status polls, complete lists, sweeps. Each is a key of a loop of
 * their own: one at a time of each kind, each in its time.
 */
export class Housekeeping {
  readonly #options: HousekeepingOptions;
  readonly #controller: Controller;

  constructor(options: HousekeepingOptions, parts: HousekeepingParts) {
    this.#options = options;
    this.#controller = new Controller({
      ...options,
      name: 'housekeeping',
      watches: [],
      reconcile: async (task) => reconciled(await this.#perform(task, parts)),
      workers: { concurrency: CONCURRENCY },
      backOff: BACK_OFF,
      jitter: 0,
    });
  }

  /** Wants a complete list in `inMs`, or earlier if one was promised. */
  scheduleInventory(inMs: number): void {
    this.#controller.enqueue('inventory', inMs);
  }

  start(): void {
    this.#controller.start();
    for (const task of ['account', 'poll', 'sweep']) {
      this.#controller.enqueue(task);
    }
  }

  async stop(): Promise<void> {
    await this.#controller.stop();
  }

  /** The account became known or changed: what waited for it goes on. */
  wake(): void {
    this.#controller.enqueue('poll');
    this.#controller.enqueue('sweep');
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

function reconciled(requeueAfterMs: number | 'failed' | undefined): Reconciled {
  return requeueAfterMs === 'failed' ? { kind: 'retry' } : { kind: 'done', requeueAfterMs };
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
