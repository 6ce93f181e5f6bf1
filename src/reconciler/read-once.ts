import { parseGpuPod } from '../api/gpu-pod.ts';
import type { GpuPod } from '../api/gpu-pod.ts';
import type { KubernetesObject } from '../kubernetes/objects.ts';

/** Parses each version of a GpuPod once. There may be thousands, and each create request reads all of them. */
export class ReadOnce {
  readonly #known = new WeakMap<KubernetesObject, GpuPod | 'unreadable'>();

  /** @returns undefined if the GpuPod does not fit this version of the operator */
  read(raw: KubernetesObject): GpuPod | undefined {
    const gpuPod = this.#known.get(raw) ?? this.#readAnew(raw);
    return gpuPod === 'unreadable' ? undefined : gpuPod;
  }

  #readAnew(raw: KubernetesObject): GpuPod | 'unreadable' {
    const parsed = parseGpuPod(raw);
    const gpuPod = parsed.kind === 'ok' ? parsed.gpuPod : 'unreadable';
    this.#known.set(raw, gpuPod);
    return gpuPod;
  }
}
