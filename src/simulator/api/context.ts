import type { Account } from '../world/settings.ts';
import type { World } from '../world/world.ts';
import type { DeleteRecord } from '../world/ledger.ts';
import type { ApiAnswer, ApiRequest } from './answer.ts';

/** What a handler works with. `account` is the authorized caller. */
export interface ApiContext {
  world: World;
  account: Account;
  request: ApiRequest;
  /** The part of the path that the route names `{id}`. */
  id: string;
  requestNumber: number;
  /** Records the result of a DELETE of an instance. */
  noteDelete: (result: DeleteRecord['result']) => void;
}

type Handler = (context: ApiContext) => ApiAnswer;

/** One operation: method, canonical path, the scope that a key needs, and its handler. */
export interface Route {
  method: string;
  /** Below `/api/v1`, as the API document spells it. `{id}` is the only variable. */
  path: string;
  scope: string | null;
  access: 'read' | 'write';
  handle: Handler;
}

export function route(method: string, path: string, scope: string | null, handle: Handler): Route {
  return { method, path, scope, access: method === 'GET' ? 'read' : 'write', handle };
}
