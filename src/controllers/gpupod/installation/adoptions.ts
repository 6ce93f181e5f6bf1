import { oncePerObject } from '../../../api/common/once-per-object.ts';
import { parseGpuPod } from '../../../api/gpupod/gpu-pod.ts';
import type { GpuPod } from '../../../api/gpupod/gpu-pod.ts';
import { objectKey } from '../../../kubernetes/objects.ts';
import type { KubernetesObject } from '../../../kubernetes/objects.ts';
import { isProvenStatus, proveId } from '../../../lifecycle/id-proof.ts';
import type { IdProofs } from '../../../lifecycle/id-proof.ts';
import type { IntentReading } from '../../../lifecycle/intent.ts';
import { isNamedForItsUid } from '../../../lifecycle/open-intent.ts';
import {
  namePrefixOf,
  isUnforgeable,
  objectHash,
  objectHashes,
  parsePodName,
  prefixOfName,
} from '../../../lifecycle/pod-name.ts';
import type { PodNameParts } from '../../../lifecycle/pod-name.ts';
import { listAllGpuPods } from '../list-all.ts';
import type { GpuPodApi, GpuPodView } from '../ports.ts';
import type { RetainedInstances } from '../sweeps/retained-instances.ts';

export interface AdoptionsOptions {
  readonly api: Pick<GpuPodApi, 'list'>;
  readonly view: Pick<GpuPodView, 'get' | 'list'>;
  readonly retained: Pick<RetainedInstances, 'hasOfPrefix'>;
  /** Signs instance IDs; undefined: only instance names identify their owner. */
  readonly proofKey: string | undefined;
}

/**
 * Decides which GpuPod may adopt the instances of a UID that no longer exists. Backup tools restore annotations but
 * no status, and the restored GpuPod has a new UID. The create intent on it may be the only trace of a billing
 * instance.
 *
 * Of several copies one adopts, together all attempts of that UID. Adoptions run one at a time.
 */
export class Adoptions {
  readonly #options: AdoptionsOptions;
  readonly #adopterByPrefix = new Map<string, string>();
  /** Name prefixes with an instance that a user retained. No copy adopts it. */
  readonly #retainedPrefixes = new Set<string>();
  /** Namespaces whose watch cache is known to hold everything that the previous leader wrote. */
  readonly #confirmed = new Set<string>();
  #isListOfAllForbidden = false;
  #lastAdoption: Promise<unknown> = Promise.resolve();

  constructor(options: AdoptionsOptions) {
    this.#options = options;
  }

  /** Whether this GpuPod may act on a create intent or an instance that carries the UID of another GpuPod. */
  async mayAdopt(gpuPod: GpuPod, reading: IntentReading, installation: string): Promise<boolean> {
    const signed = this.#signatureOf(gpuPod);
    const wanted = adoptablePrefix(gpuPod, reading, installation);
    if (wanted === undefined || (reading.kind !== 'read' && signed === 'wrong')) {
      return false;
    }
    const isHolder = signed === 'right' || (signed === 'unknown' && reading.kind === 'read');
    // A waiting copy asks at each reconcile. The cache answers most of these.
    const known = this.#decideFromKnown(gpuPod, wanted);
    if (known !== undefined) {
      return known;
    }
    const adoption = this.#lastAdoption.then(async () => await this.#adopt(gpuPod, wanted, isHolder));
    this.#lastAdoption = adoption.catch(() => undefined);
    return await adoption;
  }

  /** Whether the operator wrote the ID in the status; unknown without a key, where only names identify the owner. */
  #signatureOf({ metadata, status }: GpuPod): 'right' | 'wrong' | 'unknown' {
    const { proofKey } = this.#options;
    if (proofKey === undefined) {
      return 'unknown';
    }
    const of: IdProofs['of'] = (podId, account) => proveId(proofKey, metadata, podId, account);
    return isProvenStatus({ of }, status) ? 'right' : 'wrong';
  }

  /** The GpuPod is deleted, so another one may adopt its instances. */
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

  /** @param isHolder the operator itself wrote the instance into the status of this GpuPod */
  async #adopt(gpuPod: GpuPod, wanted: PodNameParts, isHolder: boolean): Promise<boolean> {
    const known = this.#decideFromKnown(gpuPod, wanted);
    if (known !== undefined) {
      return known;
    }
    const namePrefix = namePrefixOf(wanted);
    if (await this.#isOwnedByAnotherLive(gpuPod, wanted)) {
      return false;
    }
    // A retained instance belongs to no GpuPod any more. A suspended or deleted copy would terminate it.
    const hasInstance = isHolder && prefixOfName(gpuPod.status.podName) === namePrefix;
    if (!hasInstance && (await this.#options.retained.hasOfPrefix(namePrefix))) {
      this.#retainedPrefixes.add(namePrefix);
      return false;
    }
    this.#adopterByPrefix.set(namePrefix, gpuPod.metadata.uid);
    return true;
  }

  /**
   * The watch cache may lag behind the writes of the previous leader. Once a live list matched it, the cache is
   * enough, because it holds this process's own writes at once.
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

  /** Lists GpuPods of all namespaces, or of the GpuPod's own namespace if others are forbidden. */
  async #list(namespace: string): Promise<readonly KubernetesObject[]> {
    const { api } = this.#options;
    const all = this.#isListOfAllForbidden ? undefined : await listAllGpuPods(api);
    this.#isListOfAllForbidden = all === undefined;
    return all ?? (await api.list({ namespace }));
  }
}

/**
 * The prefix to adopt, from the create intent. Without one (`kubectl replace` removes it) the status counts, if it is
 * signed: the GpuPod must still terminate its adopted instance.
 *
 * A name that someone else wrote into the status must not make it terminate what a vanished GpuPod left. Names of
 * earlier versions prove nothing.
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
  /** Name prefix of the instance that the GpuPod has. */
  readonly namePrefix: string | undefined;
}

const ownerFacts = oncePerObject((object: KubernetesObject): OwnerFacts => {
  const { namespace = '', uid } = object.metadata;
  const parsed = parseGpuPod(object);
  return {
    hashes: objectHashes({ namespace, uid }),
    namePrefix: parsed.kind === 'ok' ? prefixOfName(parsed.gpuPod.status.podName) : undefined,
  };
});

/**
 * True if the GpuPod that the create intent was written for still exists, in any namespace, or if another GpuPod
 * already has an instance of it.
 */
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
