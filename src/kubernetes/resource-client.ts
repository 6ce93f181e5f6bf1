import { ApiResponseError, isNotFound } from './api-errors.ts';
import type { ApiTransport, CallOptions, JsonRequest } from './api-transport.ts';
import { listPages } from './list-pages.ts';
import { type Decode, isRawObject, type KubernetesObject, type OwnerReference } from './objects.ts';

/** Which resource: `{group: '', version: 'v1', plural: 'secrets'}`. */
export interface ResourceType {
  /** Empty for the core group. */
  group: string;
  version: string;
  plural: string;
}

/** Which object; without `namespace` for what has none. */
export interface ObjectName {
  namespace?: string | undefined;
  name: string;
}

/** An object to be made, as far as its maker decides. */
export interface NewObject {
  metadata: {
    name: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    ownerReferences?: OwnerReference[];
  };
  [field: string]: unknown;
}

/** A change of metadata, guarded: it happens only if the object is still this very version of this very life. */
export interface MetadataPatch extends ObjectName {
  resourceVersion: string;
  uid: string;
  /** A merge patch of `metadata`: null removes a key, lists are replaced as a whole. */
  metadata: {
    annotations?: Record<string, string | null>;
    labels?: Record<string, string | null>;
    finalizers?: string[];
  };
}

/** What must be true of the object for its deletion to happen. */
export interface DeletePreconditions {
  uid?: string;
  resourceVersion?: string;
}

export interface ResourceClientOptions<T extends KubernetesObject> {
  transport: ApiTransport;
  type: ResourceType;
  decode: Decode<T>;
}

const MERGE_PATCH = 'application/merge-patch+json';

/**
 * One resource of the API server over plain REST. Reads are live, never from a cache. Everything throws the errors of
 * `api-errors.ts`, except that an object that is not there is `undefined`.
 *
 * Nothing is retried: a guarded write that got no answer may have happened, and only the caller can look.
 */
export class ResourceClient<T extends KubernetesObject> {
  readonly #options: ResourceClientOptions<T>;

  constructor(options: ResourceClientOptions<T>) {
    this.#options = options;
  }

  /** The object as it is now; undefined when there is none. */
  async get(target: ObjectName, options: CallOptions = {}): Promise<T | undefined> {
    try {
      return await this.#send({ ...options, method: 'GET', path: this.#objectPath(target) });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** All objects of a namespace, or of all namespaces, read page by page. */
  async list(
    options: CallOptions & { namespace?: string; labelSelector?: string; fieldSelector?: string } = {},
  ): Promise<T[]> {
    const { namespace, ...rest } = options;
    const path = resourcePath(this.#options.type, namespace);
    const objects: T[] = [];
    await listPages(this.#options.transport, { ...rest, path }, ({ items, isFirst }) => {
      if (isFirst) objects.length = 0;
      for (const item of items) objects.push(this.#options.decode(item));
    });
    return objects;
  }

  /** Makes an object; throws `isAlreadyExists` when there is one of that name. */
  async create(namespace: string | undefined, object: NewObject, options: CallOptions = {}): Promise<T> {
    const path = resourcePath(this.#options.type, namespace);
    return await this.#send({ ...options, method: 'POST', path, body: object });
  }

  /** Changes annotations, labels or finalizers; throws `isConflict` when the object is another version by now. */
  async patchMetadata(patch: MetadataPatch, options: CallOptions = {}): Promise<T> {
    const { resourceVersion, uid } = patch;
    const body = { metadata: { ...patch.metadata, resourceVersion, uid } };
    const path = this.#objectPath(patch);
    return await this.#send({ ...options, method: 'PATCH', path, body, contentType: MERGE_PATCH });
  }

  /** Merges any fields, unguarded: the last one wins. Throws `isNotFound` when the object is gone. */
  async mergePatch(target: ObjectName, body: unknown, options: CallOptions = {}): Promise<T> {
    const path = this.#objectPath(target);
    return await this.#send({ ...options, method: 'PATCH', path, body, contentType: MERGE_PATCH });
  }

  /** Replaces the object with this one; throws `isConflict` when it is another version than `object` by now. */
  async replace(object: T, options: CallOptions = {}): Promise<T> {
    const path = this.#objectPath(object.metadata);
    return await this.#send({ ...options, method: 'PUT', path, body: object });
  }

  /**
   * Replaces the status with that of `object`; the rest of it is ignored by the server.
   * Throws `isConflict` when the object is another version than `object` by now.
   */
  async replaceStatus(object: T, options: CallOptions = {}): Promise<T> {
    const path = `${this.#objectPath(object.metadata)}/status`;
    return await this.#send({ ...options, method: 'PUT', path, body: object });
  }

  /** Deletes (with finalizers: begins to). Returns whether there was something to delete. */
  async delete(
    target: ObjectName,
    { preconditions, ...options }: CallOptions & { preconditions?: DeletePreconditions } = {},
  ): Promise<boolean> {
    const path = this.#objectPath(target);
    const body = preconditions === undefined ? undefined : { preconditions };
    try {
      await this.#options.transport.requestJson({ ...options, method: 'DELETE', path, body });
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }

  async #send(request: JsonRequest): Promise<T> {
    const answer = await this.#options.transport.requestJson(request);
    if (!isRawObject(answer)) {
      throw new ApiResponseError('the API server answered with something other than an object');
    }
    return this.#options.decode(answer);
  }

  #objectPath({ namespace, name }: ObjectName): string {
    return `${resourcePath(this.#options.type, namespace)}/${encodeURIComponent(name)}`;
  }
}

/** The path of a resource: all namespaces of it, or one. */
export function resourcePath({ group, version, plural }: ResourceType, namespace?: string): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const scope = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  return `${root}${scope}/${plural}`;
}
