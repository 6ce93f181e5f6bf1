import { trimMetadata } from '../../../src/kubernetes/objects.ts';
import type { RawObject } from '../../../src/kubernetes/objects.ts';
import { Reflector } from '../../../src/kubernetes/cache/reflector.ts';
import type { ReflectorOptions } from '../../../src/kubernetes/cache/reflector-options.ts';
import { isWatch } from './fake-api-server.ts';
import { startRuntime } from './runtime.ts';
import type { Runtime } from './runtime.ts';
import { turn, until } from './until.ts';

/** The reflected resource. */
export const THINGS = '/apis/example.dev/v1/things';

const CONNECT_TIMEOUT_MS = 10_000;

/** A reflector of things on a fake API server, and the events that it reported. */
export class Reflecting {
  readonly runtime: Runtime;
  /** `ADDED a`, `DELETED b`, … in order. */
  readonly events: string[] = [];

  private constructor(runtime: Runtime) {
    this.runtime = runtime;
  }

  static async start(): Promise<Reflecting> {
    return new Reflecting(await startRuntime());
  }

  async close(): Promise<void> {
    await this.runtime.close();
  }

  startReflector(options: Partial<ReflectorOptions<RawObject>> = {}): Reflector<RawObject> {
    const { transport, clock, log } = this.runtime;
    const decode = trimMetadata;
    // The greatest jitter, so that a pause is never zero.
    const random = (): number => 0.999;
    const reflector = new Reflector({ transport, clock, log, path: THINGS, decode, random, ...options });
    reflector.subscribe({
      onEvent: ({ type, object }) => this.events.push(`${type} ${object.metadata.name}`),
    });
    this.runtime.onClose(async () => {
      await reflector.stop();
    });
    reflector.start();
    return reflector;
  }

  /** Starts the reflector, and waits until the response headers of the watch have arrived. */
  async startWatching(options?: Partial<ReflectorOptions<RawObject>>): Promise<Reflector<RawObject>> {
    const { server, clock } = this.runtime;
    const reflector = this.startReflector(options);
    await until(() => server.watches.openCount === 1, 'the watch');
    await until(() => !clock.wakeTimesMs().includes(CONNECT_TIMEOUT_MS), 'the head of the watch');
    return reflector;
  }

  put(name: string, fields?: Readonly<Record<string, unknown>>): RawObject {
    return this.runtime.server.objects.put(THINGS, `default/${name}`, fields);
  }

  remove(name: string): void {
    this.runtime.server.objects.remove(THINGS, `default/${name}`);
  }

  /** Resolves with the reported events as soon as there are this many. */
  async told(count: number): Promise<string[]> {
    await until(() => this.events.length >= count, `${String(count)} events`);
    return [...this.events];
  }

  /** Advances time by 250 ms at a time until the condition holds. */
  async advanceUntil(condition: () => boolean, what: string): Promise<void> {
    for (let step = 0; step < 200 && !condition(); step += 1) {
      for (let turns = 0; turns < 50 && !condition(); turns += 1) await turn();
      if (!condition()) await this.runtime.clock.advance(250);
    }
    if (!condition()) throw new Error(`${what} never came true`);
  }

  /** The versions from which watches were requested. */
  watchedVersions(): (string | null)[] {
    return this.runtime.server.requests.filter(isWatch).map(({ query }) => query.get('resourceVersion'));
  }

  /** The pause before the next retry, or 0 without one. */
  pauseMs(): number {
    const [wakeMs = 0] = this.runtime.clock.wakeTimesMs();
    return wakeMs < CONNECT_TIMEOUT_MS ? wakeMs : 0;
  }
}
