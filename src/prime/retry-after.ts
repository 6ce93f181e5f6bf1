/** No server may put us to sleep for longer. */
const MAX_RETRY_AFTER_MS = 10 * 60_000;

/**
 * Reads a `Retry-After` header: seconds or an HTTP date. Undefined where it is absent or unreadable;
 * otherwise 0 to 10 minutes.
 */
export function parseRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d{1,9}(\.\d+)?$/.test(text)) {
    return clamp(Number(text) * 1000);
  }
  // Date.parse takes many texts for dates ("1x", "-5"); every HTTP date begins with the name of a day.
  const atMs = /^[A-Z][a-z]{2,8},? /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(atMs) ? undefined : clamp(atMs - nowMs);
}

function clamp(ms: number): number {
  return Math.min(Math.max(0, Math.ceil(ms)), MAX_RETRY_AFTER_MS);
}
