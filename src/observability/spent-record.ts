import { isRecord, parseJson } from '../json.ts';

/** USD by namespace. */
type Amounts = ReadonlyMap<string, number>;

/** The money spent until a time, as stored outside the process. */
export interface SpentRecord {
  /** Wall clock. */
  readonly atMs: number;
  readonly usd: Amounts;
}

const DIGITS = 6;

/**
 * The record as text. Amounts are rounded down to millionths, so that a stored amount never exceeds the real
 * one.
 */
export function writeSpentRecord({ atMs, usd }: SpentRecord): string {
  const scale = 10 ** DIGITS;
  const rounded = [...usd].map(
    ([namespace, amount]) => [namespace, Math.floor(amount * scale) / scale] as const,
  );
  return JSON.stringify({ at: new Date(atMs).toISOString(), usd: Object.fromEntries(rounded) });
}

/**
 * Parses the record from a text that anybody may have edited. Returns undefined if it is none, and leaves
 * out invalid amounts.
 */
export function readSpentRecord(text: string | undefined): SpentRecord | undefined {
  const record = parseJson(text ?? '');
  if (!isRecord(record)) {
    return undefined;
  }
  const atMs = Date.parse(String(record['at']));
  const usd = record['usd'];
  if (Number.isNaN(atMs) || !isRecord(usd)) {
    return undefined;
  }
  const amounts = Object.entries(usd).filter(
    (entry): entry is [string, number] =>
      typeof entry[1] === 'number' && Number.isFinite(entry[1]) && entry[1] >= 0,
  );
  return { atMs, usd: new Map(amounts) };
}
