import type { AccountRegistry } from '../../accounts/registry.ts';
import { Housekeeping } from '../../accounts/housekeeping.ts';
import { isRefusal } from '../../kubernetes/client/api-errors.ts';
import { Controller } from '../../kubernetes/controller.ts';
import type { Reconciled } from '../../kubernetes/controller.ts';
import { objectKey } from '../../kubernetes/objects.ts';
import type { Runnable } from '../../kubernetes/runnable.ts';
import { ownKey } from '../../kubernetes/cache/source.ts';
import { afterLists, assemble } from './assemble.ts';
import type { Context, Shared } from './context.ts';
import type { GpuPodOptions } from './gpu-pod-options.ts';
import type { Installation } from './installation.ts';
import { laneOf, planLanes } from './lanes.ts';
import { reconcile, reportFailure } from './reconcile.ts';
import { recordedAccount } from './recorded-account.ts';

/** The longest pause between retries of a passing failure. */
const MAX_RETRY_MS = 30_000;

/**
 * The controller of GpuPods: what it watches, how it reconciles one, and what all of them share. It runs on the
 * leader.
 */
export class GpuPodController implements Runnable {
  readonly accounts: AccountRegistry;
  readonly #shared: Shared;
  readonly #controller: Controller;
  readonly #housekeeping: Housekeeping;
  readonly #unlistedNamespaces: readonly string[];
  #isStopping = false;

  constructor(options: GpuPodOptions, installation: Installation) {
    const lanes = planLanes(options.concurrency);
    const enqueue = (key: string): void => {
      this.#controller.enqueue(key);
    };
    const { shared, accounts } = assemble(options, installation, lanes, {
      enqueue,
      enqueueAll: () => {
        this.#enqueueAll();
      },
      scheduleInventory: (account, inMs) => {
        this.#housekeeping.scheduleInventory(account, inMs);
      },
      wake: (account) => {
        this.#housekeeping.wake(account);
      },
      isStopping: () => this.#isStopping,
    });
    const { observer, random } = options;
    const runs = { clock: options.clock, log: options.log, ...(random === undefined ? {} : { random }) };
    this.#shared = shared;
    this.accounts = accounts;
    this.#unlistedNamespaces = options.unlistedNamespaces ?? [];
    this.#housekeeping = new Housekeeping(
      { ...runs, timings: options.timings, observer: observer?.controller?.('housekeeping') },
      accounts.all().map((session) => ({
        ...session,
        ...afterLists({ ...shared, session }, installation, options, enqueue),
      })),
    );
    this.#controller = new Controller({
      ...runs,
      name: 'gpupod',
      watches: [{ source: options.gpuPods, toKeys: ownKey }],
      reconcile: async (key, failures) => await this.#reconcile(key, failures),
      workers: lanes.workers,
      laneOf: (key) => laneOf(shared.view.get(key), shared.localStates.ofKey(key)),
      // A refused write stays refused until somebody changes something, and each retry adds a refused write.
      retryWithinMs: (error) => (isRefusal(error) ? undefined : MAX_RETRY_MS),
      observer: observer?.controller?.('gpupod'),
    });
  }

  /** Reconciles all existing GpuPods, and from then on each that changes. This process leads. */
  start(): void {
    const { view, localStates } = this.#shared;
    localStates.markFirstList(
      view.list().map(({ metadata }) => metadata.uid),
      this.#unlistedNamespaces,
    );
    this.#housekeeping.start();
    this.#controller.start();
  }

  /** Starts nothing new. Resolves when all running work is done, including a create request that was sent. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all([this.#controller.stop(), this.#housekeeping.stop()]);
  }

  /** The older CRD was replaced by the right one, so GpuPods that waited for it go on. */
  onCrdHealed(): void {
    this.#shared.fidelity.forget();
    this.#enqueueAll();
  }

  #enqueueAll(): void {
    for (const gpuPod of this.#shared.view.list()) {
      this.#controller.enqueue(objectKey(gpuPod));
    }
  }

  #contextOf(key: string): Context {
    const { view, localStates } = this.#shared;
    const session = this.accounts.of(recordedAccount(key, view.get(key), localStates));
    return { ...this.#shared, session };
  }

  async #reconcile(key: string, failures: number): Promise<Reconciled> {
    try {
      return await reconcile(this.#contextOf(key), key);
    } catch (error) {
      reportFailure(this.#shared, key, error, failures);
      throw error;
    }
  }
}
