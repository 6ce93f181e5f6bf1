import type { RawObject } from '../../src/kubernetes/objects.ts';
import { objectKey } from '../../src/kubernetes/objects.ts';
import { Store } from '../../src/kubernetes/store.ts';
import type { ProcessClock } from './process-clock.ts';
import type { Change, SimulatedApiServer } from './simulated-api-server.ts';
import type { VirtualTime } from './virtual-time.ts';

export interface WatchSettings {
  /** How long a change is on its way. */
  delayMs: number;
}

interface Parts {
  readonly time: VirtualTime;
  readonly clock: ProcessClock;
  readonly server: SimulatedApiServer;
  readonly settings: WatchSettings;
  readonly onKey: (key: string) => void;
}

/**
 * What one process sees of the GpuPods: the real store, fed by changes that come late, in order, and not at all while
 * the watch is down; what was missed is found by listing again, as after a compaction.
 */
export class WatchedView {
  readonly store = new Store<RawObject>();
  readonly #parts: Parts;
  readonly #stop: () => void;
  #isDown = false;
  #lastDueMs = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
    for (const object of parts.server.list('gpupods')) this.store.put(object);
    this.#stop = parts.server.onChange((change) => {
      if (change.kind === 'gpupods') this.#carry(change);
    });
  }

  /** The watch breaks, and is compacted away: everything is listed again after so long. */
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
    const events = type === 'DELETED' ? this.store.remove(object, object) : this.store.put(object);
    if (events.length > 0) this.#parts.onKey(objectKey(object));
  }

  #relist(): void {
    const objects = this.#parts.server.list('gpupods');
    const living = new Set(objects.map(objectKey));
    const changed = this.store.keys().filter((key) => !living.has(key));
    for (const key of changed) this.store.removeKey(key);
    for (const object of objects) {
      if (this.store.put(object).length > 0) changed.push(objectKey(object));
    }
    for (const key of changed) this.#parts.onKey(key);
  }
}
