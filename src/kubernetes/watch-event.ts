import { type ApiStatusError, statusObjectError } from './api-errors.ts';
import { isRecord, parseJson } from '../json.ts';
import { isRawObject, type RawObject, resourceVersionOf } from './objects.ts';

/** One line of a watch, understood. */
export type WatchEvent =
  | { kind: 'change'; type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: RawObject }
  | { kind: 'bookmark'; resourceVersion: string }
  | { kind: 'error'; error: ApiStatusError }
  /** A type that this version does not know, in a line that is otherwise whole; as client-go does, it is passed over. */
  | { kind: 'unknown'; type: string }
  | { kind: 'garbage' };

/** Reads one line of a watch. What is not a watch event is `garbage`, never an exception. */
export function parseWatchEvent(line: string): WatchEvent {
  const event = parseJson(line);
  if (!isRecord(event)) return { kind: 'garbage' };
  const { type, object } = event;
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      return isRawObject(object) ? { kind: 'change', type, object } : { kind: 'garbage' };
    case 'BOOKMARK':
      return bookmark(object);
    case 'ERROR':
      return { kind: 'error', error: statusObjectError(object, 500) };
    default:
      return typeof type === 'string' && isRecord(object) ? { kind: 'unknown', type } : { kind: 'garbage' };
  }
}

function bookmark(object: unknown): WatchEvent {
  const resourceVersion = resourceVersionOf(object);
  return resourceVersion === undefined ? { kind: 'garbage' } : { kind: 'bookmark', resourceVersion };
}
