import operatorPackage, { ResourceEventType } from '@dot-i/k8s-operator';
import type { ResourceEvent } from '@dot-i/k8s-operator';
import { KubeConfig } from '@kubernetes/client-node';
import { errorFields } from './error-fields.ts';
import type { Log } from './log.ts';
import type { KubernetesObject } from './objects.ts';
import { resourcePath } from './client/resource-client.ts';
import type { ResourceType } from './client/resource-client.ts';
import type { WatchedEvent } from './cache/source.ts';
import type { StoreEvent } from './cache/store.ts';
import type { StoreHandler } from './cache/store-handlers.ts';

// The package is CommonJS with a default export. In ESM that export is a member of the default import.
const Operator = operatorPackage.default;

/** A source of the events of a resource. `Reflector` implements it. */
export interface EventSource {
  subscribe(handler: StoreHandler<KubernetesObject>): () => void;
  start(): void;
  stop(): Promise<void>;
}

/** A resource to watch, and the handler of its events. */
export interface FramedWatch {
  readonly resource: ResourceType;
  /** Undefined: all namespaces. */
  readonly namespace: string | undefined;
  /** The frame starts and stops it. */
  readonly source: EventSource;
  readonly onEvent: (event: WatchedEvent) => void;
}

export interface FrameOptions {
  readonly kubeConfig: KubeConfig;
  readonly log: Log;
  readonly watches: readonly FramedWatch[];
}

export interface Frame {
  start(): Promise<void>;
  /** Resolves when all sources have stopped. */
  stop(): Promise<void>;
}

/**
 * The frame of an operator: `start()` calls `init()`, which calls `watchResource` once for each resource. `stop()`
 * ends all of them.
 *
 * `@dot-i/k8s-operator` provides the lifecycle, `kubeConfig` and the `ResourceEvent` contract, and nothing else. Its
 * own watch exits the process when a stream fails, its queue runs one event at a time, and its finalizer and status
 * helpers swallow errors and write unguarded. Here the events come from our own sources, and the class that inherits
 * the helpers is private.
 */
export function createFrame(options: FrameOptions): Frame {
  const operator = withoutDefault(() => new FramedOperator(options));
  return {
    start: async () => {
      await operator.start();
    },
    stop: async () => {
      operator.stop();
      await operator.whenStopped();
    },
  };
}

/**
 * The base class loads the default kubeconfig and makes a client with it. The frame uses neither, and client-node
 * throws where kubectl does not: on a missing file of a list, on a name that two files define, and on `/dev/null`.
 */
function withoutDefault<R>(create: () => R): R {
  const name = 'loadFromDefault';
  const original = Reflect.get(KubeConfig.prototype, name);
  Reflect.set(KubeConfig.prototype, name, function loadNothing(this: KubeConfig) {
    this.loadFromClusterAndUser(
      { name: 'unused', server: 'https://unused.invalid', skipTLSVerify: false },
      { name: 'unused' },
    );
  });
  try {
    return create();
  } finally {
    Reflect.set(KubeConfig.prototype, name, original);
  }
}

class FramedOperator extends Operator {
  readonly #options: FrameOptions;
  readonly #sources: EventSource[] = [];
  #stopped: Promise<void> | undefined;

  constructor(options: FrameOptions) {
    super(textLogger(options.log));
    this.#options = options;
    this.kubeConfig = options.kubeConfig;
    // It costs a megabyte of models and clients.
    Reflect.deleteProperty(this, 'k8sApi');
  }

  /** Stops all sources. `whenStopped` resolves when they have stopped. */
  override stop(): void {
    this.#stopped ??= Promise.all(this.#sources.map(async (source) => await source.stop())).then(
      () => undefined,
    );
  }

  /** Resolves after `stop()`, when all sources have stopped. */
  async whenStopped(): Promise<void> {
    await this.#stopped;
  }

  protected override async init(): Promise<void> {
    for (const { resource, namespace, onEvent } of this.#options.watches) {
      const { group, version, plural } = resource;
      const hear = async (event: WatchedEvent): Promise<void> => {
        onEvent(event);
        await Promise.resolve();
      };
      await this.watchResource(group, version, plural, hear, namespace);
    }
  }

  /** Starts the source of this resource and passes its events to `onEvent`, whose failures are logged. */
  protected override async watchResource(
    group: string,
    version: string,
    plural: string,
    onEvent: (event: WatchedEvent) => Promise<void>,
    namespace?: string,
  ): Promise<void> {
    const type = { group, version, plural };
    const source = this.#sourceOf(resourcePath(type, namespace));
    if (this.#stopped !== undefined || source === undefined) {
      return;
    }
    source.subscribe({
      onEvent: (event) => {
        onEvent(toWatchedEvent(event, type)).catch((error: unknown) => {
          this.#options.log.error({ ...errorFields(error), plural }, 'resource event handler failed');
        });
      },
    });
    this.#sources.push(source);
    source.start();
    await Promise.resolve();
  }

  #sourceOf(path: string): EventSource | undefined {
    return this.#options.watches.find(({ resource, namespace }) => resourcePath(resource, namespace) === path)
      ?.source;
  }
}

/** Adapts the log, because the frame logs plain text. */
function textLogger(log: Log): ConstructorParameters<typeof Operator>[0] {
  return {
    debug: (message) => {
      log.debug({}, message);
    },
    info: (message) => {
      log.info({}, message);
    },
    warn: (message) => {
      log.warn({}, message);
    },
    error: (message) => {
      log.error({}, message);
    },
  };
}

const EVENT_TYPES = {
  ADDED: ResourceEventType.Added,
  MODIFIED: ResourceEventType.Modified,
  DELETED: ResourceEventType.Deleted,
} as const;

/** Converts an event of a store into one of the frame. */
export function toWatchedEvent(
  event: StoreEvent<KubernetesObject>,
  { group, version, plural }: ResourceType,
): WatchedEvent {
  const { object } = event;
  const { name, namespace, resourceVersion } = object.metadata;
  const apiVersion = group === '' ? version : `${group}/${version}`;
  return {
    type: EVENT_TYPES[event.type],
    meta: {
      id: `${plural}.${apiVersion}`,
      name,
      ...(namespace === undefined ? {} : { namespace }),
      resourceVersion,
      apiVersion,
      // Items in a list of built-in kinds carry no kind, and their events need none.
      kind: object.kind ?? '',
    },
    // Only on demand: controllers read the stored object.
    get object() {
      return withDates(object);
    },
    stored: object,
    ...(event.type === 'MODIFIED' ? { previous: event.previous } : {}),
  };
}

/** client-node's types expect `Date` where JSON has strings. */
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
