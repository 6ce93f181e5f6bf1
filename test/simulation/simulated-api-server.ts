import { isDeepStrictEqual } from 'node:util';
import { ApiStatusError } from '../../src/kubernetes/client/api-errors.ts';
import { IN_USE_FINALIZER } from '../../src/api/common/names.ts';
import { isRecord } from '../../src/json.ts';
import type { KubernetesObject, RawObject } from '../../src/kubernetes/objects.ts';
import type { MetadataPatch, NewObject, ObjectName } from '../../src/kubernetes/client/resource-client.ts';
import { check, checkAccount, checkSpec, isSame } from './stored-checks.ts';
import { stored } from './stored.ts';

export type Kind = WithStatus | 'secrets' | 'configmaps' | 'namespaces';

/** Kinds with a status of their own, which the API server sets to its default. */
export type WithStatus = 'gpupods' | 'gpuaccounts' | 'clustergpuaccounts';

const WITH_STATUS: ReadonlySet<Kind> = new Set(['gpupods', 'gpuaccounts', 'clustergpuaccounts']);

/** A change as a watch reports it. */
export interface Change {
  readonly kind: Kind;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: RawObject;
  /** Absent for a new object. */
  readonly before: RawObject | undefined;
  readonly by: string;
  readonly verb: string;
}

type Listener = (change: Change) => void;

/**
 * The API server as an operator sees it: increasing resource versions, guarded writes, finalizers, the
 * status subresource, generations, validation, and changes in sequence. Returned objects are frozen, so that
 * a mutation fails at once.
 */
