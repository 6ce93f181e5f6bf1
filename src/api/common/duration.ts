/** What the schema accepts: `90s`, `1h30m`, `250ms`, `0s`. No sign, no fraction, at most four parts. */
export const DURATION_PATTERN = '^([0-9]{1,5}(h|m|s|ms)){1,4}$';

const UNIT_MS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };
const WHOLE = new RegExp(DURATION_PATTERN);
const PART = /([0-9]{1,5})(ms|h|m|s)/g;

/** Parses a duration to milliseconds; undefined if the text is not a duration. */
export function parseDurationMs(text: string): number | undefined {
  if (!WHOLE.test(text)) {
    return undefined;
  }
  let totalMs = 0;
  for (const [, count, unit] of text.matchAll(PART)) {
    totalMs += Number(count) * (UNIT_MS[unit ?? ''] ?? 0);
  }
  return totalMs;
}

/** Formats milliseconds as people write them: `1h30m`, `45s`, `250ms`. Zero parts are left out. */
export function formatDuration(ms: number): string {
  let restMs = Math.max(0, Math.round(ms));
  let text = '';
  for (const [unit, unitMs] of Object.entries(UNIT_MS)) {
    const count = Math.floor(restMs / unitMs);
    restMs -= count * unitMs;
    text += count > 0 ? `${String(count)}${unit}` : '';
  }
  return text === '' ? '0s' : text;
}
