import type { GpuPod } from '../../api/gpupod/gpu-pod.ts';
import type { GpuPodStatus } from '../../api/gpupod/status.ts';
import type { Log } from '../../kubernetes/log.ts';
import { protectiveFields } from '../../lifecycle/status/dropped.ts';
import type { DroppedFields } from '../../lifecycle/status/dropped.ts';
import type { Events } from './ports.ts';
import { eventReference } from './event-reference.ts';

/** Which money-protecting fields the installed CRD drops, according to the last writes. */
export class StatusFidelity {
  readonly #dropped = new Set<string>();
  readonly #log: Log;
  readonly #events: Events;
  readonly #served: () => string | undefined;

  /** @param served says what is wrong with the CRD in the cluster, if the operator may read it */
  constructor(log: Log, events: Events, served: () => string | undefined = () => undefined) {
    this.#log = log;
    this.#events = events;
    this.#served = served;
  }

  /** Why the operator may rent nothing new, and what to do; undefined while every written field comes back. */
  get problem(): string | undefined {
    const served = this.#served();
    if (served !== undefined) {
      return `${served} The operator rents nothing new. Apply the CRD of this version.`;
    }
    return this.#dropped.size === 0
      ? undefined
      : `The installed CRD drops ${this.#names()}. The operator rents nothing new. Apply the CRD of this version and restart the operator.`;
  }

  /** The CRD is right now, so what it dropped before no longer counts. */
  forget(): void {
    this.#dropped.clear();
  }

  /** Takes the result of one write. A field that comes back is no longer dropped. */
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
    const { namespace, name } = metadata;
    this.#log.error(
      { namespace, name, fields: [...this.#dropped].toSorted() },
      'the CRD drops fields of the status; nothing new is rented until you apply the CRD of this version',
    );
    this.#events.record(eventReference(metadata), {
      type: 'Warning',
      reason: 'CrdOutdated',
      message: `The installed CRD drops ${this.#names()}. The operator rents nothing new. Apply the CRD of this version.`,
    });
  }

  #names(): string {
    return [...this.#dropped]
      .toSorted()
      .map((field) => `status.${field}`)
      .join(', ');
  }
}
