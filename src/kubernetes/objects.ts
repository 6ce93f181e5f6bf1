import { isRecord, recordAt, stringAt } from '../json.ts';

/** The owner of an object, for the garbage collector. */
export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/**
 * Metadata in the JSON form, with times as RFC 3339 strings. (The classes of client-node convert them to `Date`,
 * which costs a walk over every object and is not needed here.)
 */
export interface ObjectMeta {
  name: string;
  namespace?: string;
  uid: string;
  resourceVersion: string;
  generation?: number;
  creationTimestamp?: string | undefined;
  deletionTimestamp?: string | undefined;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: OwnerReference[];
}

/** The fields that every object of the API server has. */
export interface KubernetesObject {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
}

/** An object whose own fields (spec, status, data) are not checked yet. */
export type RawObject = KubernetesObject & Record<string, unknown>;

/** Turns what the server sent into a typed object. May throw: the object is then reported and left out. */
export type Decode<T extends KubernetesObject> = (raw: RawObject) => T;

/** True if the value carries the metadata that identify an object and its version. */
export function isRawObject(value: unknown): value is RawObject {
  const metadata = recordAt(value, 'metadata');
  const identity = [metadata['name'], metadata['uid'], metadata['resourceVersion']];
  return identity.every((part) => typeof part === 'string' && part !== '');
}

/** `namespace/name`, or `name` alone for a cluster-scoped object: the key of stores and queues. */
export function objectKey(object: KubernetesObject): string {
  const { namespace, name } = object.metadata;
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** The reverse of `objectKey`. */
export function splitKey(key: string): { namespace?: string; name: string } {
  const slash = key.indexOf('/');
  if (slash < 0) return { name: key };
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * Removes, in place, what no controller reads and what takes more than half of a small object's memory:
 * `managedFields` and kubectl's copy of the last applied manifest.
 */
export function trimMetadata(raw: RawObject): RawObject {
  Reflect.deleteProperty(raw.metadata, 'managedFields');
  const { annotations } = raw.metadata;
  if (annotations !== undefined) Reflect.deleteProperty(annotations, LAST_APPLIED);
  return raw;
}

/** What of the metadata is kept, besides the identity of an object. */
export interface KeptMetadata {
  /** The most characters of each annotation that is kept. */
  readonly annotations: ReadonlyMap<string, number>;
  readonly labels: boolean;
}

/** Stands for the value of an annotation that is longer than anything that means something in it. */
const TOO_LONG = '(too long)';

/**
 * Trims like `trimMetadata`, and keeps only what is read. Whoever may write an object may fill the rest: a quarter of a
 * MiB of annotations, and labels and owners without a limit of their own. Write the object back only with merge patches,
 * which leave the removed parts alone.
 */
export function keepOnly({ annotations, labels }: KeptMetadata): (raw: RawObject) => RawObject {
  return (raw) => {
    const { metadata } = trimMetadata(raw);
    Reflect.deleteProperty(metadata, 'ownerReferences');
    if (!labels) Reflect.deleteProperty(metadata, 'labels');
    for (const [name, value] of Object.entries(metadata.annotations ?? {})) {
      const most = annotations.get(name);
      if (most === undefined) Reflect.deleteProperty(metadata.annotations ?? {}, name);
      else if (value.length > most) Object.assign(metadata.annotations ?? {}, { [name]: TOO_LONG });
    }
    return raw;
  };
}

/** The resourceVersion in the metadata of a list, an object or a bookmark. */
export function resourceVersionOf(value: unknown): string | undefined {
  const version = stringAt(recordAt(value, 'metadata'), 'resourceVersion');
  return version === '' ? undefined : version;
}

const DECIMAL = /^\d+$/;

/**
 * True if `candidate` is a later version than `current` of the same resource. Kubernetes promises since 1.35 that
 * versions of one resource compare as integers, and etcd has always worked that way; they exceed 2^53. If a server's
 * versions are not decimal, any different version counts as newer.
 */
export function isNewerVersion(candidate: string, current: string): boolean {
  if (!DECIMAL.test(candidate) || !DECIMAL.test(current)) return candidate !== current;
  return BigInt(candidate) > BigInt(current);
}

/** True if `candidate` is surely an earlier version than `current`. Versions that are not decimal cannot be compared. */
export function isOlderVersion(candidate: string, current: string): boolean {
  return DECIMAL.test(candidate) && DECIMAL.test(current) && BigInt(candidate) < BigInt(current);
}

/** The `items` of a list answer; undefined if it is not a list. */
export function itemsOf(value: unknown): readonly unknown[] | undefined {
  const items = isRecord(value) ? value['items'] : undefined;
  return Array.isArray(items) ? items : undefined;
}
