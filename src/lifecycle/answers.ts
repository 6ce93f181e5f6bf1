/** What any request to the provider may be answered with. */

export interface SendOptions {
  /**
   * Called right before the first byte is sent. If it returns false, nothing is sent: a DELETE fails, a create
   * request is `notSent`.
   */
  readonly mayStillSend: () => boolean;
}

/** A usable answer, or the reason why there is none. */
export type Answer<T> = { readonly kind: 'ok'; readonly value: T } | Failure;

/** No usable answer. It says nothing about whether an instance exists. */
export interface Failure {
  readonly kind: 'failure';
  readonly reason: FailureReason;
  /** One sentence for a person, without secrets. */
  readonly message: string;
  readonly httpStatus?: number;
  /** The wait that the provider asked for, in milliseconds. */
  readonly retryAfterMs?: number;
  /** The answers were valid but changed while they were read. A quick retry is no burden on the provider. */
  readonly isUnstable?: true;
}

/**
 * - `CredentialsMissing`: no API key is configured.
 * - `Unauthorized`: 401 or 403.
 * - `PaymentRequired`: 402, or the instance limit of the account.
 * - `RateLimited`: 429.
 * - `ApiUnavailable`: no connection, timeout, or 5xx.
 * - `InvalidRequest`: the provider does not accept a value in the query, such as a GPU type.
 * - `UnexpectedResponse`: the answer breaks the API's contract, or a list is incomplete.
 */
export type FailureReason =
  | 'CredentialsMissing'
  | 'Unauthorized'
  | 'PaymentRequired'
  | 'RateLimited'
  | 'ApiUnavailable'
  | 'InvalidRequest'
  | 'UnexpectedResponse';

export interface NotFound {
  readonly kind: 'notFound';
  readonly message: string;
}

export type DeleteOutcome = { readonly kind: 'accepted' } | NotFound | Failure;
