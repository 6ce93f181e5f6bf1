import { parseGpuPod } from '../api/gpu-pod.ts';
import type { GpuPod } from '../api/gpu-pod.ts';
import { unresolvedIntent } from '../lifecycle/intent.ts';
import { priceToMicros } from '../offers/money.ts';
import type { MicroUsd } from '../offers/money.ts';
import type { GpuPodView } from './ports.ts';

/** What all rented pods and open orders together cost an hour, for `--max-total-price-per-hour`. */
export class Commitments {
  readonly #view: GpuPodView;
  /** Orders of this process that may not stand on their objects yet. */
  readonly #reserved = new Map<string, MicroUsd>();

  constructor(view: GpuPodView) {
    this.#view = view;
  }

  /** Micro-dollars an hour of all objects but this one. */
  elsewhere(uid: string): MicroUsd {
    let total = 0;
    const seen = new Set<string>([uid]);
    for (const raw of this.#view.list()) {
      const parsed = parseGpuPod(raw);
      if (parsed.kind === 'ok' && !seen.has(parsed.gpuPod.metadata.uid)) {
        const { gpuPod } = parsed;
        seen.add(gpuPod.metadata.uid);
        total += Math.max(committed(gpuPod), this.#reserved.get(gpuPod.metadata.uid) ?? 0);
      }
    }
    return total;
  }

  /** Sets the price aside if it fits under the limit; nothing happens between the check and the note. */
  reserve(uid: string, price: MicroUsd, limit: MicroUsd | undefined): boolean {
    if (limit !== undefined && this.elsewhere(uid) + price > limit) {
      return false;
    }
    this.#reserved.set(uid, price);
    return true;
  }

  /** The order is on the object by now, or came to nothing. */
  release(uid: string): void {
    this.#reserved.delete(uid);
  }
}

function committed(gpuPod: GpuPod): MicroUsd {
  const { cost, podId } = gpuPod.status;
  if (podId !== undefined) {
    return priceToMicros(Math.max(cost?.pricePerHour ?? 0, cost?.billedPerHour ?? 0));
  }
  return unresolvedIntent(gpuPod)?.cost.total ?? 0;
}
