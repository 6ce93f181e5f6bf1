import { type RawObject, trimMetadata } from '../../../src/kubernetes/objects.ts';
import { Reflector, type ReflectorOptions } from '../../../src/kubernetes/reflector.ts';
import { isWatch } from './fake-api-server.ts';
import { type Runtime, startRuntime } from './runtime.ts';
import { turn, until } from './until.ts';

/** The resource that is reflected. */
export const THINGS = '/apis/example.dev/v1/things';

const CONNECT_TIMEOUT_MS = 10_000;

/** A reflector of things on a fake API server, and what it told. */
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
    // The greatest jitter, so that a pause is never nothing.
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

  /** Starts, and waits until the head of the watch has arrived. */
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

  /** Resolves with what was told, as soon as it is as much as asked for. */
  async told(count: number): Promise<string[]> {
    await until(() => this.events.length >= count, `${String(count)} events`);
    return [...this.events];
  }

  /** Moves time on, a quarter of a second at a time, until the condition holds. */
  async advanceUntil(condition: () => boolean, what: string): Promise<void> {
    for (let step = 0; step < 200 && !condition(); step += 1) {
      for (let turns = 0; turns < 50 && !condition(); turns += 1) await turn();
      if (!condition()) await this.runtime.clock.advance(250);
    }
    if (!condition()) throw new Error(`${what} never came true`);
  }

  /** The versions from which watches were asked for. */
  watchedVersions(): (string | null)[] {
    return this.runtime.server.requests.filter(isWatch).map(({ query }) => query.get('resourceVersion'));
  }

  /** The pause before the next try; 0 while there is none. */
  pauseMs(): number {
    const [wakeMs = 0] = this.runtime.clock.wakeTimesMs();
    return wakeMs < CONNECT_TIMEOUT_MS ? wakeMs : 0;
  }
}
