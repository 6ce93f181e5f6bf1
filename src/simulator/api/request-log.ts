/** One request that arrived. No header is kept: tokens stay out of the log. */
export interface LoggedRequest {
  number: number;
  atMs: number;
  method: string;
  /** As sent, below `/api/v1`, without query. */
  path: string;
  /** The canonical path of the operation, with `{id}`; null for an unknown one. */
  route: string | null;
  query: string;
  userId: string | null;
  bodyText: string;
  /** Ids of the fault rules that fired. */
  faults: string[];
  /** What was answered; null before the answer, or if the connection was cut instead. */
  status: number | null;
}

export interface RequestFilter {
  method?: string | undefined;
  /** The canonical path (`/pods/{id}`, slash at the end or not), or a path as sent. */
  path?: string | undefined;
  status?: number | undefined;
  /** Only requests with a higher number: what came after some moment. */
  afterNumber?: number | undefined;
}

function plain(path: string): string {
  const below = path.startsWith('/api/v1/') ? path.slice('/api/v1'.length) : path;
  return below.length > 1 && below.endsWith('/') ? below.slice(0, -1) : below;
}

/** True if `wanted` is the operation's canonical path, the path as sent, or a pattern with `*`. */
export function isPath(wanted: string, route: string | null, path: string): boolean {
  const target = plain(wanted).replaceAll(/:\w+/g, '{id}');
  if (target === plain(path) || (route !== null && target === plain(route))) return true;
  if (!target.includes('*')) return false;
  const parts = target.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join('.*')}$`).test(plain(path));
}

/** Every request, in order. Exact counts are facts that tests assert. */
export class RequestLog {
  readonly #requests: LoggedRequest[] = [];
  readonly #listeners = new Set<(request: LoggedRequest) => void>();
  #lastNumber = 0;

  add(request: Omit<LoggedRequest, 'number' | 'faults' | 'status'>): LoggedRequest {
    this.#lastNumber += 1;
    const logged = { ...request, number: this.#lastNumber, faults: [], status: null };
    this.#requests.push(logged);
    for (const listener of this.#listeners) listener(logged);
    return logged;
  }

  /** Calls the listener with each request as it arrives, before it is handled; returns how to stop that. */
  onArrival(listener: (request: LoggedRequest) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Number of the newest request; 0 before the first. */
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

  /** Forgets the requests; their numbers go on. */
  clear(): void {
    this.#requests.length = 0;
  }
}
