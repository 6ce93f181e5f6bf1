import { ApiStatusError, isForbidden } from '../client/api-errors.ts';
import { isOlderVersion, objectKey } from '../objects.ts';
import type { KubernetesObject, RawObject } from '../objects.ts';
import { listPages } from './list-pages.ts';
import type { ListPage, ListRequest } from './list-pages.ts';
import { ListFailures } from './list-failures.ts';
import { LOOK_AGAIN_MS, OptionalKind } from './optional-kind.ts';
import { decodeOrReport } from './decode-or-report.ts';
import type { ReflectorOptions } from './reflector-options.ts';
import { RetryPause } from './retry-pause.ts';
import { Store } from './store.ts';
import type { ListedAt, StoreEvent, StoreView } from './store.ts';
import { StoreHandlers } from './store-handlers.ts';
import type { StoreHandler } from './store-handlers.ts';
import { VersionCheck } from './version-check.ts';
import { WatchLength, watchTimeouts } from './watch-length.ts';
import { runWatch } from './watch-stream.ts';
import type { WatchChange, WatchOutcome } from './watch-stream.ts';

const LIST_TIMEOUT_MS = 60_000;

/**
 * Keeps a local copy of one resource, and notifies its handlers of each change. Modes:
 *
 * - NEW: until `start()`.
 * - LISTING: there is no version to watch from, at the start, after 410, and after garbage twice in a row. A complete
 *   list is compared with the store, so that handlers receive missed changes, deletions too. → WATCHING when it is
 *   complete; → WAITING when it fails.
 * - WATCHING: from the last version, which every change and every bookmark advances. → WATCHING at once when the
 *   server ended it in order after delivering something, and after silence; → WAITING on everything else, then
 *   WATCHING (410: LISTING).
 * - WAITING: back-off with full jitter, never shorter than the server's Retry-After. Anything that a watch delivers
 *   resets it. A list with changes only shortens it, so that a server that expires every watch does not receive
 *   endless lists. An opened watch shortens it too, because whatever cuts each quiet watch after a while must not
 *   delay the next.
 * - STOPPED: after `stop()`, the only way in. No error of the server, the network or a handler leads here.
 */
