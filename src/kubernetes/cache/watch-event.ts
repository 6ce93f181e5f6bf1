import { isRecord, parseJson } from '../../json.ts';
import { statusObjectError } from '../client/api-errors.ts';
import type { ApiStatusError } from '../client/api-errors.ts';
import { isRawObject, resourceVersionOf } from '../objects.ts';
import type { RawObject } from '../objects.ts';

/** One parsed line of a watch. */
export type WatchEvent =
  | { kind: 'change'; type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: RawObject }
  | { kind: 'bookmark'; resourceVersion: string }
  | { kind: 'error'; error: ApiStatusError }
  /** An event type that this version does not know, in an otherwise valid line. It is skipped, as client-go does. */
  | { kind: 'unknown'; type: string }
  | { kind: 'garbage' };

/** Parses one line of a watch. Anything that is not a watch event is `garbage`, never an exception. */
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
