import { listPages } from '../cache/list-pages.ts';
import { isRawObject } from '../objects.ts';
import type { Decode, KubernetesObject, OwnerReference } from '../objects.ts';
import type { ApiTransport, CallOptions, JsonRequest } from './api-transport.ts';
import { ApiResponseError, isNotFound } from './api-errors.ts';

/** A resource type, such as `{group: '', version: 'v1', plural: 'secrets'}`. */
export interface ResourceType {
  /** Empty for the core group. */
  group: string;
  version: string;
  plural: string;
}

/** Names an object; without `namespace` for a cluster-scoped one. */
export interface ObjectName {
  namespace?: string | undefined;
  name: string;
}

/** An object to create, with the fields that the caller sets. */
export interface NewObject {
  metadata: {
    name: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    ownerReferences?: OwnerReference[];
  };
  [field: string]: unknown;
}

/** A guarded change of metadata. It succeeds only if the object still has this UID and this resourceVersion. */
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

/** Conditions for deleting an object. */
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
/** JSON is YAML, too. */
const APPLY_PATCH = 'application/apply-patch+yaml';

/**
 * One resource of the API server over plain REST. Reads are live, never from a cache. Methods throw the errors of
 * `api-errors.ts`, but an absent object is `undefined`.
 *
 * Nothing is retried: a guarded write without an answer may have happened, and only the caller can check.
 */
export class ResourceClient<T extends KubernetesObject> {
  readonly #options: ResourceClientOptions<T>;

  constructor(options: ResourceClientOptions<T>) {
    this.#options = options;
  }

  /** The object as it is now; undefined if there is none. */
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

  /**
   * Creates an object.
   *
   * @throws an error that `isAlreadyExists` recognizes if there is one of that name
   */
  async create(namespace: string | undefined, object: NewObject, options: CallOptions = {}): Promise<T> {
    const path = resourcePath(this.#options.type, namespace);
    return await this.#send({ ...options, method: 'POST', path, body: object });
  }

  /**
   * Changes annotations, labels or finalizers.
   *
   * @throws an error that `isConflict` recognizes if the object changed
   */
  async patchMetadata(patch: MetadataPatch, options: CallOptions = {}): Promise<T> {
    const { resourceVersion, uid } = patch;
    const body = { metadata: { ...patch.metadata, resourceVersion, uid } };
    const path = this.#objectPath(patch);
    return await this.#send({ ...options, method: 'PATCH', path, body, contentType: MERGE_PATCH });
  }

  /**
   * Merges any fields, unguarded: the last write wins.
   *
   * @throws an error that `isNotFound` recognizes if there is no such object
   */
  async mergePatch(target: ObjectName, body: unknown, options: CallOptions = {}): Promise<T> {
    const path = this.#objectPath(target);
    return await this.#send({ ...options, method: 'PATCH', path, body, contentType: MERGE_PATCH });
  }

  /**
   * Server-side apply: this field manager owns the fields of the body from now on, and gives up those that it no longer
   * names. With a UID in the body, an absent object is not created.
   *
   * @throws an error that `isConflict` recognizes if the UID is not that of the object
   */
  async apply(
    target: ObjectName,
    body: unknown,
    { fieldManager, ...options }: CallOptions & { fieldManager: string },
  ): Promise<T> {
    const path = this.#objectPath(target);
    const query = { fieldManager, force: true };
    return await this.#send({ ...options, method: 'PATCH', path, query, body, contentType: APPLY_PATCH });
  }

  /**
   * Replaces the object.
   *
   * @throws an error that `isConflict` recognizes if its version is not that of `object`
   */
  async replace(object: T, options: CallOptions = {}): Promise<T> {
    const path = this.#objectPath(object.metadata);
    return await this.#send({ ...options, method: 'PUT', path, body: object });
  }

  /**
   * Replaces the status with that of `object`; the server ignores the rest.
   *
   * @throws an error that `isConflict` recognizes if its version is not that of `object`
   */
  async replaceStatus(object: T, options: CallOptions = {}): Promise<T> {
    const path = `${this.#objectPath(object.metadata)}/status`;
    return await this.#send({ ...options, method: 'PUT', path, body: object });
  }

  /**
   * Deletes an object; with finalizers the deletion only begins.
   *
   * @returns false if there was nothing to delete
   */
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

/** The path of a resource, of all namespaces or one. */
export function resourcePath({ group, version, plural }: ResourceType, namespace?: string): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const scope = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  return `${root}${scope}/${plural}`;
}
