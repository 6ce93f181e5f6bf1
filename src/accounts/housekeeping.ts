import type { Clock } from '../clock.ts';
import { Controller } from '../kubernetes/controller.ts';
import type { ControllerObserver, Reconciled } from '../kubernetes/controller.ts';
import type { Log } from '../kubernetes/log.ts';
import type { InstanceSnapshot } from '../lifecycle/provider.ts';
import type { ProtocolTimings } from '../lifecycle/settings.ts';
import { mayAsk } from './identity/account-evidence.ts';
import type { AccountWatch } from './identity/account-watch.ts';
import type { Inventory } from './instances/inventory.ts';
import type { InstancePoller } from './instances/instance-poller.ts';
import type { KeyUse } from './keys/key-use.ts';
import type { ProviderHealth } from './holds/provider-health.ts';

export interface HousekeepingOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly timings: Pick<ProtocolTimings, 'busyPollMs' | 'quietPollMs' | 'sweepMs'>;
  readonly observer?: ControllerObserver | undefined;
  /** Replaces Math.random in tests. */
  readonly random?: () => number;
}

/** What the tasks of one account use. */
export interface HousekeepingParts {
  /** The account's name. */
  readonly name: string;
  readonly account: Pick<AccountWatch, 'state' | 'failure' | 'check'>;
  readonly poller: Pick<InstancePoller, 'poll'>;
  readonly inventory: Pick<Inventory, 'take' | 'dueInMs'>;
  /** Compares a complete list with the cluster. */
  readonly sweep: { run(instances: readonly InstanceSnapshot[]): Promise<void> };
  /** Keeps the list of retained instances true, after each sweep. */
  readonly upkeep: { run(): Promise<void> };
  /** Removes unused SSH keys. */
  readonly keySweep: { run(): Promise<number | undefined> };
  readonly keyUse: Pick<KeyUse, 'mayHaveKeys'>;
  readonly health: Pick<ProviderHealth, 'report' | 'reportAccount'>;
  /** Whether this key lists for its user, as one of several does. @default always */
  readonly isLister?: () => boolean;
}

/** How often the operator checks the API key for a change. It reads one small file. */
const KEY_CHECK_MS = 1_000;
/** How often the operator looks for SSH keys that became unused without a trace, as by an edited spec. */
const KEY_SWEEP_MS = 3_600_000;
const TASKS = ['account', 'poll', 'sweep', 'inventory'] as const;
const BACK_OFF = { baseMs: 1_000, maxMs: 30_000 };

/**
 * The tasks that all GpuPods of an account share: the identity of its key, status polls, inventories, sweeps. Each task
 * of each account is a key of a separate loop, `<task>/<account>`, so that one of each kind runs at a time.
 */
export class Housekeeping {
  readonly #options: HousekeepingOptions;
  readonly #accounts: Map<string, HousekeepingParts>;
  #isStarted = false;
  readonly #controller: Controller;

  constructor(options: HousekeepingOptions, accounts: readonly HousekeepingParts[]) {
    this.#options = options;
    this.#accounts = new Map(accounts.map((parts) => [parts.name, parts]));
    this.#controller = new Controller({
      ...options,
      name: 'housekeeping',
      watches: [],
      reconcile: async (task) => reconciled(await this.#perform(task)),
      // No key runs twice at once, so the number of accounts is the bound. One that hangs delays no other.
      workers: { concurrency: Infinity },
      backOff: BACK_OFF,
      jitter: 0,
    });
  }

  /** Requests an inventory of the account in `inMs` milliseconds, or at the scheduled time if that is earlier. */
  scheduleInventory(account: string, inMs: number): void {
    this.#controller.enqueue(`inventory/${account}`, inMs);
  }

  start(): void {
    this.#isStarted = true;
    this.#controller.start();
    for (const account of this.#accounts.keys()) {
      this.#begin(account);
    }
  }

  /** Begins the tasks of another account. */
  add(parts: HousekeepingParts): void {
    this.#accounts.set(parts.name, parts);
    if (this.#isStarted) {
      this.#begin(parts.name);
    }
  }

  /** Its tasks end. One that runs is not awaited. */
  remove(account: string): void {
    this.#accounts.delete(account);
  }

  /** Looks for unused SSH keys of all accounts in a while, once for all that happens until then. */
  sweepSshKeys(): void {
    for (const account of this.#accounts.keys()) {
      this.#controller.enqueue(`keys/${account}`, this.#options.timings.quietPollMs);
    }
  }

  /** The key of the account was replaced, so it is checked at once. */
  checkKey(account: string): void {
    this.#controller.enqueue(`account/${account}`);
  }

  #begin(account: string): void {
    for (const task of TASKS.filter((one) => one !== 'inventory')) {
      this.#controller.enqueue(`${task}/${account}`);
    }
    // An earlier process may have left keys. They cost nothing, so everything else comes first.
    this.#controller.enqueue(`keys/${account}`, this.#options.timings.quietPollMs);
  }

  async stop(): Promise<void> {
    await this.#controller.stop();
  }

  /** The identity of the account became known or changed, so its tasks that wait for that run. */
  wake(account: string): void {
    this.#controller.enqueue(`poll/${account}`);
    this.#controller.enqueue(`sweep/${account}`);
  }

  /**
   * @returns milliseconds until the task runs again; `failed`: after its back-off; undefined: when it is requested
   */
  async #perform(key: string): Promise<number | 'failed' | undefined> {
    const { timings } = this.#options;
    const [task = ''] = key.split('/', 1);
    const parts = this.#accounts.get(key.slice(task.length + 1));
    if (parts === undefined) {
      return undefined;
    }
    switch (task) {
      case 'account':
        return (await checkAccount(parts)) ? KEY_CHECK_MS : 'failed';
      case 'poll':
        return isTrusted(parts) ? await parts.poller.poll() : timings.busyPollMs;
      case 'sweep':
        return isSwept(parts) ? await this.#sweep(parts) : timings.sweepMs;
      case 'keys':
        return await sweepKeys(parts, timings.sweepMs);
      default:
        // After an unstable list the inventory itself schedules the next one.
        if (!isTrusted(parts)) {
          // GpuPods that wait for a list need a next try, in case this key becomes known.
          return timings.busyPollMs;
        }
        return await this.#takeAwaitedList(parts);
    }
  }

  async #takeAwaitedList(parts: HousekeepingParts): Promise<number | 'failed' | undefined> {
    const dueInMs = parts.inventory.dueInMs();
    if (dueInMs === undefined || dueInMs > 0) {
      return dueInMs;
    }
    return (await this.#takeList(parts)) === 'failed' ? 'failed' : undefined;
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

/** Where no key was ever registered, nothing is sent. */
async function sweepKeys({ account, keySweep, keyUse }: HousekeepingParts, retryMs: number): Promise<number> {
  if (!keyUse.mayHaveKeys) {
    return KEY_SWEEP_MS;
  }
  const nextMs = account.state.kind === 'fits' ? await keySweep.run() : retryMs;
  return Math.min(nextMs ?? KEY_SWEEP_MS, KEY_SWEEP_MS);
}

async function checkAccount({ account, health }: HousekeepingParts): Promise<boolean> {
  const isKnown = await account.check();
  health.reportAccount(account.failure);
  return isKnown;
}

function isSwept({ account, isLister }: HousekeepingParts): boolean {
  return account.state.kind === 'fits' && (isLister?.() ?? true);
}

/** Without a known account answers say nothing. `gather` discards the answers of another account. */
function isTrusted({ account }: HousekeepingParts): boolean {
  return mayAsk(account.state);
}
