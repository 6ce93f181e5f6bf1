import type { ResourceEvent } from '@dot-i/k8s-operator';
import { errorFields } from './error-fields.ts';
import type { Log } from './log.ts';
import type { KubernetesObject } from './objects.ts';
import type { StoreView } from './store.ts';

/** What happened to an object, in the words of the frame, and what the object was before. */
export interface WatchedEvent extends ResourceEvent {
  /** Only where it was changed. */
  readonly previous?: ResourceEvent['object'] | undefined;
}

export type EventHandler = (event: WatchedEvent) => void;

/** Objects of one resource, for whoever wants to hear of them. */
export interface Source {
  /**
   * Tells the handler of each object that is there, as one that was added, and from then on of every event. Returns how
   * to end that.
   */
  subscribe(handler: EventHandler): () => void;
}

/** The key of the object itself. */
export function ownKey({ meta: { namespace, name } }: WatchedEvent): readonly string[] {
  return [namespace === undefined ? name : `${namespace}/${name}`];
}

export interface SharedSourceOptions {
  readonly log: Log;
  readonly store: StoreView<KubernetesObject>;
  /** The event that tells of an object that is there. */
  readonly toAdded: (object: KubernetesObject) => WatchedEvent;
}

/** One resource for any number of controllers: each event reaches all of them, and what one throws disturbs no other. */
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
      this.#tell(handler, toAdded(object));
    }
    return () => {
      this.#handlers.delete(handler);
    };
  }

  /** Hands an event to everybody, in the order in which they came. Never throws. */
  emit(event: WatchedEvent): void {
    for (const handler of this.#handlers) {
      this.#tell(handler, event);
    }
  }

  #tell(handler: EventHandler, event: WatchedEvent): void {
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
