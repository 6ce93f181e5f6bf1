import { API_VERSION, KIND } from '../api/names.ts';
import type { GpuPod } from '../api/gpu-pod.ts';
import type { GpuPodStatus } from '../api/status.ts';
import type { Log } from '../kubernetes/log.ts';
import { protectiveFields } from '../lifecycle/status/dropped.ts';
import type { DroppedFields } from '../lifecycle/status/dropped.ts';
import type { Events } from './ports.ts';

/** Which fields the installed CRD drops that protect money, as the last writes showed. */
export class StatusFidelity {
  readonly #dropped = new Set<string>();
  readonly #log: Log;
  readonly #events: Events;

  constructor(log: Log, events: Events) {
    this.#log = log;
    this.#events = events;
  }

  /** In the order of the alphabet; empty while all that is written comes back. */
  get dropped(): readonly string[] {
    return [...this.#dropped].toSorted();
  }

  /** Takes in what became of one write. What comes back again is not dropped any more. */
  note({ metadata }: GpuPod, sent: GpuPodStatus, dropped: DroppedFields): void {
    const lost = protectiveFields(dropped);
    const isNews = lost.some((field) => !this.#dropped.has(field));
    for (const field of Object.keys(sent)) {
      this.#dropped.delete(field);
    }
    for (const field of lost) {
      this.#dropped.add(field);
    }
    if (!isNews) {
      return;
    }
    const { namespace, name, uid } = metadata;
    this.#log.error(
      { namespace, name, fields: this.dropped },
      'the CRD drops fields of the status; nothing new is rented until you apply the CRD of this version',
    );
    this.#events.record(
      { apiVersion: API_VERSION, kind: KIND, namespace, name, uid },
      {
        type: 'Warning',
        reason: 'CrdOutdated',
        message: `The installed CRD drops ${this.dropped.map((field) => `status.${field}`).join(', ')}. The operator rents nothing new. Apply the CRD of this version.`,
      },
    );
  }
}
