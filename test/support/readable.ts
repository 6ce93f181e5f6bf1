import type { RawObject } from '../../src/kubernetes/objects.ts';
import { safeFields } from '../../src/observability/safe-fields.ts';

/** The parts of an object that the operator writes: everything except the spec. */
export function shownOf({ spec: _spec, ...shown }: RawObject): string {
  return JSON.stringify(shown);
}

/** A log line in the format of the operator's logger. */
export function loggedText(fields: object, message: string): string {
  return `${message} ${JSON.stringify(safeFields(fields))}`;
}
