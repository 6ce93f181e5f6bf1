import type { ResourceEvent } from '@dot-i/k8s-operator';
import { errorFields } from '../error-fields.ts';
import type { Log } from '../log.ts';
import type { KubernetesObject } from '../objects.ts';
import type { StoreView } from './store.ts';

/** A change of an object in the form of the frame, with the object as the store has it. */
export interface WatchedEvent extends ResourceEvent {
  /** The same for all readers, so that what one computes from it serves the others. */
  readonly stored: KubernetesObject;
  /** The version before this one. Present only if the object was changed. */
  readonly previous?: KubernetesObject | undefined;
}

/** One version of an object. */
export type WatchedObject = Pick<WatchedEvent, 'meta' | 'stored'>;

export type EventHandler = (event: WatchedEvent) => void;

/** Objects of one resource, with events for any subscriber. */
export interface Source {
  /**
   * Calls the handler for each existing object, as an added one, and from then on for every event.
   *
   * @returns a function that ends that
   */
  subscribe(handler: EventHandler): () => void;
}

/** The key of the object itself. */
export function ownKey({ meta: { namespace, name } }: WatchedObject): readonly string[] {
  return [namespace === undefined ? name : `${namespace}/${name}`];
}

export interface SharedSourceOptions {
  readonly log: Log;
  readonly store: StoreView<KubernetesObject>;
  /** Makes the event for an existing object. */
  readonly toAdded: (object: KubernetesObject) => WatchedEvent;
}

/**
 * One resource for any number of controllers. Each event reaches all of them, and an error of one affects no other.
 */
export class SharedSource implements Source {
  readonly #options: SharedSourceOptions;
  readonly #handlers = new Set<EventHandler>();

  constructor(options: SharedSourceOptions) {
    this.#options = options;
  }

  /** The local copy of the objects. Complete once the manager has synced. */
  get store(): StoreView<KubernetesObject> {
    return this.#options.store;
  }

  subscribe(handler: EventHandler): () => void {
    const { store, toAdded } = this.#options;
    this.#handlers.add(handler);
    for (const object of store.list()) {
      this.#emit(handler, toAdded(object));
    }
    return () => {
      this.#handlers.delete(handler);
    };
  }

  /** Passes an event to all subscribers, oldest first. Never throws. */
  emit(event: WatchedEvent): void {
    for (const handler of this.#handlers) {
      this.#emit(handler, event);
    }
  }

  #emit(handler: EventHandler, event: WatchedEvent): void {
    try {
      handler(event);
    } catch (error) {
      const { id, namespace, name } = event.meta;
      this.#options.log.error(
        { resource: id, namespace, name, ...errorFields(error) },
        'resource event handler failed',
      );
    }
  }
}