export class SimulatedApiServer {
  readonly #objects: Readonly<Record<Kind, Map<string, RawObject>>> = {
    gpupods: new Map(),
    gpuaccounts: new Map(),
    clustergpuaccounts: new Map(),
    secrets: new Map(),
    configmaps: new Map(),
    namespaces: new Map(),
  };
  readonly #listeners = new Set<Listener>();
  readonly #nowText: () => string;
  readonly #uidPrefix: string;
  readonly #ending = new Set<string>();
  /** Fields of a status that the CRD does not know and drops silently. */
  prunedFields: readonly string[] = [];
  #version = 1000;
  #uids = 0;

  /** @param uidPrefix distinguishes the UIDs of several clusters */
  constructor(nowText: () => string, uidPrefix = 'uid') {
    this.#nowText = nowText;
    this.#uidPrefix = uidPrefix;
    this.create('namespaces', undefined, { metadata: { name: 'kube-system' } }, 'cluster');
  }

  /** Increases with each change of any object. */
  get version(): number {
    return this.#version;
  }

  /** Reports every change, in sequence, before the writer gets its response. */
  onChange(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get(kind: Kind, { namespace, name }: ObjectName): RawObject | undefined {
    return this.#objects[kind].get(keyOf(namespace, name));
  }

  /** @param namespace @default all */
  list(kind: Kind, namespace?: string): RawObject[] {
    const all = [...this.#objects[kind].values()];
    return namespace === undefined ? all : all.filter(({ metadata }) => metadata.namespace === namespace);
  }

  create(kind: Kind, namespace: string | undefined, body: NewObject, by: string): RawObject {
    const { name } = body.metadata;
    const key = keyOf(namespace, name);
    if (this.#ending.has(namespace ?? '')) {
      throw new ApiStatusError(403, 'Forbidden', `namespace ${namespace ?? ''} is being terminated`);
    }
    if (this.#objects[kind].has(key)) throw new ApiStatusError(409, 'AlreadyExists', `${key} exists`);
    if (kind === 'gpupods') checkSpec(stored(body));
    else if (WITH_STATUS.has(kind)) checkAccount(body);
    this.#uids += 1;
    const object: RawObject = {
      ...body,
      metadata: {
        ...body.metadata,
        ...(namespace === undefined ? {} : { namespace }),
        uid: `${this.#uidPrefix}-${this.#uids}`,
        resourceVersion: '',
        generation: 1,
        creationTimestamp: this.#nowText(),
      },
      ...(WITH_STATUS.has(kind) ? { status: { observedGeneration: -1 } } : {}),
    };
    return this.#store(kind, undefined, object, { by, verb: 'create' });
  }

  patchMetadata(patch: MetadataPatch, by: string, kind: Kind = 'gpupods'): RawObject {
    const held = this.#guarded(kind, patch, patch);
    const next = { ...held, metadata: mergeMetadata(held, patch.metadata) };
    return this.#write(kind, held, next, { by, verb: 'patch' });
  }

  replaceStatus(
    object: KubernetesObject & { readonly status?: unknown },
    by: string,
    kind: WithStatus = 'gpupods',
  ): RawObject {
    const held = this.#guarded(kind, object.metadata, object.metadata);
    const status = pruned(object.status, this.prunedFields);
    return this.#write(kind, held, { ...held, status }, { by, verb: 'status' });
  }

  replace(kind: Kind, object: RawObject, by: string): RawObject {
    const held = this.#guarded(kind, object.metadata, object.metadata);
    return this.#write(kind, held, object, { by, verb: 'replace' });
  }

  /** Server-side apply of the operator's own finalizers to the Secret with this UID. */
  applyFinalizers(
    { uid, ...target }: ObjectName & { uid: string },
    finalizers: readonly string[],
    by: string,
  ): void {
    const held = this.#objects.secrets.get(keyOf(target.namespace, target.name));
    if (held?.metadata.uid !== uid) throw conflict('the UID differs');
    const before = held.metadata.finalizers ?? [];
    const others = before.filter((finalizer) => finalizer !== IN_USE_FINALIZER);
    const isNew = finalizers.length > 0 && !before.includes(IN_USE_FINALIZER);
    if (isNew && held.metadata.deletionTimestamp !== undefined) {
      throw new ApiStatusError(
        422,
        'Invalid',
        'no new finalizers can be added if the object is being deleted',
      );
    }
    const metadata = { ...held.metadata, finalizers: [...others, ...finalizers] };
    this.#write('secrets', held, { ...held, metadata }, { by, verb: 'apply' });
  }

  /** An unguarded change, as the edit of a person ends up: it applies to the current object. */
  edit(kind: Kind, target: ObjectName, change: (object: RawObject) => RawObject, by: string): RawObject {
    const held = this.#existing(kind, target);
    return this.#write(kind, held, change(held), { by, verb: 'edit' });
  }

  delete(kind: Kind, target: ObjectName, by: string, uid?: string): boolean {
    const held = this.#objects[kind].get(keyOf(target.namespace, target.name));
    if (held === undefined) return false;
    if (uid !== undefined && held.metadata.uid !== uid) throw conflict('the UID differs');
    if ((held.metadata.finalizers ?? []).length === 0) {
      this.#remove(kind, held, by);
    } else if (held.metadata.deletionTimestamp === undefined) {
      const metadata = { ...held.metadata, deletionTimestamp: this.#nowText() };
      this.#store(kind, held, { ...held, metadata }, { by, verb: 'delete' });
    }
    return true;
  }

  /** Deletes a namespace: it accepts nothing new, and its contents are deleted, Secrets first. */
  deleteNamespace(namespace: string): void {
    this.#ending.add(namespace);
    for (const kind of ['secrets', 'gpuaccounts', 'gpupods'] as const) {
      for (const { metadata } of this.list(kind)) {
        if (metadata.namespace === namespace) this.delete(kind, { namespace, name: metadata.name }, 'person');
      }
    }
  }

  /** The garbage collector: removes Secrets without their owner. */
  collect({ namespace, name, uid }: RawObject['metadata']): void {
    const held = this.#objects.secrets.get(keyOf(namespace, name));
    const owners = held?.metadata.ownerReferences ?? [];
    const living = new Set(this.list('gpupods').map(({ metadata }) => metadata.uid));
    const isLost = owners.length > 0 && owners.every((owner) => !living.has(owner.uid));
    if (held?.metadata.uid === uid && isLost) this.#remove('secrets', held, 'garbage-collector');
  }

  /** Creates a namespace of the same name as a deleted one. */
  openNamespace(namespace: string): void {
    this.#ending.delete(namespace);
  }

  #existing(kind: Kind, { namespace, name }: ObjectName): RawObject {
    const held = this.#objects[kind].get(keyOf(namespace, name));
    if (held === undefined) throw new ApiStatusError(404, 'NotFound', `${kind} ${name} not found`);
    return held;
  }

  #guarded(kind: Kind, target: ObjectName, guard: { uid: string; resourceVersion: string }): RawObject {
    const held = this.#existing(kind, target);
    if (held.metadata.uid !== guard.uid) throw conflict('the UID differs');
    if (held.metadata.resourceVersion !== guard.resourceVersion) {
      throw conflict('the object has been modified');
    }
    return held;
  }

  #write(kind: Kind, held: RawObject, next: RawObject, how: Pick<Change, 'by' | 'verb'>): RawObject {
    const clean = stored(next);
    if (isDeepStrictEqual(held, clean)) return held;
    check(kind, held, clean);
    const generation = (held.metadata.generation ?? 1) + (isSame(held['spec'], clean['spec']) ? 0 : 1);
    return this.#store(kind, held, { ...clean, metadata: { ...clean.metadata, generation } }, how);
  }

  #store(
    kind: Kind,
    before: RawObject | undefined,
    next: RawObject,
    { by, verb }: Pick<Change, 'by' | 'verb'>,
  ): RawObject {
    this.#version += 1;
    const object = stored({
      ...next,
      metadata: { ...next.metadata, resourceVersion: String(this.#version) },
    });
    this.#objects[kind].set(keyOf(object.metadata.namespace, object.metadata.name), object);
    this.#tell({ kind, type: before === undefined ? 'ADDED' : 'MODIFIED', object, before, by, verb });
    const isFreed =
      object.metadata.deletionTimestamp !== undefined && (object.metadata.finalizers ?? []).length === 0;
    if (isFreed) this.#remove(kind, object, by);
    return object;
  }

  #remove(kind: Kind, held: RawObject, by: string): void {
    const { namespace, name, uid } = held.metadata;
    this.#objects[kind].delete(keyOf(namespace, name));
    this.#version += 1;
    const last = stored({
      ...held,
      metadata: { ...held.metadata, resourceVersion: String(this.#version) },
    });
    this.#tell({ kind, type: 'DELETED', object: last, before: held, by, verb: 'remove' });
    if (kind !== 'gpupods') return;
    for (const secret of this.list('secrets')) {
      const isOwned = (secret.metadata.ownerReferences ?? []).some((owner) => owner.uid === uid);
      if (isOwned) this.#remove('secrets', secret, 'garbage-collector');
    }
  }

  #tell(change: Change): void {
    for (const listener of this.#listeners) listener(change);
  }
}

function mergeMetadata(held: RawObject, patch: MetadataPatch['metadata']): RawObject['metadata'] {
  const annotations: Record<string, string> = { ...held.metadata.annotations };
  for (const [name, value] of Object.entries(patch.annotations ?? {})) {
    if (value === null) Reflect.deleteProperty(annotations, name);
    else annotations[name] = value;
  }
  return { ...held.metadata, annotations, finalizers: patch.finalizers ?? held.metadata.finalizers ?? [] };
}

function pruned(status: unknown, fields: readonly string[]): unknown {
  if (!isRecord(status) || fields.length === 0) return status;
  return Object.fromEntries(Object.entries(status).filter(([field]) => !fields.includes(field)));
}

function keyOf(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`;
}

function conflict(message: string): ApiStatusError {
  return new ApiStatusError(409, 'Conflict', message);
}
