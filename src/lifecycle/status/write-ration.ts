/** Status writes that may follow each other at once. A life takes four, and each further attempt a few. */
const AT_ONCE = 20;
/** Afterwards one write in this time. */
const REFILL_MS = 20_000;

/** The status writes that this process may still make for one object. */
export interface WriteRation {
  readonly left: number;
  /** Monotonic, in milliseconds. */
  readonly atMs: number;
  /** Whether the log says that the ration was used up. */
  readonly isReported: boolean;
}

/** The ration after this write, or how long the write has to wait. */
export type RationedWrite =
  | { readonly kind: 'write'; readonly ration: WriteRation }
  | { readonly kind: 'wait'; readonly ms: number; readonly ration: WriteRation; readonly isNews: boolean };

/**
 * Rations the status writes of one object. Two operators that watch the same object and see it differently would
 * otherwise overwrite each other as fast as the API server allows. A write may wait because the status is no fence:
 * what protects money is written with the effect that needs it.
 *
 * @param ration undefined: it was not used lately
 */
export function rationWrite(ration: WriteRation | undefined, nowMs: number): RationedWrite {
  const { left = AT_ONCE, atMs = nowMs, isReported = false } = ration ?? {};
  const refilled = Math.min(AT_ONCE, left + (nowMs - atMs) / REFILL_MS);
  if (refilled >= 1) {
    const isFull = refilled === AT_ONCE;
    return {
      kind: 'write',
      ration: { left: refilled - 1, atMs: nowMs, isReported: isReported && !isFull },
    };
  }
  return {
    kind: 'wait',
    ms: Math.ceil((1 - refilled) * REFILL_MS),
    ration: { left: refilled, atMs: nowMs, isReported: true },
    isNews: !isReported,
  };
}
