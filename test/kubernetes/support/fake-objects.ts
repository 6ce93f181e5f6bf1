import { isRecord, recordAt, stringAt } from '../../../src/json.ts';
import type { RawObject } from '../../../src/kubernetes/objects.ts';
import type { SeenRequest } from './seen-request.ts';

/** An HTTP answer. */
export interface Answer {
  status: number;
  headers?: Record<string, string>;
  body: unknown;
}

/** One change of a resource, as a watch reports it. */
export interface Change {
  version: number;
  collection: string;
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  object: RawObject;
}

/** Identifies an object. `collection` is the path of its resource, without a namespace. */
interface Target {
  collection: string;
  namespace: string | undefined;
  name: string | undefined;
  isStatus: boolean;
}

const PATH =
  /^(?<root>\/api\/[^/]+|\/apis\/[^/]+\/[^/]+)(?:\/namespaces\/(?<ns>[^/]+))?\/(?<plural>[^/]+)(?:\/(?<name>[^/]+))?(?<status>\/status)?$/;

/** A backup of etcd. */
export interface Backup {
  readonly objects: ReadonlyMap<string, RawObject>;
  readonly version: number;
}

/** What a server does beyond storing what it was sent. */
export interface ObjectRules {
  /** Completes an object before it is stored. */
  readonly complete?: (next: RawObject, held: RawObject | undefined) => RawObject;
  /** The object that a DELETE leaves until its finalizers are removed. @default none */
  readonly afterDelete?: (held: RawObject) => RawObject | undefined;
  /** Whether a stored object goes at once. @default none does */
  readonly isGone?: (object: RawObject) => boolean;
}

/** A `Status` object as in an answer of the API server. */
export function statusAnswer(status: number, reason: string, headers: Record<string, string> = {}): Answer {
  const body = { kind: 'Status', status: 'Failure', code: status, reason, message: `fake ${reason}` };
  return { status, headers, body };
}

/** The objects of all resources, with one version counter, as in etcd. */
export class FakeObjects {
  readonly #objects = new Map<string, RawObject>();
  readonly #listeners = new Set<(change: Change) => void>();
  readonly history: Change[] = [];
  readonly #rules: ObjectRules;
  #version = 100;
  #uids = 0;

  constructor(rules: ObjectRules = {}) {
    this.#rules = rules;
  }

  get version(): number {
    return this.#version;
  }

  onChange(listener: (change: Change) => void): void {
    this.#listeners.add(listener);
  }

  /** Creates or changes an object without a request. A new one keeps a given UID. */
  put(collection: string, key: string, fields: Readonly<Record<string, unknown>> = {}): RawObject {
    const [namespace = '', name = ''] = key.split('/');
    const held = this.#objects.get(`${collection}|${key}`);
    const metadata = { ...recordAt(held, 'metadata'), ...recordAt(fields, 'metadata') };
    const target = { collection, namespace, name, isStatus: false };
    return this.#store(target, { ...held, ...fields, metadata }, stringAt(metadata, 'uid'));
  }

