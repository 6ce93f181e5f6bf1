import { oncePerObject } from '../api/once-per-object.ts';
import { parseGpuPod } from '../api/gpu-pod.ts';
import type { GpuPod } from '../api/gpu-pod.ts';
import { isForbidden } from '../kubernetes/api-errors.ts';
import { objectKey } from '../kubernetes/objects.ts';
import type { KubernetesObject } from '../kubernetes/objects.ts';
import { proveId } from '../lifecycle/id-proof.ts';
import type { IntentReading } from '../lifecycle/intent.ts';
import { isNamedForItsUid } from '../lifecycle/open-intent.ts';
import {
  namePrefixOf,
  isUnforgeable,
  objectHash,
  objectHashes,
  parsePodName,
} from '../lifecycle/pod-name.ts';
import type { PodNameParts } from '../lifecycle/pod-name.ts';
import type { GpuPodApi, GpuPodView } from './ports.ts';
import type { RetainedInstances } from './retained-instances.ts';

export interface AdoptionsOptions {
  readonly api: Pick<GpuPodApi, 'list'>;
  readonly view: Pick<GpuPodView, 'get' | 'list'>;
  readonly retained: Pick<RetainedInstances, 'hasOfPrefix'>;
  /** Ids of instances are signed with it; undefined: their names alone tell. */
  readonly proofKey: string | undefined;
}

/**
 * Which object may adopt the instances of a uid that does not live any more. Backup tools restore annotations and not
 * status, and give a new uid: the create intent on such an object may be the only trace of an instance that bills. Of
 * several copies one gets it; claims are made one at a time, and for all attempts of that uid together.
 */
export class Adoptions {
  readonly #options: AdoptionsOptions;
  readonly #adopterByPrefix = new Map<string, string>();
  /** What was left running on purpose stays so. */
  readonly #retainedPrefixes = new Set<string>();
  /** Namespaces in which the watch cache was shown to know all that the process that led before wrote. */
  readonly #confirmed = new Set<string>();
  #isListOfAllForbidden = false;
  #lastAdoption: Promise<unknown> = Promise.resolve();

  constructor(options: AdoptionsOptions) {
    this.#options = options;
  }

  /** Whether this object may act on the order or the instance that stands on it although it was another uid's. */
  async mayAdopt(gpuPod: GpuPod, reading: IntentReading, installation: string): Promise<boolean> {
    const signed = this.#signatureOf(gpuPod);
    const wanted = adoptablePrefix(gpuPod, reading, installation);
    if (wanted === undefined || (reading.kind !== 'read' && signed === 'wrong')) {
      return false;
    }
    const isHolder = signed === 'right' || (signed === 'unknown' && reading.kind === 'read');
    // A copy that waits asks each time that it is looked at: most are answered from memory.
    const known = this.#decideFromKnown(gpuPod, wanted);
    if (known !== undefined) {
      return known;
    }
    const adoption = this.#lastAdoption.then(async () => await this.#adopt(gpuPod, wanted, isHolder));
    this.#lastAdoption = adoption.catch(() => undefined);
    return await adoption;
  }

