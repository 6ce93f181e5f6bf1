import { errorFields } from '../error-fields.ts';
import type { Log } from '../log.ts';
import { objectKey } from '../objects.ts';
import type { KubernetesObject } from '../objects.ts';
import type { StoreEvent } from './store.ts';

/** A handler of object changes. It must be quick. Its errors are logged and affect no other handler. */
export interface StoreHandler<T> {
  onEvent(event: StoreEvent<T>): void;
}

/** The handlers of one store. */
export class StoreHandlers<T extends KubernetesObject> {
  readonly #handlers = new Set<StoreHandler<T>>();
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  /**
   * Adds a handler.
   *
   * @returns a function that removes it
   */
  subscribe(handler: StoreHandler<T>): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  /** Calls every handler for every event, in order. Never throws. */
  emit(events: readonly StoreEvent<T>[]): void {
    for (const event of events) {
      for (const handler of this.#handlers) this.#notify(handler, event);
    }
  }

  #notify(handler: StoreHandler<T>, event: StoreEvent<T>): void {
    try {
      handler.onEvent(event);
    } catch (error) {
      this.#log.error({ key: objectKey(event.object), ...errorFields(error) }, 'event handler threw');
    }
  }
}
