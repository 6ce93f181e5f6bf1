/** More doublings than any wait needs to reach its maximum. */
const MAX_DOUBLINGS = 20;

/** How long to wait after so many failures in a row, the first one being 1: each doubles the wait. */
export function doubledWaitMs(failures: number, firstMs: number, maxMs: number): number {
  return Math.min(maxMs, firstMs * 2 ** Math.min(failures - 1, MAX_DOUBLINGS));
}