export class Reflector<T extends KubernetesObject> {
  readonly #options: ReflectorOptions<T>;
  readonly #store: Store<T>;
  readonly #handlers: StoreHandlers<T>;
  readonly #stopping = new AbortController();
  readonly #synced = Promise.withResolvers<undefined>();
  readonly #answered = Promise.withResolvers<undefined>();
  readonly #listFailures: ListFailures;
  readonly #pause: RetryPause;
  readonly #kind: OptionalKind;
  #running: Promise<void> | undefined;
  #resourceVersion: string | undefined;
  /** The last version that was known, even if there is none to watch from. */
  #reached: string | undefined;
  readonly #versionCheck = new VersionCheck();
  /** Ends the present watch. */
  #replaced = new AbortController();
  #hasSynced = false;
  #garbageInARow = 0;
  readonly #watchLength = new WatchLength();
  /** True if something changed since the last list began. */
  #hasNews = false;
  #lastEventAtMs: number | undefined;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.#store = new Store(options.clock, options.toKept);
    this.#handlers = new StoreHandlers(options.log);
    this.#pause = new RetryPause(options.random ?? Math.random);
    this.#kind = new OptionalKind(options.isOptional ?? false, options.clock);
    this.#listFailures = new ListFailures(options.log, options.path);
  }

  /** The local copy. Complete once `hasSynced()`. */
  get store(): StoreView<T> {
    return this.#store;
  }

  /** Monotonic time of the last sign of life from the server; undefined before the first. */
  get lastEventAtMs(): number | undefined {
    return this.#lastEventAtMs;
  }

  /** How long ago the copy was last known to be current, in milliseconds; infinite before the first sign of life. */
  ageMs(): number {
    if (this.#lastEventAtMs === undefined) return Number.POSITIVE_INFINITY;
    return this.#options.clock.monotonicMs() - this.#lastEventAtMs;
  }

  /** True once a complete list was stored. */
  hasSynced(): boolean {
    return this.#hasSynced;
  }

  /** Resolves when `hasSynced()` becomes true. */
  async whenSynced(): Promise<void> {
    await this.#synced.promise;
  }

  /** Resolves when a complete list was stored, or the server has refused one (403). */
  async whenAnswered(): Promise<void> {
    await this.#answered.promise;
  }

  /** Why the last list or watch failed; undefined after one that succeeded. */
  get problem(): string | undefined {
    return this.#listFailures.problem;
  }

  /** Adds a handler for future changes, and returns how to remove it. `store.list()` has the existing objects. */
  subscribe(handler: StoreHandler<T>): () => void {
    return this.#handlers.subscribe(handler);
  }

  /** Starts. Call it once. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Ends the watch and its socket. Resolves when nothing runs any more. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    await this.#versionCheck.settled();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const version = this.#resourceVersion;
      const pauseMs = version === undefined ? await this.#list() : await this.#watch(version);
      if (pauseMs > 0) await this.#options.clock.sleep(pauseMs, signal).catch(() => undefined);
    }
  }

  /** Lists everything. Returns how long to pause before the next step, in milliseconds. */
  async #list(): Promise<number> {
    const { transport, path, log } = this.#options;
    const { signal } = this.#stopping;
    const beganAtMs = this.#options.clock.monotonicMs();
    const seen = new Set<string>();
    this.#hasNews = false;
    try {
      const version = await listPages(transport, this.#listRequest(), (page) => {
        if (page.isFirst && seen.size > 0) log.info({ path }, 'list expired between pages, listing again');
        this.#takePage(page, beganAtMs, seen);
      });
      this.#completeList(version, seen);
      return 0;
    } catch (error) {
      if (signal.aborted) return 0;
      if (this.#kind.isAbsent(error)) return this.#noteAbsent(error);
      this.#listFailures.onListFailure(error);
      if (isForbidden(error)) this.#answered.resolve(undefined);
      return this.#pause.nextMs(error instanceof ApiStatusError ? error.retryAfterMs : undefined);
    }
  }

  #noteAbsent(error: unknown): number {
    this.#listFailures.onAbsent(error);
    this.#touch();
    this.#setSynced();
    return LOOK_AGAIN_MS;
  }

  #setSynced(): void {
    this.#hasSynced = true;
    this.#synced.resolve(undefined);
    this.#answered.resolve(undefined);
  }

  #takePage(page: ListPage, beganAtMs: number, seen: Set<string>): void {
    const { isFirst, items, resourceVersion: version } = page;
    this.#touch();
    // A list that began anew may lack objects of its first attempt.
    if (isFirst) seen.clear();
    const list = { version, beganAtMs, isRewound: isOlderVersion(version, this.#reached ?? version) };
    if (list.isRewound && isFirst) this.#listFailures.onRewound(version);
    for (const raw of items) {
      seen.add(objectKey(raw));
      this.#put(raw, list);
    }
  }

  #completeList(version: string, seen: ReadonlySet<string>): void {
    for (const key of this.#store.keys()) {
      if (!seen.has(key)) this.#emit(this.#store.removeKey(key));
    }
    if (this.#hasNews) this.#pause.shorten();
    this.#goOnFrom(version);
    this.#options.observer?.onListed?.(seen.size);
    this.#listFailures.onListed(seen.size);
    this.#kind.noteListed();
    this.#setSynced();
  }

  /** Watches until the stream ends. Returns how long to pause before the next step, in milliseconds. */
  async #watch(version: string): Promise<number> {
    const { transport, labelSelector, fieldSelector, observer, random = Math.random } = this.#options;
    const timeoutSeconds = this.#watchLength.seconds(random());
    this.#replaced = new AbortController();
    const watch = { watch: true, allowWatchBookmarks: true, resourceVersion: version, timeoutSeconds };
    const outcome = await runWatch({
      ...this.#options,
      query: { ...watch, labelSelector, fieldSelector },
      ...watchTimeouts(timeoutSeconds, this.#options.idleTimeoutMs),
      signal: AbortSignal.any([this.#stopping.signal, this.#replaced.signal]),
      onOpen: () => {
        this.#listFailures.onWatchOpened();
        this.#pause.shorten();
      },
      onEvent: (event) => {
        this.#takeEvent(event);
      },
      onBytes: () => {
        this.#touch();
      },
    });
    observer?.onWatchEnded?.(outcome.end);
    if (outcome.end === 'idle') {
      this.#versionCheck.begin(transport, this.#listRequest(), version, () => {
        this.#listInstead(version);
      });
    }
    return this.#afterWatch(outcome, version);
  }

  /** Ends the present watch, unless it has brought a later version meanwhile. */
  #listInstead(version: string): void {
    if (this.#resourceVersion !== version) return;
    this.#resourceVersion = undefined;
    this.#replaced.abort();
  }

  #listRequest(): ListRequest {
    return { ...this.#options, signal: this.#stopping.signal, timeoutMs: LIST_TIMEOUT_MS };
  }

  #goOnFrom(version: string): void {
    this.#resourceVersion = version;
    this.#reached = version;
  }

  #takeEvent(event: WatchChange): void {
    this.#pause.reset();
    this.#garbageInARow = 0;
    if (event.kind === 'bookmark') {
      this.#goOnFrom(event.resourceVersion);
      return;
    }
    this.#goOnFrom(event.object.metadata.resourceVersion);
    if (event.type === 'DELETED') this.#remove(event.object);
    else this.#put(event.object);
  }

  #afterWatch(outcome: WatchOutcome, startedFrom: string): number {
    const { log, path } = this.#options;
    switch (outcome.end) {
      case 'stopped':
        return 0;
      case 'ended':
        this.#watchLength.noteEnd();
        return this.#resourceVersion === startedFrom ? this.#pause.nextMs() : 0;
      case 'failed':
        this.#listFailures.onWatchFailure(outcome.message);
        return this.#pause.nextMs(outcome.retryAfterMs);
      case 'garbage':
        this.#garbageInARow += 1;
        if (this.#garbageInARow > 1) this.#resourceVersion = undefined;
        break;
      case 'expired':
        this.#resourceVersion = undefined;
        break;
      case 'idle':
        // The silence already took its time. A pause would only add to the time without a watch.
        this.#watchLength.noteSilence();
        log.info({ path, end: outcome.end }, 'watch was silent, replacing it');
        return 0;
    }
    log.info({ path, end: outcome.end }, 'watch ended, resuming it');
    return this.#pause.nextMs();
  }

  #put(raw: RawObject, list?: ListedAt): void {
    const object = decodeOrReport(this.#options, raw);
    if (object !== undefined) this.#emit(this.#store.put(object, list));
  }

  /** Deletes an object even if it no longer decodes, because its identity is enough. */
  #remove(raw: RawObject): void {
    this.#emit(this.#store.remove(raw, decodeOrReport(this.#options, raw)));
  }

  #emit(events: readonly StoreEvent<T>[]): void {
    if (events.length > 0) this.#hasNews = true;
    this.#handlers.emit(events);
  }

  #touch(): void {
    this.#lastEventAtMs = this.#options.clock.monotonicMs();
  }
}
