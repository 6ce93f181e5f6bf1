import type { Settings } from '../world/settings.ts';
import { accountRoutes } from './account.ts';
import type { ApiRequest } from './answer.ts';
import { availabilityRoutes } from './availability.ts';
import type { Route } from './context.ts';
import { diskRoutes } from './disks.ts';
import { podRoutes } from './pods.ts';
import { sshKeyRoutes } from './ssh-keys.ts';

const BASE = '/api/v1';
/** Every operation of the simulated API. */
export const ROUTES: readonly Route[] = [
  ...availabilityRoutes,
  ...podRoutes,
  ...diskRoutes,
  ...sshKeyRoutes,
  ...accountRoutes,
];

function segments(path: string): string[] {
  return path.split('/').filter((part) => part !== '');
}

function matchId(route: Route, parts: readonly string[]): string | null {
  const wanted = segments(route.path);
  if (wanted.length !== parts.length) {
    return null;
  }
  let id = '';
  for (const [index, part] of wanted.entries()) {
    const actual = parts[index] ?? '';
    if (part === '{id}') {
      id = decodeURIComponent(actual);
    } else if (part !== actual) {
      return null;
    }
  }
  return id;
}

export type RouteMatch =
  | { kind: 'Found'; route: Route; id: string }
  | { kind: 'Redirect'; route: Route; path: string }
  | { kind: 'WrongMethod' }
  | { kind: 'NotFound' };

/**
 * The operation that a request means. Fixed paths precede `{id}` in the table, so `/pods/status` is not an
 * ID.
 */
export function findRoute(request: ApiRequest, slash: Settings['slash']): RouteMatch {
  if (!request.path.startsWith(`${BASE}/`)) {
    return { kind: 'NotFound' };
  }
  const path = request.path.slice(BASE.length);
  const parts = segments(path);
  const matches = ROUTES.flatMap((route) => {
    const id = matchId(route, parts);
    return id === null ? [] : [{ route, id }];
  });
  const found = matches.find(({ route }) => route.method === request.method);
  if (found === undefined) {
    return { kind: matches.length === 0 ? 'NotFound' : 'WrongMethod' };
  }
  const isCanonical = path.endsWith('/') === found.route.path.endsWith('/');
  if (isCanonical || slash === 'Direct') {
    return { kind: 'Found', ...found };
  }
  const canonical = path.endsWith('/') ? path.slice(0, -1) : `${path}/`;
  return { kind: 'Redirect', route: found.route, path: BASE + canonical };
}

/** The path as the request log shows it. */
export function pathBelowBase(path: string): string {
  return path.startsWith(`${BASE}/`) ? path.slice(BASE.length) : path;
}
