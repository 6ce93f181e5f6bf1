import type { KubeConfig } from '@kubernetes/client-node';
import { whenAborted } from './deadline.ts';
import type { Election, LeadingEnd } from './election.ts';
import { createFrame, toWatchedEvent } from './frame.ts';
import type { EventSource, Frame, FramedWatch } from './frame.ts';
import type { Log } from './log.ts';
import type { Decode, KubernetesObject } from './objects.ts';
import { resourcePath } from './resource-client.ts';
import type { ResourceType } from './resource-client.ts';
import { RunnableStack } from './runnable.ts';
import type { Runnable } from './runnable.ts';
import { SharedSource } from './source.ts';
import type { StoreView } from './store.ts';

/** A resource to watch. */
export interface WatchedResource extends ResourceType {
  /** Only objects of this namespace; undefined: all. */
  readonly namespace: string | undefined;
  /** Checks and trims an object before it is kept. */
  readonly decode: Decode<KubernetesObject>;
}

/** Keeps a local copy of one resource. `Reflector` implements it. */
export interface Informer extends EventSource {
  readonly store: StoreView<KubernetesObject>;
  hasSynced(): boolean;
  whenSynced(): Promise<void>;
  /** How long ago the copy was last known to be current, in milliseconds. */
  ageMs(): number;
}

export interface ManagerOptions {
  readonly kubeConfig: KubeConfig;
  readonly log: Log;
  readonly election: Election;
  /** Called once for each resource, with the path of its objects. */
  readonly openInformer: (path: string, resource: WatchedResource) => Informer;
}

/** What a manager runs. */
export interface Parts {
  /** Run whether or not this process leads, from before the first watch until after the last. */
  readonly services: readonly Runnable[];
  /**
   * Called once this process leads and has listed every watched resource. The returned parts, such as controllers,
   * run while this process leads. The signal aborts when the process is asked to stop.
   */
  readonly lead: (signal: AbortSignal) => Promise<readonly Runnable[]>;
}

interface Shared {
  readonly resource: WatchedResource;
  readonly informer: Informer;
  readonly source: SharedSource;
}

/**
 * What all controllers of a process share: the watches, and the lifecycle of each part.
 *
 * - On `start()`: the services, then one watch for each resource, then the election.
 * - Once this process leads and has listed every resource: the parts that only the leader runs.
 * - On `stop()`, in reverse: the parts that only the leader runs, whose work is awaited; then the Lease is released,
 *   so that the next leader meets no running work; then the watches; the services last.
 * - When the Lease is lost, nothing stops gracefully: another process may lead already, so this one has to exit.
 */
export class Manager {
  readonly #options: ManagerOptions;
  readonly #shared = new Map<string, Shared>();
  readonly #services: RunnableStack;
  readonly #leaderBound: RunnableStack;
  readonly #stopping = new AbortController();
  readonly #ended = Promise.withResolvers<'stopped' | 'lostLease'>();
  #frame: Frame | undefined;
  #leading: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;

  constructor(options: ManagerOptions) {
    this.#options = options;
    this.#services = new RunnableStack(options.log);
    this.#leaderBound = new RunnableStack(options.log);
  }

  /** Resolves when the process has stopped, on request or because it lost the Lease. */
  get ended(): Promise<'stopped' | 'lostLease'> {
    return this.#ended.promise;
  }

  /**
   * The one source of this resource for all callers.
   *
   * @throws Error for a new resource after the start, because nothing would start its watch
   */
  source(resource: WatchedResource): SharedSource {
    const path = resourcePath(resource, resource.namespace);
    const { source } = this.#shared.get(path) ?? this.#share(path, resource);
    return source;
  }

  /** True once every watched resource was listed. */
  hasSynced(): boolean {
    return this.#informers().every((informer) => informer.hasSynced());
  }

  /** How long ago the oldest local copy was last known to be current, in milliseconds. */
  ageMs(): number {
    return Math.max(0, ...this.#informers().map((informer) => informer.ageMs()));
  }

  async start({ services, lead }: Parts): Promise<void> {
    const { election, kubeConfig, log } = this.#options;
    const frame = createFrame({ kubeConfig, log, watches: this.#watches() });
    this.#frame = frame;
    await this.#services.start(services, this.#stopping.signal);
    await frame.start();
    election.start({
      onStartedLeading: () => {
        this.#leading = this.#lead(lead);
      },
      onStoppedLeading: async (end) => {
        await this.#stopLeading(end);
      },
    });
  }

  /** Stops gracefully. Call it once. */
  async stop(): Promise<void> {
    this.#stopped ??= this.#stopAll();
    await this.#stopped;
  }

  async #stopAll(): Promise<void> {
    this.#stopping.abort();
    await this.#options.election.stop();
    await this.#frame?.stop();
    await this.#services.stop();
    this.#ended.resolve('stopped');
  }

  #share(path: string, resource: WatchedResource): Shared {
    if (this.#frame !== undefined) {
      throw new Error(`${path} is watched by nobody: ask for its source before the manager starts`);
    }
    const { log, openInformer } = this.#options;
    const informer = openInformer(path, resource);
    const source = new SharedSource({
      log,
      store: informer.store,
      toAdded: (object) => toWatchedEvent({ type: 'ADDED', object }, resource),
    });
    const shared = { resource, informer, source };
    this.#shared.set(path, shared);
    return shared;
  }

  #watches(): readonly FramedWatch[] {
    return [...this.#shared.values()].map(({ resource, informer, source }) => ({
      resource,
      namespace: resource.namespace,
      source: informer,
      onEvent: (event) => {
        source.emit(event);
      },
    }));
  }

  #informers(): readonly Informer[] {
    return [...this.#shared.values()].map(({ informer }) => informer);
  }

  async #lead(lead: Parts['lead']): Promise<void> {
    const { signal } = this.#stopping;
    const synced = Promise.all(this.#informers().map(async (informer) => await informer.whenSynced()));
    await Promise.race([synced, whenAborted(signal)]);
    if (!signal.aborted) {
      await this.#leaderBound.start(await lead(signal), signal);
    }
  }

  async #stopLeading(end: LeadingEnd): Promise<void> {
    if (end === 'lost') {
      this.#ended.resolve('lostLease');
      return;
    }
    // A part that is about to start checks the signal, so nothing starts after this.
    await this.#leading;
    await this.#leaderBound.stop();
  }
}
