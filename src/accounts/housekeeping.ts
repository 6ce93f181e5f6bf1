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

export interface HousekeepingOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly timings: Pick<ProtocolTimings, 'busyPollMs' | 'sweepMs'>;
  readonly observer?: ControllerObserver | undefined;
  /** Replaces Math.random in tests. */
  readonly random?: () => number;
}

export interface HousekeepingParts {
  readonly account: Pick<AccountWatch, 'state' | 'failure' | 'check'>;
  readonly poller: Pick<InstancePoller, 'poll'>;
  readonly inventory: Pick<Inventory, 'take'>;
  /** Compares a complete list with the cluster. */
  readonly sweep: { run(instances: readonly InstanceSnapshot[]): Promise<void> };
  /** Keeps the list of retained instances true, after each sweep. */
  readonly upkeep: { run(): Promise<void> };
  readonly health: Pick<ProviderHealth, 'report' | 'reportAccount'>;
}

/** How often the operator checks the API key for a change. It reads one small file. */
const KEY_CHECK_MS = 1_000;
const CONCURRENCY = 4;
const BACK_OFF = { baseMs: 1_000, maxMs: 30_000 };

/**
 * The tasks that all GpuPods share: the account of the key, status polls, inventories, sweeps. Each task is a key of
 * a separate loop, so that one of each kind runs at a time.
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

  /** Requests an inventory in `inMs` milliseconds, or at the scheduled time if that is earlier. */
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

  /** The account became known or changed, so the tasks that wait for it run. */
  wake(): void {
    this.#controller.enqueue('poll');
    this.#controller.enqueue('sweep');
  }

  /**
   * @returns milliseconds until the task runs again; `failed`: after its back-off; undefined: when it is requested
   */
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
        // After an unstable list the inventory itself schedules the next one.
        if (!isTrusted(parts)) {
          // GpuPods that wait for a list need a next try, in case this key becomes known.
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

  /** @returns the instances of a complete list; after a failure the waiting GpuPods keep waiting */
  async #takeList(parts: HousekeepingParts): Promise<readonly InstanceSnapshot[] | 'failed' | 'unstable'> {
    const result = await parts.inventory.take();
    const isFailure = 'kind' in result;
    parts.health.report('complete list', isFailure ? result : undefined);
    if (!isFailure) {
      return result.instances;
    }
    // The operator warns once about a failing wallet or key. This line reports each try.
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

/** Without a known account answers say nothing. `gather` discards the answers of another account. */
function isTrusted({ account }: HousekeepingParts): boolean {
  return mayAsk(account.state);
}
