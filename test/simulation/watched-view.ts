import type { KubernetesObject, RawObject } from '../../src/kubernetes/objects.ts';
import { objectKey } from '../../src/kubernetes/objects.ts';
import { GROUP, PLURAL, VERSION } from '../../src/api/common/names.ts';
import { keptGpuPod } from '../../src/api/gpupod/gpu-pod.ts';
import { toWatchedEvent } from '../../src/kubernetes/frame.ts';
import { SharedSource } from '../../src/kubernetes/cache/source.ts';
import { Store } from '../../src/kubernetes/cache/store.ts';
import type { StoreEvent } from '../../src/kubernetes/cache/store.ts';
import type { Log } from '../../src/kubernetes/log.ts';
import type { ResourceType } from '../../src/kubernetes/client/resource-client.ts';
import { decodeNamespace, decodeOwn } from '../../src/composition/decode.ts';
import type { ProcessClock } from './process-clock.ts';
import type { Change, Kind, SimulatedApiServer } from './simulated-api-server.ts';
import type { VirtualTime } from './virtual-time.ts';

export interface WatchSettings {
  /** The delay of each change. */
  delayMs: number;
}

interface Parts {
  readonly time: VirtualTime;
  readonly clock: ProcessClock;
  readonly server: SimulatedApiServer;
  readonly settings: WatchSettings;
  readonly log: Log;
  /** @default GpuPods */
  readonly resource?: WatchedKind;
  /** None: all. */
  readonly namespaces?: readonly string[];
}

/** A kind that a process watches. */
export interface WatchedKind extends ResourceType {
  readonly plural: Kind;
}

const GPU_PODS: WatchedKind = { group: GROUP, version: VERSION, plural: PLURAL };

/** An object as the operator decodes it from an answer. Decoding changes metadata in place, so that of the server is copied. */
export function received(kind: Kind, object: RawObject): RawObject {
  const { annotations } = object.metadata;
  const metadata = {
    ...object.metadata,
    ...(annotations === undefined ? {} : { annotations: { ...annotations } }),
  };
  return (kind === 'namespaces' ? decodeNamespace : decodeOwn)({ ...object, metadata });
}

/**
 * What one process sees of one kind: the real store, fed by changes that come late, in sequence, and not
 * at all while the watch is down. A new list finds the missed changes, as after a compaction.
 */
export class WatchedView {
  readonly store: Store<KubernetesObject>;
  readonly source: SharedSource;
  readonly #parts: Parts;
  readonly #stop: () => void;
  readonly #resource: WatchedKind;
  #isDown = false;
  #lastDueMs = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#resource = parts.resource ?? GPU_PODS;
    this.store = new Store(parts.clock, this.#resource.plural === PLURAL ? keptGpuPod : undefined);
    const { plural } = this.#resource;
    this.source = new SharedSource({
      log: parts.log,
      store: this.store,
      toAdded: (object) => toWatchedEvent({ type: 'ADDED', object }, this.#resource),
    });
    for (const object of this.#listed()) this.store.put(received(plural, object));
    this.#stop = parts.server.onChange((change) => {
      if (change.kind === plural && this.#isWatched(change.object)) this.#carry(change);
    });
  }

  /** The watch breaks and its history is compacted, so everything is listed again after this time. */
  breakFor(ms: number): void {
    this.#isDown = true;
    this.#parts.time.schedule(ms, () => {
      this.#parts.clock.whenRunning(() => {
        this.#isDown = false;
        this.#relist();
      });
    });
  }

  close(): void {
    this.#stop();
  }

  #isWatched({ metadata: { namespace = '' } }: RawObject): boolean {
    const { namespaces = [] } = this.#parts;
    return namespaces.length === 0 || namespaces.includes(namespace);
  }

  #listed(): readonly RawObject[] {
    return this.#parts.server.list(this.#resource.plural).filter((object) => this.#isWatched(object));
  }

  #carry(change: Change): void {
    if (this.#isDown) return;
    const { time, clock, settings } = this.#parts;
    this.#lastDueMs = Math.max(this.#lastDueMs, time.nowMs + settings.delayMs);
    time.schedule(this.#lastDueMs - time.nowMs, () => {
      clock.whenRunning(() => {
        if (!this.#isDown) this.#take(change);
      });
    });
  }

  #take({ type, object }: Change): void {
    this.#tell(
      type === 'DELETED'
        ? this.store.remove(object, object)
        : this.store.put(received(this.#resource.plural, object)),
    );
  }

  #tell(events: readonly StoreEvent<KubernetesObject>[]): void {
    for (const event of events) this.source.emit(toWatchedEvent(event, this.#resource));
  }

  #relist(): void {
    const objects = this.#listed();
    const living = new Set(objects.map(objectKey));
    const gone = this.store.keys().filter((key) => !living.has(key));
    this.#tell([
      ...gone.flatMap((key) => this.store.removeKey(key)),
      ...objects.flatMap((object) => this.store.put(received(this.#resource.plural, object))),
    ]);
  }
}