  /** Whether the operator wrote the id in the status itself; unknown without a key, where names alone tell. */
  #signatureOf({ metadata, status: { podId, podIdProof } }: GpuPod): 'right' | 'wrong' | 'unknown' {
    const { proofKey } = this.#options;
    if (proofKey === undefined) {
      return 'unknown';
    }
    return podId !== undefined && podIdProof === proveId(proofKey, metadata, podId) ? 'right' : 'wrong';
  }

  /** The object is gone: what it claimed is free. */
  release(uid: string): void {
    for (const [namePrefix, adopter] of this.#adopterByPrefix) {
      if (adopter === uid) {
        this.#adopterByPrefix.delete(namePrefix);
      }
    }
  }

  #decideFromKnown(gpuPod: GpuPod, wanted: PodNameParts): boolean | undefined {
    const namePrefix = namePrefixOf(wanted);
    const adopter = this.#adopterByPrefix.get(namePrefix);
    if (adopter !== undefined) {
      return adopter === gpuPod.metadata.uid;
    }
    const isTaken = this.#retainedPrefixes.has(namePrefix);
    return isTaken || isOwnedByAnother(this.#options.view.list(), gpuPod, wanted) ? false : undefined;
  }

  /** @param isHolder what its status says of its instance is the operator's own word */
  async #adopt(gpuPod: GpuPod, wanted: PodNameParts, isHolder: boolean): Promise<boolean> {
    const known = this.#decideFromKnown(gpuPod, wanted);
    if (known !== undefined) {
      return known;
    }
    const namePrefix = namePrefixOf(wanted);
    if (await this.#isOwnedByAnotherLive(gpuPod, wanted)) {
      return false;
    }
    // What was left running on purpose is nobody's any more: a copy, suspended or deleted, would end it.
    const hasInstance = isHolder && prefixOfStatus(gpuPod) === namePrefix;
    if (!hasInstance && (await this.#options.retained.hasOfPrefix(namePrefix))) {
      this.#retainedPrefixes.add(namePrefix);
      return false;
    }
    this.#adopterByPrefix.set(namePrefix, gpuPod.metadata.uid);
    return true;
  }

  /**
   * The watch cache may lag behind what another process wrote before this one led. Once a live list has shown nothing
   * else, it is enough: what this process writes is in it at once.
   */
  async #isOwnedByAnotherLive(gpuPod: GpuPod, wanted: PodNameParts): Promise<boolean> {
    const { namespace } = gpuPod.metadata;
    if (this.#confirmed.has(namespace)) {
      return false;
    }
    const live = await this.#list(namespace);
    const isInStep = live.every(
      (object) =>
        object.metadata.namespace !== namespace ||
        this.#options.view.get(objectKey(object))?.metadata.resourceVersion ===
          object.metadata.resourceVersion,
    );
    if (isInStep) {
      this.#confirmed.add(namespace);
    }
    return isOwnedByAnother(live, gpuPod, wanted);
  }

  /** Of all namespaces; of the object's own where others may not be seen. */
  async #list(namespace: string): Promise<readonly KubernetesObject[]> {
    if (!this.#isListOfAllForbidden) {
      try {
        return await this.#options.api.list();
      } catch (error) {
        if (!isForbidden(error)) {
          throw error;
        }
        this.#isListOfAllForbidden = true;
      }
    }
    return await this.#options.api.list({ namespace });
  }
}

/**
 * By its intent; or, where somebody took that off after the instance was adopted (`kubectl replace`), by its status, if
 * that is signed: such an instance must still be ended by the object that has it, and a name that somebody else wrote
 * there must not make it end what a vanished GpuPod left. Names of earlier versions prove nothing.
 */
function adoptablePrefix(
  gpuPod: GpuPod,
  reading: IntentReading,
  installation: string,
): PodNameParts | undefined {
  const { namespace, uid } = gpuPod.metadata;
  if (reading.kind === 'read') {
    const { intent } = reading;
    const isOthers = intent.uid !== uid && intent.installation === installation;
    return isOthers && isNamedForItsUid(intent, namespace) ? parsePodName(intent.name) : undefined;
  }
  const parts = parsePodName(gpuPod.status.podName);
  const isOthers =
    parts?.installation === installation &&
    isUnforgeable(parts) &&
    parts.objectHash !== objectHash({ namespace, uid });
  return isOthers ? parts : undefined;
}

interface OwnerFacts {
  readonly hashes: readonly string[];
  /** Prefix of the instance that it has. */
  readonly namePrefix: string | undefined;
}

const ownerFacts = oncePerObject((object: KubernetesObject): OwnerFacts => {
  const { namespace = '', uid } = object.metadata;
  const parsed = parseGpuPod(object);
  return {
    hashes: objectHashes({ namespace, uid }),
    namePrefix: parsed.kind === 'ok' ? prefixOfStatus(parsed.gpuPod) : undefined,
  };
});

/** The object that the order was written for, wherever it lives, or one that has an instance of it already. */
function isOwnedByAnother(
  objects: readonly KubernetesObject[],
  { metadata }: GpuPod,
  wanted: PodNameParts,
): boolean {
  const namePrefix = namePrefixOf(wanted);
  return objects.some((object) => {
    const { uid, namespace } = object.metadata;
    const isOther = uid !== metadata.uid;
    const { hashes, namePrefix: had } = ownerFacts(object);
    return (
      isOther &&
      (hashes.includes(wanted.objectHash) || (namespace === metadata.namespace && had === namePrefix))
    );
  });
}

function prefixOfStatus({ status }: GpuPod): string | undefined {
  const parts = parsePodName(status.podName);
  return parts === undefined ? undefined : namePrefixOf(parts);
}
