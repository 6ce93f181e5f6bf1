import { isDeepStrictEqual } from 'node:util';
import { GpuPodStatus } from '../../src/api/status.ts';
import { ApiStatusError } from '../../src/kubernetes/api-errors.ts';
import type { KubernetesObject, RawObject } from '../../src/kubernetes/objects.ts';
import type { MetadataPatch, NewObject, ObjectName } from '../../src/kubernetes/resource-client.ts';

export type Kind = 'gpupods' | 'secrets' | 'configmaps' | 'namespaces';

/** A change as a watch tells it. */
export interface Change {
  readonly kind: Kind;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: RawObject;
  /** Absent for what was added. */
  readonly before: RawObject | undefined;
  readonly by: string;
  readonly verb: string;
}

type Listener = (change: Change) => void;

/** The fields of a GpuPod that cannot be changed while something is rented. */
export const FROZEN = [
  'gpu',
  'placement',
  'resources',
  'image',
  'customTemplateId',
  'env',
  'sshKeyId',
  'disks',
  'teamId',
  'jupyterPasswordSecretRef',
];

/**
 * The API server as far as an operator can tell it from a real one: resource versions that only go up, guarded writes,
 * finalizers, the status subresource, generations, validation of what it stores, and changes in their order.
 */
export class SimulatedApiServer {
  readonly #objects = new Map<string, RawObject>();
  readonly #listeners = new Set<Listener>();
  readonly #nowText: () => string;
  #version = 1000;
  #uids = 0;

  constructor(nowText: () => string) {
    this.#nowText = nowText;
    this.create('namespaces', undefined, { metadata: { name: 'kube-system' } }, 'cluster');
  }

  /** Tells of every change, in order, before the writer gets its answer. */
  onChange(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get(kind: Kind, { namespace, name }: ObjectName): RawObject | undefined {
    const held = this.#objects.get(keyOf(kind, namespace, name));
    return held === undefined ? undefined : copy(held);
  }

  /** The object itself, for a look that changes nothing. */
  peek(kind: Kind, { namespace, name }: ObjectName): RawObject | undefined {
    return this.#objects.get(keyOf(kind, namespace, name));
  }

  list(kind: Kind): RawObject[] {
    return [...this.#objects].filter(([key]) => key.startsWith(`${kind}:`)).map(([, object]) => copy(object));
  }

  create(kind: Kind, namespace: string | undefined, body: NewObject, by: string): RawObject {
    const { name } = body.metadata;
    const key = keyOf(kind, namespace, name);
    if (this.#objects.has(key)) throw new ApiStatusError(409, 'AlreadyExists', `${key} exists`);
    this.#uids += 1;
    const object: RawObject = {
      ...copy(body),
      metadata: {
        ...copy(body.metadata),
        ...(namespace === undefined ? {} : { namespace }),
        uid: `uid-${this.#uids}`,
        resourceVersion: '',
        generation: 1,
        creationTimestamp: this.#nowText(),
      },
      ...(kind === 'gpupods' ? { status: { observedGeneration: -1 } } : {}),
    };
    return this.#store(kind, undefined, object, { by, verb: 'create' });
  }

  patchMetadata(patch: MetadataPatch, by: string): RawObject {
    const held = this.#guarded('gpupods', patch, patch);
    return this.#write(
      'gpupods',
      held,
      { ...held, metadata: mergeMetadata(held, patch.metadata) },
      by,
      'patch',
    );
  }

  replaceStatus(object: KubernetesObject & { readonly status?: unknown }, by: string): RawObject {
    const held = this.#guarded('gpupods', object.metadata, object.metadata);
    return this.#write('gpupods', held, { ...held, status: copy(object.status) }, by, 'status');
  }

  replace(kind: Kind, object: RawObject, by: string): RawObject {
    const held = this.#guarded(kind, object.metadata, object.metadata);
    return this.#write(kind, held, copy(object), by, 'replace');
  }

  /** An unguarded change, as a person's edit ends up: it is made on what is there. */
  edit(kind: Kind, target: ObjectName, change: (object: RawObject) => RawObject, by: string): RawObject {
    const held = this.#existing(kind, target);
    return this.#write(kind, held, change(copy(held)), by, 'edit');
  }

  delete(kind: Kind, target: ObjectName, by: string, uid?: string): boolean {
    const held = this.#objects.get(keyOf(kind, target.namespace, target.name));
    if (held === undefined) return false;
    if (uid !== undefined && held.metadata.uid !== uid) throw conflict('the uid is another');
    if ((held.metadata.finalizers ?? []).length === 0) {
      this.#remove(kind, held, by);
    } else if (held.metadata.deletionTimestamp === undefined) {
      const metadata = { ...held.metadata, deletionTimestamp: this.#nowText() };
      this.#store(kind, held, { ...held, metadata }, { by, verb: 'delete' });
    }
    return true;
  }

  #existing(kind: Kind, { namespace, name }: ObjectName): RawObject {
    const held = this.#objects.get(keyOf(kind, namespace, name));
    if (held === undefined) throw new ApiStatusError(404, 'NotFound', `${kind} ${name} not found`);
    return held;
  }

  #guarded(kind: Kind, target: ObjectName, guard: { uid: string; resourceVersion: string }): RawObject {
    const held = this.#existing(kind, target);
    if (held.metadata.uid !== guard.uid) throw conflict('the uid is another');
    if (held.metadata.resourceVersion !== guard.resourceVersion)
      throw conflict('the object has been modified');
    return held;
  }

  #write(kind: Kind, held: RawObject, next: RawObject, by: string, verb: string): RawObject {
    if (isDeepStrictEqual(copy(held), copy(next))) return copy(held);
    check(kind, held, next);
    const isNewSpec = !isDeepStrictEqual(held['spec'], next['spec']);
    const generation = (held.metadata.generation ?? 1) + (isNewSpec ? 1 : 0);
    const metadata = { ...next.metadata, generation };
    return this.#store(kind, held, { ...next, metadata }, { by, verb });
  }

