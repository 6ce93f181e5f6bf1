import type { Failure, FailureReason } from '../lifecycle/provider.ts';
import { cleanText, errorText } from './error-text.ts';
import type { Reply } from './reply.ts';

/** A {@link Failure} with a cleaned and shortened message. */
export function failure(reason: FailureReason, message: string): Failure {
  return { kind: 'failure', reason, message: cleanText(message) };
}

/** The failure for an answer that does not have the promised shape. `problem` is the end of a sentence. */
export function unexpected(reply: Reply, problem: string): Failure {
  return {
    ...failure('UnexpectedResponse', cleanText(`${reply.label}: ${problem}.`, reply.secrets)),
    httpStatus: reply.status,
  };
}

/** The failure for a status other than 2xx, with the provider's own text. */
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

/**
 * Statuses that concern the account, not the offer. A proxy may answer with them before the API sees the
 * request.
 */
export const ACCOUNT_STATUSES: ReadonlySet<number> = new Set([401, 402, 403, 429]);

/** `POST /pods/: the provider answered 400: Missing field: max_price not specified`. */
export function statusMessage(reply: Reply): string {
  const said = isRepeatable(reply) ? cleanText(errorText(reply.text), reply.secrets) : '';
  const answered = `${reply.label}: the provider answered ${String(reply.status)}`;
  // `said` is already free of secrets. Redacting it again would be expensive.
  return cleanText(said === '' ? answered : `${answered}: ${said}`);
}

/**
 * An instance has variables and passwords, perhaps from an earlier process, so no list of secrets is
 * complete for an answer about instances. The provider checks the account before it reads an instance, so
 * its account errors are safe to repeat.
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
