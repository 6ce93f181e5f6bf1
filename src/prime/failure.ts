import type { Failure, FailureReason } from '../lifecycle/provider.ts';
import { cleanText, errorText } from './error-text.ts';
import type { Reply } from './reply.ts';

/** A {@link Failure} whose message is cleaned and cut. */
export function failure(reason: FailureReason, message: string): Failure {
  return { kind: 'failure', reason, message: cleanText(message) };
}

/** The answer of an endpoint is not what the API promises. `problem` is the end of a sentence. */
export function unexpected(reply: Reply, problem: string): Failure {
  return {
    ...failure('UnexpectedResponse', cleanText(`${reply.label}: ${problem}.`, reply.secrets)),
    httpStatus: reply.status,
  };
}

/** The failure that a status outside of 2xx stands for, with what the provider said about it. */
export function statusFailure(reply: Reply): Failure {
  const { retryAfterMs } = reply;
  return {
    kind: 'failure',
    reason: reasonOfStatus(reply.status),
    message: statusMessage(reply),
    httpStatus: reply.status,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** The account must wait, not the offer. A proxy too says these before it passes anything on. */
export const ACCOUNT_STATUSES: ReadonlySet<number> = new Set([401, 402, 403, 429]);

/** `POST /pods/: the provider answered 400: Missing field: max_price not specified`. */
export function statusMessage(reply: Reply): string {
  const said = isRepeatable(reply) ? cleanText(errorText(reply.text), reply.secrets) : '';
  const answered = `${reply.label}: the provider answered ${String(reply.status)}`;
  // What was said is without secrets by now; to look for them costs more than all else.
  return cleanText(said === '' ? answered : `${answered}: ${said}`);
}

/**
 * A pod was given variables and passwords, perhaps by a process before this one: no list of secrets is complete when an
 * answer is about pods. What it says of the account is said before any pod is looked at.
 */
function isRepeatable({ mayHoldUnknownSecrets, status }: Reply): boolean {
  return !mayHoldUnknownSecrets || ACCOUNT_STATUSES.has(status);
}

function reasonOfStatus(status: number): FailureReason {
  switch (status) {
    case 401:
    case 403:
      return 'Unauthorized';
    case 402:
      return 'PaymentRequired';
    case 429:
      return 'RateLimited';
    case 408:
    case 425:
      return 'ApiUnavailable';
    default:
      return status >= 500 ? 'ApiUnavailable' : 'UnexpectedResponse';
  }
}
