/** A server cannot make the operator wait longer than this. */
const MAX_RETRY_AFTER_MS = 10 * 60_000;

/**
 * Parses a `Retry-After` header, which is seconds or an HTTP date. Returns 0 to 10 minutes in milliseconds,
 * or undefined if the header is absent or unreadable.
 */
export function parseRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d{1,9}(\.\d+)?$/.test(text)) {
    return clamp(Number(text) * 1000);
  }
  // Date.parse accepts many texts ("1x", "-5"). Every HTTP date begins with the name of a day.
  const atMs = /^[A-Z][a-z]{2,8},? /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(atMs) ? undefined : clamp(atMs - nowMs);
}

function clamp(ms: number): number {
  return Math.min(Math.max(0, Math.ceil(ms)), MAX_RETRY_AFTER_MS);
}
