import type { Clock } from '../../clock.ts';
import type { ApiTransport } from '../client/api-transport.ts';
import { RetryPause } from './retry-pause.ts';
import { WatchLength, watchTimeouts } from './watch-length.ts';
import { runWatch } from './watch-stream.ts';
import type { WatchChange, WatchOutcome } from './watch-stream.ts';

export interface ObjectWatchOptions {
  readonly transport: ApiTransport;
  readonly clock: Clock;
  /** Of the resource: `/api/v1/namespaces/<namespace>/secrets`. */
  readonly path: string;
  readonly name: string;
  /** The object may have changed. Also called when a watch opens that cannot tell what happened before it. */
  readonly onChange: () => void;
  /** Called when the server does not allow the watch. It is tried again every ten minutes or so. */
  readonly onForbidden?: () => void;
  /** Silence after which the watch is closed. The server sends one bookmark a minute. @default 90000 */
  readonly idleTimeoutMs?: number | undefined;
  /** Replaces Math.random in tests. */
  readonly random?: () => number;
}

/** Somebody has to grant the right first. */
const REFUSED_MS = 600_000;

/**
 * Reports when one object may have changed. It keeps no copy, and needs only the right to `watch` this one object:
 * without a resource version the server begins with the object as it is, so nothing has to be listed. While the watch is
 * not open, the caller has to look itself.
 */
export class ObjectWatch {
  readonly #options: ObjectWatchOptions;
  readonly #random: () => number;
  readonly #stopping = new AbortController();
  readonly #pause: RetryPause;
  readonly #length = new WatchLength();
  #resourceVersion: string | undefined;
  #isOpen = false;

  constructor(options: ObjectWatchOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
    this.#pause = new RetryPause(this.#random);
  }

  /** Whether the watch is open, so that `onChange` is called for every change. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Starts. Call it once. */
  start(): void {
    void this.#run();
  }

  /** Ends the watch and its socket. */
  stop(): void {
    this.#stopping.abort();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const startedFrom = this.#resourceVersion;
      const outcome = await this.#watch();
      this.#isOpen = false;
      const pauseMs = this.#afterWatch(outcome, startedFrom);
      if (pauseMs > 0) {
        await this.#options.clock.sleep(pauseMs, signal).catch(() => undefined);
      }
    }
  }

  async #watch(): Promise<WatchOutcome> {
    const { transport, clock, path, name, idleTimeoutMs } = this.#options;
    const timeoutSeconds = this.#length.seconds(this.#random());
    return await runWatch({
      transport,
      clock,
      path,
      query: {
        watch: true,
        allowWatchBookmarks: true,
        fieldSelector: `metadata.name=${name}`,
        resourceVersion: this.#resourceVersion,
        timeoutSeconds,
      },
      ...watchTimeouts(timeoutSeconds, idleTimeoutMs),
      signal: this.#stopping.signal,
      onOpen: () => {
        this.#isOpen = true;
        this.#pause.shorten();
        // No event reports a deletion before this moment.
        if (this.#resourceVersion === undefined) this.#options.onChange();
      },
      onEvent: (event) => {
        this.#take(event);
      },
      onBytes: () => undefined,
    });
  }

  #take(event: WatchChange): void {
    this.#pause.reset();
    if (event.kind === 'bookmark') {
      this.#resourceVersion = event.resourceVersion;
      return;
    }
    this.#resourceVersion = event.object.metadata.resourceVersion;
    this.#options.onChange();
  }

  /** @returns how long to pause before the next watch, in milliseconds */
  #afterWatch(outcome: WatchOutcome, startedFrom: string | undefined): number {
    switch (outcome.end) {
      case 'stopped':
        return 0;
      case 'idle':
        this.#length.noteSilence();
        // A server that was restored from a backup keeps a watch silent until it reaches this version again.
        this.#resourceVersion = undefined;
        return 0;
      case 'ended':
        this.#length.noteEnd();
        return this.#resourceVersion === startedFrom ? this.#pause.nextMs() : 0;
      case 'failed':
        if (outcome.isForbidden) {
          this.#options.onForbidden?.();
          return REFUSED_MS * (1 + this.#random());
        }
        return this.#pause.nextMs(outcome.retryAfterMs);
      case 'expired':
      case 'garbage':
        this.#resourceVersion = undefined;
        return this.#pause.nextMs();
    }
  }
}
