import { systemClock } from '../../../src/clock.ts';
import { toWatchedEvent } from '../../../src/kubernetes/frame.ts';
import type { RawObject } from '../../../src/kubernetes/objects.ts';
import { SharedSource } from '../../../src/kubernetes/cache/source.ts';
import { Store } from '../../../src/kubernetes/cache/store.ts';
import type { StoreEvent } from '../../../src/kubernetes/cache/store.ts';
import { RecordingLog } from './recording-log.ts';

/** A kind of objects that a test creates, changes and deletes, and the source that reports them. */
export class Things {
  readonly log = new RecordingLog();
  readonly source: SharedSource;
  readonly #store = new Store<RawObject>(systemClock);
  readonly #type: { readonly group: string; readonly version: string; readonly plural: string };
  #version = 0;

  constructor(plural: string) {
    this.#type = { group: 'example.dev', version: 'v1', plural };
    this.source = new SharedSource({
      log: this.log,
      store: this.#store,
      toAdded: (object) => toWatchedEvent({ type: 'ADDED', object }, this.#type),
    });
  }

  /** Creates or changes the object. */
  put(name: string, spec: Readonly<Record<string, unknown>> = {}): void {
    this.#emit(this.#store.put(this.#object(name, spec)));
  }

  remove(name: string): void {
    this.#emit(this.#store.removeKey(`default/${name}`));
  }

  #object(name: string, spec: Readonly<Record<string, unknown>>): RawObject {
    this.#version += 1;
    const metadata = { namespace: 'default', name, uid: name, resourceVersion: String(this.#version) };
    return { metadata, spec };
  }

  #emit(events: readonly StoreEvent<RawObject>[]): void {
    for (const event of events) {
      this.source.emit(toWatchedEvent(event, this.#type));
    }
  }
}
