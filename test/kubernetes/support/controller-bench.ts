import { Controller } from '../../../src/kubernetes/controller.ts';
import type { ControllerOptions, Reconciled } from '../../../src/kubernetes/controller.ts';
import { recordAt, stringAt } from '../../../src/json.ts';
import type { WatchedObject } from '../../../src/kubernetes/cache/source.ts';
import { RecordingLog } from './recording-log.ts';
import { Things } from './things.ts';
import { VirtualClock } from './virtual-clock.ts';

export const DONE: Reconciled = { kind: 'done' };

/** The key of the object itself. */
export function ownKey({ meta }: WatchedObject): readonly string[] {
  return [`${meta.namespace ?? ''}/${meta.name}`];
}

/** The key of the object that the watched object names. */
export function ownerKey({ stored }: WatchedObject): readonly string[] {
  const owner = stringAt(recordAt(stored, 'spec'), 'owner');
  return owner === undefined ? [] : [`default/${owner}`];
}

/** Two kinds of objects, and controllers that record what they reconcile. */
export class ControllerBench {
  readonly clock = new VirtualClock();
  readonly log = new RecordingLog();
  readonly boxes = new Things('boxes');
  readonly owners = new Things('owners');
  readonly reconciled: string[] = [];
  readonly #controllers: Controller[] = [];

  /** A controller of boxes. */
  controller(options: Partial<ControllerOptions> = {}): Controller {
    const controller = new Controller({
      name: 'box',
      clock: this.clock,
      log: this.log,
      watches: [{ source: this.boxes.source, toKeys: ownKey }],
      workers: { concurrency: 4 },
      random: () => 1,
      ...this.returning(),
      ...options,
    });
    this.#controllers.push(controller);
    return controller;
  }

  /** A reconcile that returns or throws these outcomes in turn, and then always returns `DONE`. */
  returning(...outcomes: (Reconciled | Error)[]): Pick<ControllerOptions, 'reconcile'> {
    return {
      reconcile: async (key) => {
        this.reconciled.push(key);
        const outcome = outcomes.shift() ?? DONE;
        return await (outcome instanceof Error ? Promise.reject(outcome) : Promise.resolve(outcome));
      },
    };
  }

  /** Stops all controllers, and fails if a timer is left. */
  async close(): Promise<void> {
    for (const controller of this.#controllers) {
      await controller.stop();
    }
    if (this.clock.sleepers > 0) {
      throw new Error(`${String(this.clock.sleepers)} timers were left behind`);
    }
  }
}
