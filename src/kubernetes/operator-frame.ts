import operatorPackage, { type ResourceEvent, ResourceEventType } from '@dot-i/k8s-operator';
import type { KubeConfig } from '@kubernetes/client-node';
import { errorFields } from './error-fields.ts';
import type { Log } from './log.ts';
import type { KubernetesObject } from './objects.ts';
import { resourcePath } from './resource-client.ts';
import type { StoreEvent } from './store.ts';
import type { StoreHandler } from './store-handlers.ts';

// The package is CommonJS with a default export: in ESM that export is a member of the default import.
const Operator = operatorPackage.default;

/** Where the frame's events come from. A `Reflector` is one. */
export interface EventSource {
  subscribe(handler: StoreHandler<KubernetesObject>): () => void;
  start(): void;
  stop(): Promise<void>;
}

export interface OperatorFrameOptions {
  kubeConfig: KubeConfig;
  log: Log;
  /** The source for a resource path; it is started by the frame, and stopped with it. */
  sourceFor: (path: string) => EventSource;
}

/** Thrown by the members of `Operator` that must not be used here; says what to use instead. */
export class FrameMemberError extends Error {
  override name = 'FrameMemberError';

  constructor(member: string, instead: string) {
    super(`${member} of @dot-i/k8s-operator is not used in this operator: ${instead}`);
  }
}

/**
 * The frame of an operator: `start()` calls `init()`, which calls `watchResource` once per resource; `stop()` ends all.
 *
 * From `@dot-i/k8s-operator` come the lifecycle, `kubeConfig` and the `ResourceEvent` contract, no more. Its own watch
 * exits the process when a stream fails, its queue runs one event at a time, and its finalizer and status helpers
 * swallow errors and write unguarded: here the events come from our sources, and the helpers throw.
 * A callback of `watchResource` should only put the key into a queue.
 */
export abstract class OperatorFrame extends Operator {
  readonly #options: OperatorFrameOptions;
  readonly #sources: EventSource[] = [];
  #stopped: Promise<void> | undefined;

  constructor(options: OperatorFrameOptions) {
    super({
      debug: (message) => {
        options.log.debug({}, message);
      },
      info: (message) => {
        options.log.info({}, message);
      },
      warn: (message) => {
        options.log.warn({}, message);
      },
      error: (message) => {
        options.log.error({}, message);
      },
    });
    this.#options = options;
    // The base class has loaded the default kubeconfig; ours may have been chosen by a flag.
    this.kubeConfig = options.kubeConfig;
    // It is made for that default kubeconfig, and takes a megabyte of models and clients along.
    Object.defineProperty(this, 'k8sApi', {
      get: () => {
        throw new FrameMemberError('k8sApi', 'use ApiTransport');
      },
    });
  }

  /** Starts the source of this resource and hands its events to `onEvent`, whose failures are logged. */
  protected override async watchResource(
    group: string,
    version: string,
    plural: string,
    onEvent: (event: ResourceEvent) => Promise<void>,
    namespace?: string,
  ): Promise<void> {
    if (this.#stopped !== undefined) return;
    const type = { group, version, plural };
    const source = this.#options.sourceFor(resourcePath(type, namespace));
    source.subscribe({
      onEvent: (event) => {
        onEvent(toResourceEvent(event, type)).catch((error: unknown) => {
          this.#options.log.error({ ...errorFields(error), plural }, 'resource event handler failed');
        });
      },
    });
    this.#sources.push(source);
    source.start();
    await Promise.resolve();
  }

  /** Stops all sources; `whenStopped` tells when they have. */
  override stop(): void {
    this.#stopped ??= Promise.all(this.#sources.map(async (source) => await source.stop())).then(
      () => undefined,
    );
  }

  /** Resolves when the sources are at rest, after `stop()`. */
  async whenStopped(): Promise<void> {
    await this.#stopped;
  }

  // The members below would be reachable for a subclass; each would break a promise of this operator.

  protected override async registerCustomResourceDefinition(): Promise<never> {
    return await refuse('registerCustomResourceDefinition', 'the CRD is installed by the chart');
  }

  protected override getCustomResourceApiUri(): never {
    throw new FrameMemberError('getCustomResourceApiUri', 'use resourcePath()');
  }

  protected override async setResourceStatus(): Promise<never> {
    return await refuse('setResourceStatus', 'use ResourceClient.replaceStatus(), which reports conflicts');
  }

  protected override async patchResourceStatus(): Promise<never> {
    return await refuse('patchResourceStatus', 'use ResourceClient.replaceStatus(), which reports conflicts');
  }

  protected override async handleResourceFinalizer(): Promise<never> {
    return await refuse('handleResourceFinalizer', 'use ResourceClient.patchMetadata(), guarded by version');
  }

  protected override async setResourceFinalizers(): Promise<never> {
    return await refuse('setResourceFinalizers', 'use ResourceClient.patchMetadata(), guarded by version');
  }

  protected override async applyAxiosKubeConfigAuth(): Promise<never> {
    return await refuse('applyAxiosKubeConfigAuth', 'use ApiTransport');
  }

  protected override async applyGaxiosKubeConfigAuth(): Promise<never> {
    return await refuse('applyGaxiosKubeConfigAuth', 'use ApiTransport');
  }
}

async function refuse(member: string, instead: string): Promise<never> {
  return await Promise.reject(new FrameMemberError(member, instead));
}

const EVENT_TYPES = {
  ADDED: ResourceEventType.Added,
  MODIFIED: ResourceEventType.Modified,
  DELETED: ResourceEventType.Deleted,
} as const;

interface WatchedType {
  group: string;
  version: string;
  plural: string;
}

function toResourceEvent(event: StoreEvent<KubernetesObject>, type: WatchedType): ResourceEvent {
  const { object } = event;
  const { name, namespace, resourceVersion } = object.metadata;
  const apiVersion = type.group === '' ? type.version : `${type.group}/${type.version}`;
  return {
    type: EVENT_TYPES[event.type],
    meta: {
      id: `${type.plural}.${apiVersion}`,
      name,
      ...(namespace === undefined ? {} : { namespace }),
      resourceVersion,
      apiVersion,
      // Items of a list of built-in kinds carry no kind; their events do not need one.
      kind: object.kind ?? '',
    },
    object: withDates(object),
  };
}

/** client-node's types want `Date` where JSON has strings. */
function withDates(object: KubernetesObject): ResourceEvent['object'] {
  const { creationTimestamp, deletionTimestamp, ...metadata } = object.metadata;
  return {
    ...object,
    metadata: {
      ...metadata,
      ...(creationTimestamp === undefined ? {} : { creationTimestamp: new Date(creationTimestamp) }),
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp: new Date(deletionTimestamp) }),
    },
  };
}
