import { errorFields } from './error-fields.ts';
import type { Log } from './log.ts';
import { type KubernetesObject, objectKey } from './objects.ts';
import type { StoreEvent } from './store.ts';

/** Someone who wants to know what happens to objects. Must be quick; what it throws is logged and disturbs nobody else. */
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

  /** Adds a handler and returns how to remove it. */
  subscribe(handler: StoreHandler<T>): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  /** Tells every handler of every event, in order. Never throws. */
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
