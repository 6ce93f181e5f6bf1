/** One request that arrived. The log keeps no headers, so it holds no tokens. */
export interface LoggedRequest {
  number: number;
  atMs: number;
  method: string;
  /** As sent, below `/api/v1`, without the query. */
  path: string;
  /** The canonical path of the operation, with `{id}`, or null for an unknown one. */
  route: string | null;
  query: string;
  userId: string | null;
  bodyText: string;
  /** IDs of the fault rules that fired. */
  faults: string[];
  /** The status of the answer, or null before the answer or if the connection was cut. */
  status: number | null;
}

export interface RequestFilter {
  method?: string | undefined;
  /** The canonical path (`/pods/{id}`, with or without a trailing slash), or a path as sent. */
  path?: string | undefined;
  status?: number | undefined;
  /** Only requests with a greater number. */
  afterNumber?: number | undefined;
}

function plain(path: string): string {
  const below = path.startsWith('/api/v1/') ? path.slice('/api/v1'.length) : path;
  return below.length > 1 && below.endsWith('/') ? below.slice(0, -1) : below;
}

/** True if `wanted` is the operation's canonical path, the path as sent, or a pattern with `*`. */
export function isPath(wanted: string, route: string | null, path: string): boolean {
  const target = plain(wanted).replaceAll(/:\w+/g, '{id}');
  if (target === plain(path) || (route !== null && target === plain(route))) {
    return true;
  }
  if (!target.includes('*')) {
    return false;
  }
  const parts = target.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join('.*')}$`).test(plain(path));
}

/** All requests in the sequence of their arrival. Tests assert exact counts. */
export class RequestLog {
  readonly #requests: LoggedRequest[] = [];
  readonly #listeners = new Set<(request: LoggedRequest) => void>();
  #lastNumber = 0;

  add(request: Omit<LoggedRequest, 'number' | 'faults' | 'status'>): LoggedRequest {
    this.#lastNumber += 1;
    const logged = { ...request, number: this.#lastNumber, faults: [], status: null };
    this.#requests.push(logged);
    for (const listener of this.#listeners) {
      listener(logged);
    }
    return logged;
  }

  /**
   * Calls the listener with each request on arrival, before it is handled. Returns a function that
   * unsubscribes.
   */
  onArrival(listener: (request: LoggedRequest) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The number of the newest request, or 0 before the first. */
  get lastNumber(): number {
    return this.#lastNumber;
  }

  all(filter: RequestFilter = {}): LoggedRequest[] {
    return this.#requests.filter(
      (request) =>
        (filter.method === undefined || filter.method.toUpperCase() === request.method) &&
        (filter.path === undefined || isPath(filter.path, request.route, request.path)) &&
        (filter.status === undefined || filter.status === request.status) &&
        request.number > (filter.afterNumber ?? 0),
    );
  }

  count(filter: RequestFilter = {}): number {
    return this.all(filter).length;
  }

  /** Counts by operation: `GET /pods/{id}` → n. */
  counts(): Record<string, number> {
    const result: Record<string, number> = {};
    for (const { method, route, path } of this.#requests) {
      const name = `${method} ${route ?? path}`;
      result[name] = (result[name] ?? 0) + 1;
    }
    return result;
  }

  /** Deletes all entries. The numbering continues. */
  clear(): void {
    this.#requests.length = 0;
  }
}
