/** A request, independent of any HTTP library. */
export interface ApiRequest {
  method: string;
  /** As sent, without the query. */
  path: string;
  query: URLSearchParams;
  /** Lower-case names. */
  headers: Record<string, string | undefined>;
  bodyText: string;
  /** `http://host:port`, for absolute redirects. */
  origin: string;
}

/** An answer: a JSON value, or a literal text if the content type is not JSON. */
export interface ApiAnswer {
  status: number;
  contentType: string;
  headers: Record<string, string>;
  body: unknown;
}

export const JSON_TYPE = 'application/json';

export function json(body: unknown, status = 200): ApiAnswer {
  return { status, contentType: JSON_TYPE, headers: {}, body };
}

/** The error shape of every status but 422. */
export function failure(status: number, detail: string): ApiAnswer {
  return json({ detail }, status);
}

export interface InvalidParam {
  param: string;
  details: string;
}

/** The error shape of 422. */
export function invalid(errors: readonly InvalidParam[]): ApiAnswer {
  return json({ errors }, 422);
}

/** The body as it is sent. */
export function bodyText(answer: ApiAnswer): string {
  return answer.contentType === JSON_TYPE && typeof answer.body !== 'string'
    ? JSON.stringify(answer.body)
    : String(answer.body);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A time in the API's format. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
