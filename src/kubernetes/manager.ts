import type { KubeConfig } from '@kubernetes/client-node';
import { whenAborted } from './deadline.ts';
import type { Election, LeadingEnd } from './election/election.ts';
import { createFrame, toWatchedEvent } from './frame.ts';
import type { EventSource, Frame, FramedWatch } from './frame.ts';
import type { Log } from './log.ts';
import { MergedStore } from './cache/merged-store.ts';
import type { Decode, KubernetesObject } from './objects.ts';
import { resourcePath } from './client/resource-client.ts';
import type { ResourceType } from './client/resource-client.ts';
import { RunnableStack } from './runnable.ts';
import type { Runnable } from './runnable.ts';
import { SharedSource } from './cache/source.ts';
import type { StoreView } from './cache/store.ts';

/** A resource to watch. */
export interface WatchedResource extends ResourceType {
  /** Only objects of these namespaces; none: all. */
  readonly namespaces: readonly string[];
  /** The API server may not know this kind, or refuse it: then it has no objects. @default false */
  readonly isOptional?: boolean;
  /** Checks and trims an object before it is kept. */
  readonly decode: Decode<KubernetesObject>;
  /** The form in which an object is kept, see `ReflectorOptions`. */
  readonly toKept?: (object: KubernetesObject) => KubernetesObject;
}

/** Keeps a local copy of one resource. `Reflector` implements it. */
export interface Informer extends EventSource {
  readonly store: StoreView<KubernetesObject>;
  hasSynced(): boolean;
  whenSynced(): Promise<void>;
  /** Resolves when a complete list was stored, or the API server has refused one. */
  whenAnswered(): Promise<void>;
  /** Why the last list or watch failed; undefined after one that succeeded. */
  readonly problem: string | undefined;
  /** How long ago the copy was last known to be current, in milliseconds. */
  ageMs(): number;
}

export interface ManagerOptions {
  readonly kubeConfig: KubeConfig;
  readonly log: Log;
  readonly election: Election;
  /** Called once for each path of a resource: one for all namespaces, or one for each. */
  readonly openInformer: (path: string, resource: WatchedResource) => Informer;
}

/** What a manager runs. */
export interface Parts {
  /** Run whether or not this process leads, from before the first watch until after the last. */
  readonly services: readonly Runnable[];
  /**
   * Called once this process leads and has listed every watched resource, except in namespaces where the API server
   * refuses that. The returned parts, such as controllers, run while this process leads. The signal aborts when the
   * process is asked to stop.
   */
  readonly lead: (signal: AbortSignal) => Promise<readonly Runnable[]>;
}

/** How current the copies of all watches are. */
export interface WatchHealth {
  /** At least one namespace of each resource is current. */
  readonly isServing: boolean;
  /** The watches that fail or are not current. */
  readonly failing: readonly FailingWatch[];
}

export interface FailingWatch {
  /** Undefined: all namespaces. */
  readonly namespace: string | undefined;
  readonly problem: string | undefined;
}

/** One path that is watched, for all sources that contain it. */
interface PathWatch {
  readonly resource: WatchedResource;
  readonly namespace: string | undefined;
  readonly informer: Informer;
  readonly sources: SharedSource[];
}

interface Shared {
  readonly source: SharedSource;
  readonly watches: readonly PathWatch[];
}

/**
 * What all controllers of a process share: the watches, and the lifecycle of each part.
 *
 * - On `start()`: the services, then one watch for each resource and namespace, then the election.
 * - Once this process leads and has listed every resource: the parts that only the leader runs. A namespace that it
 *   may not list holds up no other one.
 * - On `stop()`, in reverse: the parts that only the leader runs, whose work is awaited; then the Lease is released,
 *   so that the next leader meets no running work; then the watches; the services last.
 * - When the Lease is lost, nothing stops gracefully: another process may lead already, so this one has to exit.
 */
export class Manager {
  readonly #options: ManagerOptions;
  readonly #shared = new Map<string, Shared>();
  readonly #watches = new Map<string, PathWatch>();
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
   * The one source of this resource in these namespaces for all callers.
   *
   * @throws Error for a new resource after the start, because nothing would start its watch
   */
  source(resource: WatchedResource): SharedSource {
    return this.#sharedOf(resource).source;
  }

