import { parseGpuPod } from '../api/gpu-pod.ts';
import type { GpuPod } from '../api/gpu-pod.ts';
import type { IntentReading } from '../lifecycle/intent.ts';
import { isNamedForItsUid } from '../lifecycle/order.ts';
import { sameName } from '../lifecycle/pod-name.ts';
import type { KubernetesObject } from '../kubernetes/objects.ts';
import type { GpuPodApi } from './ports.ts';

/**
 * Which object may take over the order of a uid that does not live any more. Backup tools restore
 * annotations and not status, and give a new uid: the order on such an object may be the only trace of a
 * pod that bills. Of several copies one gets it; claims are made one at a time.
 */
export class Claims {
  readonly #api: Pick<GpuPodApi, 'list'>;
  readonly #claimantByPodName = new Map<string, string>();
  #lastClaim: Promise<unknown> = Promise.resolve();

  constructor(api: Pick<GpuPodApi, 'list'>) {
    this.#api = api;
  }

  /** Whether this object may act on the intent that stands on it although it was written for another uid. */
  async mayClaim(gpuPod: GpuPod, reading: IntentReading, installation: string): Promise<boolean> {
    if (reading.kind !== 'read' || reading.intent.uid === gpuPod.metadata.uid) {
      return false;
    }
    const { intent } = reading;
    if (intent.installation !== installation || !isNamedForItsUid(intent, gpuPod.metadata.namespace)) {
      return false;
    }
    const claim = this.#lastClaim.then(async () => await this.#claim(gpuPod, intent));
    this.#lastClaim = claim.catch(() => undefined);
    return await claim;
  }

  /** The object is gone: what it claimed is free. */
  release(uid: string): void {
    for (const [podName, claimant] of this.#claimantByPodName) {
      if (claimant === uid) {
        this.#claimantByPodName.delete(podName);
      }
    }
  }

  async #claim(gpuPod: GpuPod, intent: { readonly name: string; readonly uid: string }): Promise<boolean> {
    const { uid } = gpuPod.metadata;
    const claimant = this.#claimantByPodName.get(intent.name);
    if (claimant !== undefined) {
      return claimant === uid;
    }
    const others = (await this.#api.list()).filter((object) => object.metadata.uid !== uid);
    if (others.some((object) => isOwner(object, intent))) {
      return false;
    }
    this.#claimantByPodName.set(intent.name, uid);
    return true;
  }
}

/** The object that the order was written for, or one that has the pod already. */
function isOwner(object: KubernetesObject, intent: { readonly name: string; readonly uid: string }): boolean {
  const parsed = parseGpuPod(object);
  const podName = parsed.kind === 'ok' ? parsed.gpuPod.status.podName : undefined;
  return object.metadata.uid === intent.uid || sameName(podName, intent.name);
}
