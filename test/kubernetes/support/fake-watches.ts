import type { ServerResponse } from 'node:http';
import { targetOf } from './fake-objects.ts';
import type { Change, FakeObjects } from './fake-objects.ts';

interface OpenWatch {
  collection: string;
  namespace: string | undefined;
  /** Of the only object that it reports; undefined: all. */
  name: string | undefined;
  /** It gets nothing up to this version, even if the server has not reached it yet. */
  version: number;
  response: ServerResponse;
  isMute: boolean;
}

/**
 * The watches of a fake API server. Each gets the events since its version, then new events. One without a version
 * gets the objects as they are.
 */
export class FakeWatches {
  readonly #objects: FakeObjects;
  #open: OpenWatch[] = [];
  #oldestVersion = 0;

  constructor(objects: FakeObjects) {
    this.#objects = objects;
    objects.onChange((change) => {
      for (const watch of this.#open) deliver(watch, change);
    });
  }

  /** The number of open watches. */
  get openCount(): number {
    return this.#open.length;
  }

  /** The oldest version in the history. Watches from earlier versions get 410. */
  compact(): void {
    this.#oldestVersion = this.#objects.version;
  }

  open(path: string, query: URLSearchParams, response: ServerResponse): void {
    const version = query.get('resourceVersion');
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    if (version !== null && Number(version) < this.#oldestVersion) {
      response.end(line('ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' }));
      return;
    }
    const watch = toWatch(path, query, response);
    this.#open.push(watch);
    response.once('close', () => {
      this.#open = this.#open.filter((other) => other !== watch);
    });
    for (const change of version === null ? this.#present(watch) : this.#since(Number(version))) {
      deliver(watch, change);
    }
  }

  #since(version: number): readonly Change[] {
    return this.#objects.history.filter((change) => change.version > version);
  }

  #present({ collection, namespace }: OpenWatch): readonly Change[] {
    const objects = this.#objects.list(collection, namespace);
    return objects.map((object) => ({ version: 0, collection, type: 'ADDED', object }));
  }

  /** Sends a bookmark on every open watch. */
  bookmark(): void {
    const metadata = { resourceVersion: String(this.#objects.version) };
    this.write(line('BOOKMARK', { metadata }));
  }

  /** Sends these bytes on every open watch. */
  write(bytes: string | Buffer): void {
    for (const { response } of this.#open) response.write(bytes);
  }

  /** Silences the open watches without closing them, as a peer that vanished. */
  mute(): void {
    for (const watch of this.#open) watch.isMute = true;
  }

  /** Ends the open watches normally. */
  end(): void {
    for (const { response } of this.#open) response.end();
  }

  /** Breaks the connections of the open watches. */
  cut(): void {
    for (const { response } of this.#open) response.socket?.resetAndDestroy();
  }
}

/** A line of a watch. */
export function line(type: string, object: unknown): string {
  return `${JSON.stringify({ type, object })}\n`;
}

function toWatch(path: string, query: URLSearchParams, response: ServerResponse): OpenWatch {
  const { collection = '', namespace } = targetOf(path) ?? {};
  const name = /^metadata\.name=(.+)$/.exec(query.get('fieldSelector') ?? '')?.[1];
  const version = Number(query.get('resourceVersion') ?? -1);
  return { collection, namespace, name, version, response, isMute: false };
}

function deliver(
  { collection, namespace, name, version, response, isMute }: OpenWatch,
  change: Change,
): void {
  if (isMute || change.collection !== collection || change.version <= version) return;
  if (namespace !== undefined && change.object.metadata.namespace !== namespace) return;
  if (name !== undefined && change.object.metadata.name !== name) return;
  response.write(line(change.type, change.object));
}