  #store(
    kind: Kind,
    before: RawObject | undefined,
    next: RawObject,
    { by, verb }: { by: string; verb: string },
  ): RawObject {
    this.#version += 1;
    const object = copy({ ...next, metadata: { ...next.metadata, resourceVersion: String(this.#version) } });
    this.#objects.set(keyOf(kind, object.metadata.namespace, object.metadata.name), object);
    this.#tell({ kind, type: before === undefined ? 'ADDED' : 'MODIFIED', object, before, by, verb });
    const isFreed =
      object.metadata.deletionTimestamp !== undefined && (object.metadata.finalizers ?? []).length === 0;
    if (isFreed) this.#remove(kind, object, by);
    return copy(object);
  }

  #remove(kind: Kind, held: RawObject, by: string): void {
    const { namespace, name, uid } = held.metadata;
    this.#objects.delete(keyOf(kind, namespace, name));
    this.#version += 1;
    const last = { ...held, metadata: { ...held.metadata, resourceVersion: String(this.#version) } };
    this.#tell({ kind, type: 'DELETED', object: last, before: held, by, verb: 'remove' });
    for (const secret of this.list('secrets')) {
      const isOwned = (secret.metadata.ownerReferences ?? []).some((owner) => owner.uid === uid);
      if (isOwned) this.#remove('secrets', secret, 'garbage-collector');
    }
  }

  #tell(change: Change): void {
    for (const listener of this.#listeners) listener(change);
  }
}

function check(kind: Kind, held: RawObject, next: RawObject): void {
  const before = held.metadata.finalizers ?? [];
  const added = (next.metadata.finalizers ?? []).filter((finalizer) => !before.includes(finalizer));
  if (held.metadata.deletionTimestamp !== undefined && added.length > 0) {
    throw invalid('no new finalizers can be added if the object is being deleted');
  }
  if (kind !== 'gpupods') return;
  const status = GpuPodStatus.safeParse(next['status']);
  if (!status.success) throw invalid(status.error.message);
  const isRented = GpuPodStatus.parse(held['status']).podId !== undefined;
  const changed = FROZEN.filter((field) => !isDeepStrictEqual(at(held, field), at(next, field)));
  if (isRented && changed.length > 0) throw invalid(`spec.${changed.join()} cannot be changed while rented`);
}

function at(object: RawObject, field: string): unknown {
  const spec: unknown = object['spec'];
  return typeof spec === 'object' && spec !== null ? Reflect.get(spec, field) : undefined;
}

function mergeMetadata(held: RawObject, patch: MetadataPatch['metadata']): RawObject['metadata'] {
  const annotations: Record<string, string> = { ...held.metadata.annotations };
  for (const [name, value] of Object.entries(patch.annotations ?? {})) {
    if (value === null) Reflect.deleteProperty(annotations, name);
    else annotations[name] = value;
  }
  return { ...held.metadata, annotations, finalizers: patch.finalizers ?? held.metadata.finalizers ?? [] };
}

/** As it travels: keys without a value are not there. */
function copy<T>(value: T): T;
function copy(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

function keyOf(kind: Kind, namespace: string | undefined, name: string): string {
  return `${kind}:${namespace ?? ''}/${name}`;
}

function conflict(message: string): ApiStatusError {
  return new ApiStatusError(409, 'Conflict', message);
}

function invalid(message: string): ApiStatusError {
  return new ApiStatusError(422, 'Invalid', message);
}
