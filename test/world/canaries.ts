import type { RawObject } from '../../src/kubernetes/objects.ts';
import { safeFields } from '../../src/observability/safe-fields.ts';

/** The value of a variable of every GpuPod of a world: it stands nowhere else, so whoever finds it has found a leak. */
export const CANARY_ENV = 'canary-env-5511-qwertz';

/** An error in which a careless provider repeats what it was sent. */
export const ECHO = { detail: `docker run -e TOKEN=${CANARY_ENV} failed` };

/** What people read of an object that an operator wrote: all but the spec, which is their own, and Secrets. */
export function shownOf(kind: string, { spec: _spec, ...shown }: RawObject): string {
  return kind === 'secrets' ? '' : JSON.stringify(shown);
}

/** A line of the log as the operator's logger would write it. */
export function loggedText(fields: object, message: string): string {
  return `${message} ${JSON.stringify(safeFields(fields))}`;
}
