import { isRecord, parseJson } from '../json.ts';

/** USD by namespace. */
type Amounts = ReadonlyMap<string, number>;

/** What was spent until when, as it outlives the process. */
export interface SpentRecord {
  /** Wall clock. */
  readonly atMs: number;
  readonly usd: Amounts;
}

const DIGITS = 6;

/** The record as text. Amounts are cut to millionths, so that what is read is never more than what was meant. */
export function writeSpentRecord({ atMs, usd }: SpentRecord): string {
  const scale = 10 ** DIGITS;
  const rounded = [...usd].map(
    ([namespace, amount]) => [namespace, Math.floor(amount * scale) / scale] as const,
  );
  return JSON.stringify({ at: new Date(atMs).toISOString(), usd: Object.fromEntries(rounded) });
}

/** The record in a text that anybody may have written; undefined where it is none. Amounts that are none are left out. */
export function readSpentRecord(text: string | undefined): SpentRecord | undefined {
  const record = parseJson(text ?? '');
  if (!isRecord(record)) return undefined;
  const atMs = Date.parse(String(record['at']));
  const usd = record['usd'];
  if (Number.isNaN(atMs) || !isRecord(usd)) return undefined;
  const amounts = Object.entries(usd).filter(
    (entry): entry is [string, number] =>
      typeof entry[1] === 'number' && Number.isFinite(entry[1]) && entry[1] >= 0,
  );
  return { atMs, usd: new Map(amounts) };
}