  /** Deletes an object without a request. */
  remove(collection: string, key: string): void {
    const held = this.#objects.get(`${collection}|${key}`);
    if (held === undefined) throw new Error(`there is no ${key}`);
    this.#objects.delete(`${collection}|${key}`);
    const metadata = { ...held.metadata, resourceVersion: this.#nextVersion() };
    this.#tell({ version: this.#version, collection, type: 'DELETED', object: { ...held, metadata } });
  }

  /** All objects as they are now, and the version, as a backup of etcd has them. */
  backUp(): Backup {
    return { objects: new Map(this.#objects), version: this.#version };
  }

  /**
   * What was written since the backup never happened. No watch reports it.
   *
   * @param version from which the server goes on; @default that of the backup
   */
  restore({ objects, version }: Backup, goesOnFrom = version): void {
    this.#objects.clear();
    for (const [key, object] of objects) this.#objects.set(key, object);
    this.#version = goesOnFrom;
    this.history.length = 0;
  }

  /** Uses up versions, as changes of other resources do. */
  skipVersions(count: number): void {
    this.#version += count;
  }

  get(collection: string, key: string): RawObject | undefined {
    return this.#objects.get(`${collection}|${key}`);
  }

  /** All objects of a resource. */
  list(collection: string, namespace?: string): RawObject[] {
    return [...this.#objects]
      .filter(([key]) => key.startsWith(`${collection}|${namespace === undefined ? '' : `${namespace}/`}`))
      .map(([, object]) => object);
  }

  answer(request: SeenRequest): Answer {
    if (request.path === '/version') return { status: 200, body: { gitVersion: 'v1.99.0' } };
    const target = targetOf(request.path);
    if (target === undefined) return statusAnswer(404, 'NotFound');
    const body: unknown = request.body === '' ? undefined : JSON.parse(request.body);
    switch (request.method) {
      case 'GET':
        return target.name === undefined ? this.#page(target, request.query) : this.#read(target);
      case 'POST':
        return this.#create({ ...target, name: stringAt(recordAt(body, 'metadata'), 'name') }, body);
      case 'PUT':
      case 'PATCH':
        return this.#write(target, body, request.method === 'PATCH');
      case 'DELETE':
        return this.#delete(target, body);
      default:
        return statusAnswer(405, 'MethodNotAllowed');
    }
  }

  #page({ collection, namespace }: Target, query: URLSearchParams): Answer {
    const all = this.list(collection, namespace);
    const start = Number(query.get('continue') ?? 0);
    const limit = Number(query.get('limit') ?? 0);
    const end = limit === 0 ? all.length : start + limit;
    const rest = end < all.length ? { continue: String(end) } : {};
    const metadata = { resourceVersion: String(this.#version), ...rest };
    return { status: 200, body: { metadata, items: all.slice(start, end) } };
  }

  #read(target: Target): Answer {
    const held = this.#objects.get(keyOf(target));
    return held === undefined ? statusAnswer(404, 'NotFound') : { status: 200, body: held };
  }

  #create(target: Target, body: unknown): Answer {
    if (this.#objects.has(keyOf(target))) return statusAnswer(409, 'AlreadyExists');
    return { status: 201, body: this.#store(target, body) };
  }

  #write(target: Target, body: unknown, isPatch: boolean): Answer {
    const held = this.#objects.get(keyOf(target));
    if (held === undefined) return statusAnswer(404, 'NotFound');
    const { resourceVersion, uid } = { ...recordAt(body, 'metadata') };
    const isOther = resourceVersion !== undefined && resourceVersion !== held.metadata.resourceVersion;
    if (isOther || (uid !== undefined && uid !== held.metadata.uid)) return statusAnswer(409, 'Conflict');
    if (target.isStatus) return this.#stored(target, { ...held, status: { ...recordAt(body, 'status') } });
    return this.#stored(target, isPatch ? merge(held, body) : body);
  }

  #stored(target: Target, body: unknown): Answer {
    return { status: 200, body: this.#store(target, body) };
  }

  #delete(target: Target, body: unknown): Answer {
    const held = this.#objects.get(keyOf(target));
    if (held === undefined) return statusAnswer(404, 'NotFound');
    const { uid } = { ...recordAt(body, 'preconditions') };
    if (uid !== undefined && uid !== held.metadata.uid) return statusAnswer(409, 'Conflict');
    const left = this.#rules.afterDelete?.(held);
    if (left !== undefined) return this.#stored(target, left);
    this.remove(target.collection, `${held.metadata.namespace ?? ''}/${held.metadata.name}`);
    return { status: 200, body: { kind: 'Status', status: 'Success' } };
  }

  #store(target: Target, body: unknown, newUid?: string): RawObject {
    const held = this.#objects.get(keyOf(target));
    const uid = held?.metadata.uid ?? newUid ?? `uid-${String((this.#uids += 1))}`;
    const { namespace, name = '' } = target;
    const identity = { name, namespace: namespace ?? '', uid, resourceVersion: this.#nextVersion() };
    const fields = isRecord(body) ? body : {};
    const sent = { ...fields, metadata: { ...recordAt(body, 'metadata'), ...identity } };
    const object = this.#rules.complete?.(sent, held) ?? sent;
    this.#keep(target, object, held !== undefined);
    return object;
  }

  #keep(target: Target, object: RawObject, isHeld: boolean): void {
    const isGone = isHeld && this.#rules.isGone?.(object) === true;
    if (isGone) this.#objects.delete(keyOf(target));
    else this.#objects.set(keyOf(target), object);
    const type = isGone ? 'DELETED' : isHeld ? 'MODIFIED' : 'ADDED';
    this.#tell({ version: this.#version, collection: target.collection, type, object });
  }

  #nextVersion(): string {
    this.#version += 1;
    return String(this.#version);
  }

  #tell(change: Change): void {
    this.history.push(change);
    for (const listener of this.#listeners) listener(change);
  }
}

/** The path of the resource without a namespace, and the rest of the path. */
export function targetOf(path: string): Target | undefined {
  const groups = PATH.exec(path)?.groups;
  if (groups === undefined) return undefined;
  return {
    collection: `${groups['root'] ?? ''}/${groups['plural'] ?? ''}`,
    namespace: groups['ns'],
    name: groups['name'],
    isStatus: groups['status'] !== undefined,
  };
}

function keyOf({ collection, namespace, name }: Target): string {
  return `${collection}|${namespace ?? ''}/${name ?? ''}`;
}

/** RFC 7386. */
function merge(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const merged: Record<string, unknown> = { ...(isRecord(target) ? target : {}) };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) Reflect.deleteProperty(merged, key);
    else merged[key] = merge(merged[key], value);
  }
  return merged;
}