  /** True once every watched resource was listed. */
  hasSynced(): boolean {
    return this.#informers().every((informer) => informer.hasSynced());
  }

  /** How long ago the oldest local copy was last known to be current, in milliseconds. */
  ageMs(): number {
    return Math.max(0, ...this.#informers().map((informer) => informer.ageMs()));
  }

  /** A copy that was not known to be current for `maxAgeMs` is failing. */
  health(maxAgeMs: number): WatchHealth {
    const isCurrent = ({ informer }: PathWatch): boolean =>
      informer.hasSynced() && informer.ageMs() < maxAgeMs;
    return {
      isServing: [...this.#shared.values()].every(({ watches }) => watches.some(isCurrent)),
      failing: [...this.#watches.values()]
        .filter((watch) => !isCurrent(watch) || watch.informer.problem !== undefined)
        .map(({ namespace, informer: { problem } }) => ({ namespace, problem })),
    };
  }

  /** Namespaces of this resource that were not listed yet. */
  unlistedNamespaces(resource: WatchedResource): readonly string[] {
    return this.#sharedOf(resource)
      .watches.filter(({ informer }) => !informer.hasSynced())
      .flatMap(({ namespace }) => namespace ?? []);
  }

  async start({ services, lead }: Parts): Promise<void> {
    const { election, kubeConfig, log } = this.#options;
    const frame = createFrame({ kubeConfig, log, watches: this.#framedWatches() });
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

  #sharedOf(resource: WatchedResource): Shared {
    const { namespaces } = resource;
    const scopes = namespaces.length === 0 ? [undefined] : namespaces;
    const paths = scopes.map((namespace) => resourcePath(resource, namespace));
    const key = paths.toSorted().join(' ');
    const shared = this.#shared.get(key) ?? this.#share(resource, scopes);
    this.#shared.set(key, shared);
    return shared;
  }

  #share(resource: WatchedResource, scopes: readonly (string | undefined)[]): Shared {
    const watches = scopes.map((namespace) => this.#watchOf(resource, namespace));
    const [first] = watches;
    const stores = new Map(watches.map(({ namespace, informer }) => [namespace ?? '', informer.store]));
    const source = new SharedSource({
      log: this.#options.log,
      store: watches.length === 1 && first !== undefined ? first.informer.store : new MergedStore(stores),
      toAdded: (object) => toWatchedEvent({ type: 'ADDED', object }, resource),
    });
    for (const { sources } of watches) sources.push(source);
    return { source, watches };
  }

  #watchOf(resource: WatchedResource, namespace: string | undefined): PathWatch {
    const path = resourcePath(resource, namespace);
    const known = this.#watches.get(path);
    if (known !== undefined) return known;
    if (this.#frame !== undefined) {
      throw new Error(`${path} is watched by nobody: ask for its source before the manager starts`);
    }
    const watch = { resource, namespace, informer: this.#options.openInformer(path, resource), sources: [] };
    this.#watches.set(path, watch);
    return watch;
  }

  #framedWatches(): readonly FramedWatch[] {
    return [...this.#watches.values()].map(({ resource, namespace, informer, sources }) => ({
      resource,
      namespace,
      source: informer,
      onEvent: (event) => {
        for (const source of sources) source.emit(event);
      },
    }));
  }

  #informers(): readonly Informer[] {
    return [...this.#watches.values()].map(({ informer }) => informer);
  }

  async #lead(lead: Parts['lead']): Promise<void> {
    const { signal } = this.#stopping;
    const listed = Promise.all([...this.#shared.values()].map(whenListed));
    await Promise.race([listed, whenAborted(signal)]);
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

/** Waits for all namespaces, except for those that the API server refuses while others can be listed. */
async function whenListed({ watches }: Shared): Promise<void> {
  await Promise.all(watches.map(async ({ informer }) => await informer.whenAnswered()));
  await Promise.any(watches.map(async ({ informer }) => await informer.whenSynced()));
}
