import { numberAt, parseJson, recordAt, stringAt } from '../../json.ts';

const MAX_MESSAGE_LENGTH = 300;

/** Base class of all errors of a request to the API server. */
export class ApiError extends Error {
  override name = 'ApiError';
}

/** The server answered with a status of 300 or more, or with a `Status` object inside a watch. */
export class ApiStatusError extends ApiError {
  override name = 'ApiStatusError';
  /** The HTTP status. */
  readonly status: number;
  /** The server's CamelCase reason (`NotFound`, `Conflict`, `AlreadyExists`, `Expired`, …); empty if it gave none. */
  readonly reason: string;
  /** How long the server asks to wait, in milliseconds; undefined if it does not. */
  readonly retryAfterMs: number | undefined;

  constructor(status: number, reason: string, message: string, retryAfterMs?: number) {
    super(message);
    this.status = status;
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The connection failed or broke, so there is no answer. A write may or may not have happened. */
export class ApiConnectionError extends ApiError {
  override name = 'ApiConnectionError';
  /** Node's error code (`ECONNRESET`, `ENOTFOUND`, …), or `UNKNOWN`. */
  readonly code: string;

  constructor(cause: unknown) {
    const code = stringAt(cause, 'code') ?? 'UNKNOWN';
    super(`connection to the API server failed: ${proxyAnswer(cause) ?? code}`, { cause });
    this.code = code;
  }
}

/** Node's error for a tunnel that a proxy refused has the status. Its message has the URL of the proxy. */
function proxyAnswer(cause: unknown): string | undefined {
  const status = numberAt(cause, 'statusCode');
  return stringAt(cause, 'code') === 'ERR_PROXY_TUNNEL' && status !== undefined
    ? `the proxy answered ${String(status)}`
    : undefined;
}

/** No complete answer within the time allowed. A write may or may not have happened. */
export class ApiTimeoutError extends ApiError {
  override name = 'ApiTimeoutError';

  constructor(timeoutMs: number) {
    super(`no complete answer from the API server within ${String(timeoutMs)} ms`);
  }
}

/** The answer breaks the API's contract: it is not JSON, or not an object. A write may have happened. */
export class ApiResponseError extends ApiError {
  override name = 'ApiResponseError';
}

/** The answer exceeds the allowed size. The server may have more than this process can hold at once. */
export class ApiAnswerTooLargeError extends ApiError {
  override name = 'ApiAnswerTooLargeError';
}

/** The error for an answer that is not 2xx. `body` is its text, usually a JSON `Status`. */
export function statusError(status: number, body: string, retryAfterHeader?: string): ApiStatusError {
  const parsed = parseJson(body);
  return statusObjectError(parsed, status, retryAfterSeconds(retryAfterHeader));
}

/** The error for a `Status` object, from an answer or from an ERROR event of a watch. */
export function statusObjectError(
  object: unknown,
  fallbackStatus: number,
  retryAfter?: number,
): ApiStatusError {
  const status = numberAt(object, 'code') ?? fallbackStatus;
  const seconds = retryAfter ?? numberAt(recordAt(object, 'details'), 'retryAfterSeconds');
  const message = stringAt(object, 'message') ?? `HTTP status ${String(status)}`;
  return new ApiStatusError(
    status,
    stringAt(object, 'reason') ?? '',
    message.slice(0, MAX_MESSAGE_LENGTH),
    seconds === undefined ? undefined : seconds * 1000,
  );
}

/** 404. */
export function isNotFound(error: unknown): boolean {
  return hasStatus(error, 404);
}

/** 409 because the object changed since it was read, or has another UID. */
export function isConflict(error: unknown): boolean {
  return hasStatus(error, 409) && !isAlreadyExists(error);
}

/** 409 because an object of that name exists. */
export function isAlreadyExists(error: unknown): boolean {
  return error instanceof ApiStatusError && error.reason === 'AlreadyExists';
}

/** 422: the server's validation refused the object. */
export function isInvalid(error: unknown): boolean {
  return hasStatus(error, 422);
}

/** 403. */
export function isForbidden(error: unknown): boolean {
  return hasStatus(error, 403);
}

/**
 * 410: the resourceVersion or the continue token is too old, so the caller has to list again. So it has if the server has
 * not reached this version yet: it did so once, and then lost it.
 */
export function isGone(error: unknown): boolean {
  return (
    error instanceof ApiStatusError &&
    (error.status === 410 ||
      error.reason === 'Expired' ||
      error.reason === 'Gone' ||
      error.message.startsWith('Too large resource version'))
  );
}

const RETRYABLE_STATUSES: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

/** True if the same request may succeed later although nobody changes anything. */
export function isRetryable(error: unknown): boolean {
  if (error instanceof ApiStatusError) return RETRYABLE_STATUSES.has(error.status);
  return error instanceof ApiError;
}

const REFUSAL_STATUSES: ReadonlySet<number> = new Set([400, 403, 404, 405, 413, 415, 422]);

/** The server refuses the request until somebody changes something: permissions, quota, policy, schema. */
export function isRefusal(error: unknown): boolean {
  return error instanceof ApiStatusError && REFUSAL_STATUSES.has(error.status);
}

/** One short line for logs and conditions, without headers, the whole body or a stack. */
export function apiErrorMessage(error: unknown): string {
  if (error instanceof ApiStatusError) {
    const reason = error.reason === '' ? '' : ` ${error.reason}`;
    return `${String(error.status)}${reason}: ${error.message}`.slice(0, MAX_MESSAGE_LENGTH);
  }
  const text = error instanceof Error ? error.message : String(error);
  return text.slice(0, MAX_MESSAGE_LENGTH);
}

function hasStatus(error: unknown, status: number): boolean {
  return error instanceof ApiStatusError && error.status === status;
}

/**
 * The API server sends seconds. A date (a proxy may send one) is ignored, because it would compare the clocks of two
 * hosts.
 */
function retryAfterSeconds(header: string | undefined): number | undefined {
  if (header === undefined || !/^\d{1,6}$/.test(header.trim())) return undefined;
  return Number(header);
}
