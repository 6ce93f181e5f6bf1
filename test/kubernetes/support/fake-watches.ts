import type { ServerResponse } from 'node:http';
import { targetOf } from './fake-objects.ts';
import type { Change, FakeObjects } from './fake-objects.ts';

interface OpenWatch {
  collection: string;
  namespace: string | undefined;
  response: ServerResponse;
  isMute: boolean;
}

/** The watches of a fake API server. Each gets the events since its version, then new events. */
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
    const since = Number(query.get('resourceVersion'));
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    const target = targetOf(path);
    const watch = {
      collection: target?.collection ?? '',
      namespace: target?.namespace,
      response,
      isMute: false,
    };
    if (since < this.#oldestVersion) {
      response.end(line('ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' }));
      return;
    }
    this.#open.push(watch);
    response.once('close', () => {
      this.#open = this.#open.filter((other) => other !== watch);
    });
    for (const change of this.#objects.history) if (change.version > since) deliver(watch, change);
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

function deliver({ collection, namespace, response, isMute }: OpenWatch, change: Change): void {
  if (isMute || change.collection !== collection) return;
  if (namespace !== undefined && change.object.metadata.namespace !== namespace) return;
  response.write(line(change.type, change.object));
}
