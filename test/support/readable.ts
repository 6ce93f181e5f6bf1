import type { RawObject } from '../../src/kubernetes/objects.ts';
import { safeFields } from '../../src/observability/safe-fields.ts';

/** What people read of an object that an operator wrote: all but the spec, which is their own. */
export function shownOf({ spec: _spec, ...shown }: RawObject): string {
  return JSON.stringify(shown);
}

/** A line of the log as the operator's logger would write it. */
export function loggedText(fields: object, message: string): string {
  return `${message} ${JSON.stringify(safeFields(fields))}`;
}
