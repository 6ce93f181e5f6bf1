import { ApiError, apiErrorMessage, isRefusal } from '../../kubernetes/client/api-errors.ts';
import type { Shared } from './context.ts';
import type { EventToRecord } from './ports.ts';
import { eventReference } from './event-reference.ts';

/**
 * Reports a failure as an event. If the API server refuses a write (permissions, a policy), the status may not be
 * writable either. The same holds for a failure that repeats, such as an admission webhook that does not answer.
 */
export function reportFailure(
  { view, events }: Pick<Shared, 'view' | 'events'>,
  key: string,
  error: unknown,
  failuresBefore: number,
): void {
  const object = view.get(key);
  const event = failureEvent(error, failuresBefore);
  if (object === undefined || event === undefined) {
    return;
  }
  events.record(eventReference(object.metadata), event);
}

/** Reports the third failure in a row, and each hundredth after it, which is about one an hour. */
const FAILURES_BEFORE_REPORT = 2;
const FAILURES_BETWEEN = 100;

function failureEvent(error: unknown, failuresBefore: number): EventToRecord | undefined {
  if (isRefusal(error)) {
    return {
      type: 'Warning',
      reason: 'WriteRefused',
      message:
        'The API server refuses a request of the operator. Nothing goes on until you fix that, and a rented instance keeps billing. ' +
        apiErrorMessage(error),
    };
  }
  const isDue = (failuresBefore - FAILURES_BEFORE_REPORT) % FAILURES_BETWEEN === 0;
  return error instanceof ApiError && isDue
    ? {
        type: 'Warning',
        reason: 'WriteFailed',
        message:
          'Requests to the API server keep failing. Nothing goes on until they succeed, and a rented instance keeps billing. ' +
          `The operator retries. ${apiErrorMessage(error)}`,
      }
    : undefined;
}
