import { parseGpuPod } from '../api/gpu-pod.ts';
import type { GpuPod } from '../api/gpu-pod.ts';
import type { IntentReading } from '../lifecycle/intent.ts';
import { isNamedForItsUid } from '../lifecycle/order.ts';
import { isUnforgeable, objectHash, objectHashes, parsePodName, sameName } from '../lifecycle/pod-name.ts';
import type { KubernetesObject } from '../kubernetes/objects.ts';
import type { GpuPodApi } from './ports.ts';
import type { RetainedPods } from './retained-pods.ts';

/** A pod that was ordered for another uid. */
interface Claimable {
  readonly podName: string;
  /** Hash of the object that it was ordered for. */
  readonly objectHash: string;
}

/**
 * Which object may take over the order of a uid that does not live any more. Backup tools restore
 * annotations and not status, and give a new uid: the order on such an object may be the only trace of a
 * pod that bills. Of several copies one gets it; claims are made one at a time.
 */
export class Claims {
  readonly #api: Pick<GpuPodApi, 'list'>;
  readonly #retained: Pick<RetainedPods, 'hasNamed'>;
  readonly #claimantByPodName = new Map<string, string>();
  #lastClaim: Promise<unknown> = Promise.resolve();

  constructor(api: Pick<GpuPodApi, 'list'>, retained: Pick<RetainedPods, 'hasNamed'>) {
    this.#api = api;
    this.#retained = retained;
  }

  /** Whether this object may act on the order or the pod that stands on it although it was another uid's. */
  async mayClaim(gpuPod: GpuPod, reading: IntentReading, installation: string): Promise<boolean> {
    const wanted = claimable(gpuPod, reading, installation);
    if (wanted === undefined) {
      return false;
    }
    const claim = this.#lastClaim.then(async () => await this.#claim(gpuPod, wanted));
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

  async #claim(gpuPod: GpuPod, wanted: Claimable): Promise<boolean> {
    const { uid, namespace } = gpuPod.metadata;
    const { podName } = wanted;
    const claimant = this.#claimantByPodName.get(podName);
    if (claimant !== undefined) {
      return claimant === uid;
    }
    // Its order was written in this namespace, so nobody elsewhere can own it.
    const others = (await this.#api.list({ namespace })).filter((object) => object.metadata.uid !== uid);
    if (others.some((object) => isOwner(object, wanted))) {
      return false;
    }
    // What was left running on purpose is nobody's any more: a copy, suspended or deleted, would end it.
    if (!sameName(gpuPod.status.podName, podName) && (await this.#retained.hasNamed(podName))) {
      return false;
    }
    this.#claimantByPodName.set(podName, uid);
    return true;
  }
}

/**
 * By its intent; or, where somebody took that off after the pod was taken over (`kubectl replace`), by its status:
 * such a pod must still be ended by the object that has it.
 */
function claimable(gpuPod: GpuPod, reading: IntentReading, installation: string): Claimable | undefined {
  const { namespace, uid } = gpuPod.metadata;
  if (reading.kind === 'read') {
    const { intent } = reading;
    const isOthers = intent.uid !== uid && intent.installation === installation;
    return isOthers && isNamedForItsUid(intent, namespace)
      ? { podName: intent.name, objectHash: objectHash({ namespace, uid: intent.uid }) }
      : undefined;
  }
  const { podName = '' } = gpuPod.status;
  const parts = parsePodName(podName);
  const isOthers =
    parts?.installation === installation &&
    isUnforgeable(parts) &&
    parts.objectHash !== objectHash({ namespace, uid });
  return isOthers ? { podName, objectHash: parts.objectHash } : undefined;
}

/** The object that the order was written for, or one that has the pod already. */
function isOwner(object: KubernetesObject, wanted: Claimable): boolean {
  const { namespace = '', uid } = object.metadata;
  const parsed = parseGpuPod(object);
  const podName = parsed.kind === 'ok' ? parsed.gpuPod.status.podName : undefined;
  return objectHashes({ namespace, uid }).includes(wanted.objectHash) || sameName(podName, wanted.podName);
}
