import type { ChangeReader } from '../../kubernetes/cache/changed-keys.ts';
import type { KubernetesObject } from '../../kubernetes/objects.ts';
import type { MetadataPatch, NewObject, ObjectName } from '../../kubernetes/client/resource-client.ts';
import type { Secret } from '../../kubernetes/client/secrets-client.ts';

/** What the controller needs of the cluster. `ResourceClient` and the reflector's store implement it. */

/** GpuPods on the API server. Writes are guarded by resourceVersion and throw on a conflict. */
export interface GpuPodApi {
  get(target: ObjectName): Promise<KubernetesObject | undefined>;
  /** GpuPods of one namespace, or of all. An operator that watches some namespaces may not list all. */
  list(options?: { readonly namespace: string }): Promise<KubernetesObject[]>;
  patchMetadata(patch: MetadataPatch): Promise<KubernetesObject>;
  replaceStatus(object: KubernetesObject): Promise<KubernetesObject>;
}

/** GpuPods as this process last saw them, including its own writes. */
export interface GpuPodView {
  get(key: string): KubernetesObject | undefined;
  list(): KubernetesObject[];
  /** When this process received the version that it has, as a monotonic time. A standby receives them as well. */
  seenAtMs(key: string): number | undefined;
  applyLocal(object: KubernetesObject): boolean;
}

/** The same, with what changes, for readers that keep something up to date. */
export interface WatchedGpuPods extends GpuPodView {
  /** Tells this caller from now on what changes. */
  changes(): ChangeReader;
}

export interface SecretApi {
  get(target: ObjectName): Promise<Secret | undefined>;
  create(namespace: string, object: NewObject): Promise<Secret>;
  replace(object: Secret): Promise<Secret>;
  delete(target: ObjectName, options?: { preconditions?: { uid?: string } }): Promise<boolean>;
}

export interface Events {
  record(reference: EventReference, event: EventToRecord): void;
}

export interface EventReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export interface EventToRecord {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}
