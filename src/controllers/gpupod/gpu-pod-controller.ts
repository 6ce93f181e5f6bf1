import { isRefusal } from '../../kubernetes/api-errors.ts';
import { Controller } from '../../kubernetes/controller.ts';
import type { Reconciled } from '../../kubernetes/controller.ts';
import { objectKey } from '../../kubernetes/objects.ts';
import type { Runnable } from '../../kubernetes/runnable.ts';
import { ownKey } from '../../kubernetes/source.ts';
import { assemble } from './assemble.ts';
import type { Context } from './context.ts';
import type { GpuPodOptions } from './gpu-pod-options.ts';
import { Housekeeping } from '../../accounts/housekeeping.ts';
import type { Installation } from './installation.ts';
import { laneOf, planLanes } from './lanes.ts';
import { reconcile, reportFailure } from './reconcile.ts';

/** The longest pause between retries of a passing failure. */
const MAX_RETRY_MS = 30_000;

/**
 * The controller of GpuPods: what it watches, how it reconciles one, and what all of them share. It runs on the
 * leader.
 */
export class GpuPodController implements Runnable {
  readonly context: Context;
  readonly #controller: Controller;
  readonly #housekeeping: Housekeeping;
  readonly #unlistedNamespaces: readonly string[];
  #isStopping = false;

  constructor(options: GpuPodOptions, installation: Installation) {
    const lanes = planLanes(options.concurrency);
    const { context, parts } = assemble(options, installation, lanes, {
      enqueue: (key) => {
        this.#controller.enqueue(key);
      },
      enqueueAll: () => {
        this.#enqueueAll();
      },
      scheduleInventory: (inMs) => {
        this.#housekeeping.scheduleInventory(inMs);
      },
      wake: () => {
        this.#housekeeping.wake();
      },
      isStopping: () => this.#isStopping,
    });
    const { observer, random } = options;
    const shared = { clock: options.clock, log: options.log, ...(random === undefined ? {} : { random }) };
    this.context = context;
    this.#unlistedNamespaces = options.unlistedNamespaces ?? [];
    this.#housekeeping = new Housekeeping(
      { ...shared, timings: options.timings, observer: observer?.controller?.('housekeeping') },
      parts,
    );
    this.#controller = new Controller({
      ...shared,
      name: 'gpupod',
      watches: [{ source: options.gpuPods, toKeys: ownKey }],
      reconcile: async (key, failures) => await this.#reconcile(key, failures),
      workers: lanes.workers,
      laneOf: (key) => laneOf(context.view.get(key), context.localStates.ofKey(key)),
      // A refused write stays refused until somebody changes something, and each retry adds a refused write.
      retryWithinMs: (error) => (isRefusal(error) ? undefined : MAX_RETRY_MS),
      observer: observer?.controller?.('gpupod'),
    });
  }

  /** Reconciles all existing GpuPods, and from then on each that changes. This process leads. */
  start(): void {
    const { view, localStates } = this.context;
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
    this.context.fidelity.forget();
    this.#enqueueAll();
  }

  #enqueueAll(): void {
    for (const gpuPod of this.context.view.list()) {
      this.#controller.enqueue(objectKey(gpuPod));
    }
  }

  async #reconcile(key: string, failures: number): Promise<Reconciled> {
    try {
      return await reconcile(this.context, key);
    } catch (error) {
      reportFailure(this.context, key, error, failures);
      throw error;
    }
  }
}
